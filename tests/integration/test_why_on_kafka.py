"""`rapport why` and `rapport agenda` beside the real services on the real Kafka: a small story, then every question."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from rapport.cli import main
from rapport.composition import DECIDERS, services
from rapport.demo.clock_driver import Stage
from shared.contracts import (
    Contact,
    ContactConnected,
    Event,
    EventData,
    FollowupRequested,
    InviteSent,
    MeetingScheduled,
    MemberErased,
    MemberJoined,
    ThanksSent,
)
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock
from tests.unit.services.digest.words.test_digest_words import UNKIND

pytestmark = pytest.mark.deep

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
"""A Monday; eleven o'clock in Paris."""
NOW = START + timedelta(days=91)
"""A Monday again, after the hour of the digest, at the other side of a clock change."""
MONA, GONE = "mona", "gone"
INSIDE = re.compile(
    r"\b(slot|wake|item|partition|offset|topic|anchor|cycle|apply|kafka|redis|store)s?\b", re.IGNORECASE
)


def event(days: float, data: EventData, *, told: float | None = None, member: str = MONA) -> Event:
    at, logged = START + timedelta(days=days), START + timedelta(days=days if told is None else told)
    return Event(f"{member}/{data.TYPE}/{days:g}", member, at, logged, data, source="/test")


def person(name: str) -> Contact:
    return Contact(id=name, name=name.title())


def story() -> list[Event]:
    joined = MemberJoined(name="Mona", email="mona@example.org", zone="Europe/Paris")
    reminder = FollowupRequested.model_validate({"followup_id": "call", "what": "Call home", "due": "2026-04-15T09:30"})
    lunch = {"meeting_id": "lunch", "contact_ids": ["bob"], "kind": "lunch", "minutes": 60, "zone": "Europe/Paris"}
    return [
        event(0, joined),
        event(0.1, InviteSent(invite_id="i1", contact=person("grace"), why="We met.")),
        event(70, ContactConnected(contact=person("cleo")), told=89),
        event(88.1, ContactConnected(contact=person("bob"))),
        event(88.15, ThanksSent(contact_id="bob")),
        event(89, reminder),
        event(90.9, MeetingScheduled.model_validate({**lunch, "starts": "2026-04-09T12:30"})),
        event(1, joined, member=GONE),
        event(2, ContactConnected(contact=person("bob")), member=GONE),
        event(3, MemberErased(), member=GONE),
    ]


async def _live(system: System, script: Sequence[Event]) -> None:
    access, clock = KafkaAccess(system.kafka), VirtualClock(START)
    cast = services(DECIDERS, Environment(access, system.redis, clock, timedelta(0)), system.smtp)
    try:
        for service in cast:
            await service.start()
        await Stage(access, clock, cast).play(script, NOW)
    finally:
        for service in cast:
            await service.stop()


@pytest.fixture(scope="module")
def lived(own_system: System) -> System:
    asyncio.run(_live(own_system, sorted(story(), key=lambda one: one.logged)))
    return own_system


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Rapport = Callable[..., Ran]


@pytest.fixture
def rapport(lived: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rapport:
    """The command line beside the system in which all of it happened, at `NOW`."""
    for name in ("RAPPORT_KAFKA", "RAPPORT_REDIS", "RAPPORT_SMTP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(lived.folder))
    monkeypatch.setattr("rapport.system.endpoints.present", lambda: NOW)

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return Ran(ended.value.code if isinstance(ended.value.code, int) else 0, said.out, said.err)

    return ran


def asked(rapport: Rapport, item: str) -> tuple[str, dict[str, Any]]:
    """What is answered about an item of Mona's, to people and to programs."""
    told, as_json = rapport("why", MONA, item), rapport("why", MONA, item, "--json")
    assert (told.code, as_json.code) == (0, 0), told.err
    assert not UNKIND.search(told.out), told.out
    assert not INSIDE.search(told.out), told.out
    return told.out, json.loads(as_json.out)


def types(answer: dict[str, Any]) -> list[str]:
    return [step["type"].removeprefix("rapport.") for step in answer["steps"]]


def stands(answer: dict[str, Any], rule: str) -> dict[str, Any]:
    """How a rule stands; of one with several steps, the one that speaks."""
    reasons = [one for one in answer["standing"] if one["rule"] == rule]
    reason: dict[str, Any] = next((one for one in reasons if one["next_at"]), reasons[0])
    return reason


def test_an_invite_says_that_it_was_proposed_and_what_would_end_it(rapport: Rapport) -> None:
    told, answer = asked(rapport, "i1")
    assert answer["item"] == "invite/i1"
    assert types(answer)[0] == "invite.sent"
    assert types(answer)[-2:] == ["invite.ignored", "invite.retraction_proposed"]
    assert "Mon 5 Jan 2026 13:24  You invited Grace." in told
    assert "You were asked whether to let the invite go or to keep it." in told
    repeat = stands(answer, "retract_stale")
    assert (repeat["standing"], repeat["next_type"]) == ("planned", "rapport.invite.retraction_proposed")
    assert repeat["next_at"].startswith("2026-05-05"), "thirty days after the first question"
    assert {"rapport.invite.accepted", "rapport.invite.kept"} <= set(repeat["ends"])
    assert stands(answer, "no_answer_yet")["standing"] == "over"
    assert "Ends as soon as the invite is accepted" in told


def test_thanks_that_came_before_the_reminder_ended_it(rapport: Rapport) -> None:
    told, answer = asked(rapport, "contact/bob/thank/2026-04-03")
    assert types(answer) == ["contact.connected", "followup.scheduled", "thanks.sent", "followup.completed"]
    assert answer["steps"][3]["because"]["type"] == "rapport.thanks.sent"
    assert answer["steps"][3]["rule"] == "thank"
    assert [(one["rule"], one["standing"], one["code"]) for one in answer["standing"]] == [
        ("thank", "over", "completed")
    ]
    assert "[thank, because: You thanked Bob, Fri 3 Apr 2026]" in told
    assert "over since Fri 3 Apr 2026: it was done (You thanked Bob, Fri 3 Apr 2026)" in told


def test_what_was_told_too_late_says_so(rapport: Rapport) -> None:
    told, answer = asked(rapport, "cleo")
    assert answer["item"] == "contact/cleo"
    assert types(answer) == ["contact.connected"]
    thank = stands(answer, "thank")
    assert (thank["standing"], thank["code"], thank["next_at"]) == ("silent", "logged_late", None)
    assert "(came in on Sat 4 Apr 2026)" in told
    assert "[thank]: nothing comes of it: it came in too long after it happened" in told


def test_a_planned_reminder_says_when_and_what_would_end_it(rapport: Rapport) -> None:
    told, answer = asked(rapport, "call")
    assert types(answer) == ["followup.requested", "followup.scheduled"]
    own = stands(answer, "own_reminder")
    assert (own["standing"], own["next_local"]) == ("planned", "2026-04-15T09:30:00")
    assert "next, Wed 15 Apr 2026 09:30: you are reminded: Call home. It reaches you at once." in told
    assert "you say that it is done" in told


def test_a_digest_is_asked_for_by_its_period(rapport: Rapport) -> None:
    told, answer = asked(rapport, "2026-W15")
    assert types(answer) == ["digest.prepared", "digest.sending", "digest.sent"]
    assert "Your digest was made." in told
    _, coming = asked(rapport, "digest/2026-W16")
    assert stands(coming, "weekly_digest")["next_local"] == "2026-04-13T08:00:00"


def test_a_key_as_show_prints_it_names_the_same(rapport: Rapport) -> None:
    assert asked(rapport, "invite/i1") == asked(rapport, "i1")


def test_an_unknown_name_gets_what_there_is(rapport: Rapport) -> None:
    ran = rapport("why", MONA, "kall")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("rapport: nothing is known of 'kall'; there are ")
    assert "reminder/call" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("member", ["nobody-at-all", GONE])
def test_of_a_stranger_and_of_who_has_left_nothing_is_known(rapport: Rapport, member: str) -> None:
    for command in (("why", member, "bob"), ("agenda", member)):
        ran = rapport(*command)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "rapport: nothing is known of this member (or the services have not read it yet)\n"


def test_the_agenda_tells_day_by_day_what_comes_up_and_why(rapport: Rapport) -> None:
    told, as_json = rapport("agenda", MONA), rapport("agenda", MONA, "--json")
    assert (told.code, as_json.code) == (0, 0), told.err
    assert not UNKIND.search(told.out), told.out
    assert not INSIDE.search(told.out), told.out
    found = json.loads(as_json.out)
    assert [(one["kind"], one["item"]) for one in found["waiting"]] == [("invite", "invite/i1")]
    entries = {(day["date"], one["kind"], one["rule"]): one for day in found["days"] for one in day["entries"]}
    assert entries["2026-04-09", "meeting", None]["local"] == "2026-04-09T12:30:00"
    assert entries["2026-04-15", "reminder", "own_reminder"]["says"] == "Call home"
    assert entries["2026-04-13", "digest", "weekly_digest"]["local"] == "2026-04-13T08:00:00"
    assert entries["2026-04-08", "reminder", "prepare_questions"]["local"] == "2026-04-08T17:00:00"
    assert all(one["why"] for one in (*found["waiting"], *entries.values()))
    assert "Waiting for you:\n  Keep your invite to Grace, or let it go [you were asked on Sun 5 Apr 2026]" in told.out
    assert "Wed 15 Apr 2026:\n  09:30  Call home [You asked to be reminded: Call home, Sat 4 Apr 2026]" in told.out
    assert list(entries) == sorted(entries, key=lambda entry: entry[0]), "in the order of the days"
