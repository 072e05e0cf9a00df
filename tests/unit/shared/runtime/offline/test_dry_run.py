"""Services side by side in memory say what each says alone, hear each other, and know when it is too much."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from zlib import crc32

import pytest

from services.digest.decider import DECIDER as DIGEST
from services.digest.mail.presend_check import taken
from services.followups.decider import DECIDER as FOLLOWUPS
from services.invites.decider import DECIDER as INVITES
from shared.contracts import (
    Contact,
    ContactCadenceSet,
    ContactConnected,
    DigestFailed,
    DigestSent,
    Event,
    EventData,
    FollowupCancelled,
    FollowupRequested,
    FollowupRescheduled,
    InviteRetracted,
    InviteSent,
    MemberErased,
    MemberJoined,
    MemberPreferencesSet,
    Parked,
)
from shared.decider import Evaluation
from shared.runtime.offline import dry_run
from shared.runtime.offline.dry_run import DryRun, Unbounded
from shared.runtime.ports.limits import COMMIT_ITEMS_MAX
from tests.depth import examples
from tests.unit.services.invites.invites_history import draw_history
from tests.unit.services.invites.invites_world import day, event, sent
from tests.unit.services.invites.mailed import InvitesLoop

SEEDS = examples(30)
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
DECIDERS = (INVITES, FOLLOWUPS, DIGEST)
D = TypeVar("D", bound=EventData)
SENDS = {"digest": partial(taken, domain="localhost")}


def told(hours: float, data: EventData) -> Event:
    at = START + timedelta(hours=hours)
    return Event(f"{data.TYPE}/{hours:g}/{crc32(data.model_dump_json().encode()):x}", "ada", at, at, data)


def live(*script: Event, days: int = 60) -> DryRun:
    lived = DryRun(DECIDERS, "ada", SENDS)
    for _ in lived.run(sorted(script, key=lambda one: one.logged), START + timedelta(days=days)):
        pass
    return lived


def heard(lived: DryRun, kind: type[D]) -> list[D]:
    return [one.data for one in lived.published if isinstance(one.data, kind)]


def joined(email: str | None = "ada@example.org") -> Event:
    return told(0, MemberJoined(name="Ada", email=email))


def person(key: str) -> Contact:
    return Contact(id=key, name=key.title())


def said(events: Sequence[Event]) -> list[tuple[datetime, str]]:
    return sorted((one.time, one.data.model_dump_json()) for one in events)


def test_a_service_says_side_by_side_what_it_says_alone() -> None:
    for seed in range(SEEDS):
        history = draw_history(random.Random(seed))
        alone = InvitesLoop(fate=lambda due: None)
        for one in history:
            alone.run_until(one.logged)
            alone.apply(one)
        alone.run_until(day(2000))
        lived = DryRun([INVITES], "m1")
        instants = list(lived.run(history, day(2000)))
        assert said(lived.published) == said(alone.published), seed
        assert instants == sorted(instants)


def test_what_one_service_says_is_heard_by_the_others() -> None:
    lived = live(
        joined(),
        told(1, InviteSent(invite_id="i", contact=person("bob"))),
        told(0.5, MemberPreferencesSet.model_validate({
            "retraction": {"policy": "auto", "after_days": 3, "notice_days": 1},
        })),
    )  # fmt: skip
    [retracted] = [one for one in lived.published if isinstance(one.data, InviteRetracted)]
    assert {one.because.id for one in heard(lived, FollowupCancelled)} == {retracted.id}


def test_a_mail_is_sent_at_once_and_only_to_an_address_that_a_header_can_carry() -> None:
    connected = told(1, ContactConnected(contact=person("bob")))
    good, bad = live(joined(), connected), live(joined("a..b@example.org"), connected)
    assert heard(good, DigestSent)
    assert not heard(bad, DigestSent)
    assert [one.switched_off for one in heard(bad, DigestFailed)] == [True]


@pytest.mark.deep
def test_a_changed_preference_takes_hold_of_more_items_than_one_step_has() -> None:
    people = [f"c{number}" for number in range(COMMIT_ITEMS_MAX + 10)]
    script = [told(-1 / (n + 2), ContactConnected(contact=person(one))) for n, one in enumerate(people)]
    script += [told(1, ContactCadenceSet(contact_id=one, every_days=30)) for one in people]
    lived = live(joined(), *script, told(2, MemberPreferencesSet(zone="Asia/Tokyo")), days=1)
    moved = {one.contact_id for one in heard(lived, FollowupRescheduled) if one.rule == "stay_in_touch"}
    assert moved == set(people)


def test_who_is_erased_is_forgotten_and_wakes_no_more() -> None:
    reminder = FollowupRequested.model_validate({"followup_id": "r", "what": "Call", "due": "2026-03-09T10:00"})
    gone = told(3, MemberErased())
    lived = live(joined(), told(1, reminder), gone)
    assert [one for one in lived.published if one.time > gone.time] == []
    assert all(part.next_wake is None for part in lived.parts)


def test_a_rule_that_stumbles_stops_nobody() -> None:
    def stumbles(one: Event) -> Iterable[str]:
        if one.id.startswith("bad"):
            raise LookupError("not thought of")
        return INVITES.touches(one)

    lived = DryRun([replace(INVITES, touches=stumbles)], "m1")
    bad = event(InviteSent(invite_id="b", contact=person("bob")), 0, event_id="bad")
    assert list(lived.run([bad, sent("a", 0)], day(120)))
    assert lived.parts[0].stumbled == 1
    assert lived.published


def test_a_wake_that_can_say_nothing_is_parked_as_the_service_would_park_it() -> None:
    lived = DryRun(
        [replace(INVITES, evaluate=lambda view, key, at: Evaluation((), INVITES.evaluate(view, key, None).timer))], "m1"
    )
    list(lived.run([sent("a", 0)], day(120)))
    assert [type(one.data) for one in lived.published] == [Parked]


def test_too_much_is_refused_and_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "EVENTS_MAX", 3)
    with pytest.raises(Unbounded) as refused:
        list(DryRun([INVITES], "m1").run([sent(name, 0) for name in "abcd"], day(120)))
    assert refused.value.now == day(90)
    monkeypatch.setattr(dry_run, "EVENTS_MAX", 1_000)
    monkeypatch.setattr(dry_run, "STEPS_MAX", 0)
    with pytest.raises(Unbounded):
        list(DryRun([INVITES], "m1").run([sent("a", 0)], day(120)))


def test_nothing_is_told_or_wakes_after_the_end() -> None:
    lived = DryRun([INVITES], "m1")
    assert list(lived.run([sent("a", 0), sent("b", 91)], day(90))) == [day(0), day(90)]
    assert {one.time for one in lived.published} == {day(90)}


@pytest.mark.parametrize("days", [0.1, 2, 6, 20, 45])
def test_who_goes_on_from_what_services_know_says_what_comes_and_nothing_again(days: float) -> None:
    people = ("bob", "cy", "dan")
    script = sorted(
        [
            joined(),
            told(0.5, MemberPreferencesSet.model_validate({"retraction": {"policy": "auto", "after_days": 3}})),
            *(told(one, InviteSent(invite_id=name, contact=person(name))) for one, name in enumerate(people, 1)),
            *(told(30 + one, ContactConnected(contact=person(name))) for one, name in enumerate(people)),
        ],
        key=lambda one: one.logged,
    )
    now, until = START + timedelta(days=days), START + timedelta(days=60)
    before = live(*[one for one in script if one.logged <= now], days=60)
    known = DryRun(DECIDERS, "ada", SENDS)
    list(known.run([one for one in script if one.logged <= now], now))
    later = DryRun(DECIDERS, "ada", SENDS)
    parts = {part.decider.name: part for part in known.parts}
    later.go_on({name: part.state for name, part in parts.items()}, now, lambda name: parts[name]._number)
    list(later.run([], until))
    assert said(later.published) == said([one for one in before.published if one.time > now])
    assert later.published
