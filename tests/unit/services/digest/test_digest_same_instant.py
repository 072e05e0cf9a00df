"""Two things at the very same instant, of which laws hold on both sides: which of them counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.digest import delivery_errors
from services.digest.rules import EXPIRES_AFTER, mails_are_off
from shared.contracts import (
    Contact,
    ContactConnected,
    DigestFailed,
    DigestSending,
    Event,
    EventData,
    InviteRetractionNoticed,
    MemberJoined,
    MemberPreferencesSet,
)
from shared.preferences import Preferences, evolve_preferences
from tests.unit.services.digest.digest_world import DAY, World, of, refused, types, utc

MONDAY = utc("2026-11-23 08:00")
MOMENT = timedelta(milliseconds=1)


def something_due(**fields: Any) -> World:
    world = World("2026-11-20 00:00")
    world.join(**fields)
    world.plan("c1/thank/1", "2026-11-20 00:00")
    return world


def given_up() -> World:
    """A member to whose address mails were given up on Monday."""
    world = something_due()
    world.mailing = refused(f"{delivery_errors.BOUNCED}: 550", permanent=True)
    world.until(MONDAY + DAY)
    assert world.running().off_at == MONDAY
    return world


@pytest.mark.parametrize(("after", "off"), [(timedelta(), True), (MOMENT, False)])
def test_only_a_later_word_switches_mails_on_again(after: timedelta, off: bool) -> None:
    world = given_up()
    world.tell(MemberJoined(name="Ada", email="ada@new.example.org"), time=MONDAY + after)
    assert (world.wake_at() is None) == off
    assert mails_are_off(world.profile, world.running()) == off


def _prefers(**fields: Any) -> MemberPreferencesSet:
    return MemberPreferencesSet.model_validate(fields)


@pytest.mark.parametrize(
    "said",
    [
        MemberJoined(name="Ada", email="ada@new.example.org"), MemberJoined(name="Countess"),
        MemberJoined(name="Ada", zone="Europe/Paris"), _prefers(zone="Europe/Paris"), _prefers(digest={"time": "09:00"}),
        _prefers(rules={"weekly_digest": {"on": True}}), _prefers(rules={"thank": {"on": True}}), _prefers(per_day=1),
        _prefers(retraction={"policy": "auto"}),
    ],
)  # fmt: skip
def test_who_can_have_no_mail_is_the_same_to_the_digest_and_to_all_others(said: EventData) -> None:
    """`invites` and the pages ask the preferences. Else one of them waits for a mail that never comes."""
    world = given_up()
    preferences = Preferences()
    for event in (Event("joined", "m", utc("2026-11-20 00:00"), world.now, MemberJoined(name="Ada", email="a@b.org")),
                  world.tell(said)):  # fmt: skip
        preferences = evolve_preferences(preferences, event)
    assert (preferences.unmailed(MONDAY) == "given_up") == mails_are_off(world.profile, world.running())


@pytest.mark.parametrize(
    ("at", "reason"), [(MONDAY + EXPIRES_AFTER - MOMENT, None), (MONDAY + EXPIRES_AFTER, delivery_errors.EXPIRED)]
)
def test_a_day_after_it_was_prepared_no_mail_begins_any_more(at: datetime, reason: str | None) -> None:
    world = something_due()
    world.mailing = refused(delivery_errors.UNREACHABLE)
    world.until(MONDAY)
    world.now = at
    said = world.wake()
    if reason is None:
        assert isinstance(said[0].data, DigestSending)
        assert said[0].expires == MONDAY + EXPIRES_AFTER, "nobody begins later, though there would be time"
    else:
        assert [one.reason for one in of(said, DigestFailed)] == [reason]


@pytest.mark.parametrize(("at", "kinds"), [(MONDAY - MOMENT, ["sending", "failed"]), (MONDAY, ["failed"])])
def test_when_the_next_digest_is_due_the_one_before_it_is_over(at: datetime, kinds: list[str]) -> None:
    world = something_due()
    world.prefer(digest={"every": "daily", "time": "20:00"})
    world.mailing = refused(delivery_errors.UNREACHABLE)
    world.until("2026-11-22 20:00")
    world.prefer(digest={"time": "08:00"})
    world.now = at
    said = world.wake()
    assert types(said)[: len(kinds)] == kinds
    if at == MONDAY:
        assert of(said, DigestFailed)[0].reason == delivery_errors.OVERTAKEN


@pytest.mark.parametrize(("retract_at", "told"), [(MONDAY, []), (MONDAY + MOMENT, ["a"])])
def test_what_is_pulled_back_at_the_instant_of_the_mail_is_not_announced_any_more(
    retract_at: datetime, told: list[str]
) -> None:
    world = something_due()
    world.tell(InviteRetractionNoticed(invite_id="a", contact_id="c", retract_at=retract_at))
    world.now = MONDAY
    assert [one.invite_id for one in world.content().noticed] == told


def test_a_notice_of_the_instant_of_the_last_wish_counts() -> None:
    world = something_due()
    world.prefer(retraction={"policy": "auto"})
    world.tell(InviteRetractionNoticed(invite_id="a", contact_id="c", retract_at=MONDAY + DAY))
    world.tell(InviteRetractionNoticed(invite_id="b", contact_id="c", retract_at=MONDAY + DAY), time=world.now - MOMENT)
    assert [one.invite_id for one in world.content().noticed] == ["a"]


@pytest.mark.parametrize("policy", ["never", "auto"])
def test_a_question_of_the_instant_of_the_last_wish_is_asked(policy: str) -> None:
    """Whoever asked it knew of the wish, or the wish would be later."""
    world = something_due()
    world.propose("a")
    world.prefer(retraction={"policy": policy})
    assert [one.invite_id for one in world.content().proposed] == ["a"]


def test_an_invite_is_told_with_the_latest_name_and_without_one_with_that_of_the_proposal() -> None:
    world = something_due()
    world.propose("a", "b", "c")
    world.tell(ContactConnected(contact=Contact(id="c-a", name="Grace M. Hopper")))
    world.items["contact/c-b"] = None
    told = {one.invite_id: one.name for one in world.content().proposed}
    assert told == {"a": "Grace M. Hopper", "b": "Person b", "c": "Person c"}
