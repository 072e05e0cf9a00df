"""Which answers are about nothing that is known, and what is kept and told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapport.doctor.parts.responses import answers_line
from services.followups.decider import DECIDER as FOLLOWUPS
from services.followups.model.slot import Slot
from services.followups.model.state import Subject
from services.invites.decider import DECIDER as INVITES
from shared.contracts import (
    Event,
    EventData,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
)
from shared.decider import Decider, View
from shared.runtime.observability.metric_labels import ANSWERS
from shared.runtime.processing.missed_responses import LAST_MAX, Missed, missed_of

AT = datetime(2026, 3, 1, tzinfo=UTC)
SAID: list[tuple[Decider, EventData, str]] = [  # type: ignore[type-arg]
    (INVITES, InviteKept(invite_ids=("i",)), "invite/i"),
    (INVITES, InviteKept(proposal_id="proposal/1"), "proposal:proposal/1"),
    (INVITES, InviteRetractionApproved(invite_ids=("i",)), "invite/i"),
    (FOLLOWUPS, FollowupDone(followup_id="contact/ada/thank/2026-01-01"), "contact/ada"),
    (FOLLOWUPS, FollowupSnoozed(followup_id="call", until=AT + timedelta(days=1)), "reminder/call"),
    (FOLLOWUPS, FollowupDismissed(followup_id="call"), "reminder/call"),
    (FOLLOWUPS, FollowupReopened(followup_id="call"), "reminder/call"),
]


def event(data: EventData, number: int = 0) -> Event:
    at = AT + timedelta(minutes=number)
    return Event(id=f"e{number}", member="m", time=at, logged=at, data=data, source="/test")


@pytest.mark.parametrize(("decider", "data", "key"), SAID)
def test_an_answer_misses_where_nothing_is_known_under_its_key(decider: Decider, data: EventData, key: str) -> None:  # type: ignore[type-arg]
    assert key in decider.touches(event(data)), "it is loaded before it is asked for"
    assert decider.misses(View("m", decider.profile, {key: None}), event(data))
    assert not decider.misses(View("m", decider.profile, {key: object()}), event(data))


@pytest.mark.parametrize("named", ["contact/ada/thnak/2026-01-01", "contact/ada/no_answer_yet/2026-01-01"])
def test_an_answer_to_a_rule_that_there_is_not_or_that_is_about_something_else_misses(named: str) -> None:
    view: View[Any, Any] = View("m", FOLLOWUPS.profile, {"contact/ada": object()})
    assert FOLLOWUPS.misses(view, event(FollowupDone(followup_id=named)))


@pytest.mark.parametrize(
    ("cycle", "misses"),
    [
        ("2026-02-20.3", False),
        ("2026-02-21.3", True),
        ("2026-02-20.4", True),
        ("2026-01-20.2", False),
        ("2025-11-20", False),
    ],
)
def test_an_answer_to_a_cycle_that_was_never_planned_misses(cycle: str, misses: bool) -> None:
    """Of the third and last one its name is known, of those before their number alone."""
    answer = event(FollowupDone(followup_id=f"contact/ada/reconnect/{cycle}"))
    known = Subject(slots={"reconnect": Slot("lapsed", "2026-02-20.3", 3)})
    assert FOLLOWUPS.misses(View("m", FOLLOWUPS.profile, {"contact/ada": known}), answer) is misses
    assert FOLLOWUPS.misses(View("m", FOLLOWUPS.profile, {"contact/ada": Subject()}), answer), "none was planned"


def test_every_kind_of_answer_is_looked_at_and_nothing_else() -> None:
    assert {type(data) for _, data, _ in SAID} == set(ANSWERS)
    for decider in (INVITES, FOLLOWUPS):
        assert {type(data) for of, data, _ in SAID if of is decider} == decider.answers


def test_the_last_are_kept_and_all_are_counted() -> None:
    known = Missed().joined([event(SAID[0][1], number) for number in range(50)]).joined([event(SAID[0][1], 50)])
    assert (known.count, [one.id for one in known.last]) == (51, ["e48", "e49", "e50"][-LAST_MAX:])
    assert missed_of(known.text()) == known
    assert missed_of("") == Missed()


def test_doctor_tells_how_many_and_the_latest_of_all_partitions_first() -> None:
    one, other = Missed().joined([event(SAID[0][1], 1)]), Missed().joined([event(SAID[3][1], 2)])
    assert answers_line([Missed()]) == "all named what was known"
    assert answers_line([one, other]) == (
        "2 named what was not known when they were read, the last: rapport.followup.done 'e2', rapport.invite.kept 'e1'"
    )
