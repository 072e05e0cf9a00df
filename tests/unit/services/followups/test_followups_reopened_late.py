"""What was laid to rest, or was forbidden, when the member took an answer back."""

from __future__ import annotations

import pytest

from services.followups.model.state import Subject
from shared.contracts import (
    ContactJobChanged,
    ContactMuted,
    ContactUnmuted,
    FollowupDone,
    FollowupDue,
    FollowupReopened,
    FollowupScheduled,
)
from tests.unit.services.followups.followups_world import (
    about,
    answer,
    at,
    connected,
    hour,
    member,
    requested,
    story,
    wishes,
)

THANK = "contact/ada/thank/2026-03-02"
R1 = "reminder/r1/own_reminder/2026-03-02"


def test_what_had_lapsed_and_another_rule_s_answer_ended_after_all_stays_at_rest() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(30))
    assert story(loop, "thank")[-1] == "lapsed thank"
    loop.apply(about(ContactJobChanged, "ada", 30))
    congratulate = loop.heard(FollowupScheduled)[-1].followup_id
    loop.apply(answer(FollowupDone, congratulate, 30.1))  # it counts as a message
    assert {"completed thank", "completed congratulate"} < set(story(loop))
    loop.apply(answer(FollowupReopened, congratulate, 30.2))
    ada = loop.items["contact/ada"]
    assert isinstance(ada, Subject)
    assert [rule for rule, slot in ada.slots.items() if slot.stage == "open"] == ["congratulate"]


def test_what_lapsed_and_was_done_after_all_comes_back_without_a_push() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00"))
    loop.run_until(hour(10, 12))
    loop.apply(answer(FollowupDone, R1, 10.5))
    loop.apply(answer(FollowupReopened, R1, 10.6))
    loop.run_until(at(11))
    assert [(due.attempt, due.push) for due in loop.heard(FollowupDue)] == [(1, True), (1, False)]


@pytest.mark.parametrize("by", ["switch", "mute"])
def test_what_was_forbidden_until_after_its_day_does_not_come_back(by: str) -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(1.5))
    off, on = (
        (wishes(1.6, rules={"thank": {"on": False}}), wishes(200, rules={"thank": {"on": True}}))
        if by == "switch"
        else (about(ContactMuted, "ada", 1.6), about(ContactUnmuted, "ada", 200))
    )
    for one in (answer(FollowupDone, THANK, 1.5), off, answer(FollowupReopened, THANK, 1.7)):
        loop.apply(one)
    loop.run_until(at(200))
    loop.apply(on)
    loop.run_until(at(210))
    assert story(loop, "thank").count("scheduled thank") == 1
