"""`reconnect`: a few old ties a week, whoever the member knows, without looking at everybody."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from services.followups.apply import reconnect
from services.followups.decider import DECIDER
from services.followups.model.state import RECONNECTS, Reconnects, Ties
from shared.contracts import (
    CallHeld,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    FollowupDone,
    FollowupDue,
    FollowupScheduled,
    MessageReceived,
)
from tests.unit.followups.followups_world import (
    FollowupsLoop,
    about,
    answer,
    at,
    connected,
    hour,
    member,
    planned,
    snoozed,
    story,
    told,
    wishes,
)

RULE = "reconnect"
YEAR = 365
NEVER_QUIET = {"rules": {RULE: {"on": True}}}


def plans(loop: FollowupsLoop) -> list[tuple[float, str]]:
    """When, in days, each person was picked."""
    picked = told(loop, RULE)
    return [
        ((one.time - at(0)).total_seconds() / 86_400, one.data.contact_id or "")
        for one in picked
        if isinstance(one.data, FollowupScheduled)
    ]


def test_a_year_after_the_last_word_the_next_digest_asks() -> None:
    loop = member()
    loop.apply(connected("ada", -300, 0), about(MessageReceived, "ada", 0.5))
    loop.run_until(at(YEAR + 20))
    assert story(loop, RULE) == [f"scheduled {RULE}", f"due {RULE} 1", f"lapsed {RULE}"]
    plan = next(one for one in loop.heard(FollowupScheduled) if one.rule == RULE)
    due = next(one for one in loop.heard(FollowupDue) if one.rule == RULE)
    assert plan.followup_id == "contact/ada/reconnect/2026-03-02"
    assert plan.because.type == MessageReceived.TYPE
    assert plan.due_at == due.due_at == hour(371, 8), "planned before the digest in which it stands"
    assert not due.push
    assert (due.text or "").startswith("It is a good while since you and Ada")


def test_an_import_of_old_ties_is_three_people_a_week_and_all_have_their_turn() -> None:
    loop = member()
    loop.apply(*(connected(f"c{number}", -2000 - number % 7, 0) for number in range(60)))
    for week in range(30):
        loop.run_until(at(7 * week + 6.9))
        loop.assert_settled()
        loop.apply(wishes(7 * week + 6.95, **NEVER_QUIET))
    picked = plans(loop)
    assert len(picked) == 3 * 30
    for day, _ in picked:
        assert sum(day <= other < day + reconnect.PICKS_DAYS - 0.1 for other, _ in picked) <= reconnect.PICKS_MAX
    last: dict[str, float] = {}
    for day, person in picked:
        assert day - last.get(person, -99) >= 60
        last[person] = day
    assert len(last) >= 55, "nobody is preferred"


@pytest.mark.parametrize("kind", [ContactMuted, ContactRemoved])
def test_nobody_is_asked_about_people_who_were_muted_or_removed(kind: type[ContactMuted | ContactRemoved]) -> None:
    for day in (5, YEAR + 2):
        loop = member()
        loop.apply(connected("ada", 0))
        loop.run_until(at(day))
        loop.apply(about(kind, "ada", day))
        loop.run_until(at(3 * YEAR))
        assert story(loop, RULE) in ([], [f"scheduled {RULE}", f"cancelled {RULE}"])


def test_unmuting_brings_somebody_back() -> None:
    loop = member()
    loop.apply(connected("ada", 0), about(ContactMuted, "ada", 1))
    loop.apply(about(ContactUnmuted, "ada", 500))
    loop.run_until(at(520))
    assert plans(loop) == [(500, "ada")]


def test_an_interaction_ends_it_also_one_that_only_the_meeting_knows_of() -> None:
    loop = member()
    loop.apply(connected("ada", 0), planned("k1", 300.5, 290))
    loop.run_until(at(301))
    loop.apply(answer(FollowupDone, f"meeting/k1/did_it_happen/{at(290).date()}", 301))
    loop.run_until(at(YEAR + 30))
    assert story(loop, RULE) == [f"scheduled {RULE}", f"completed {RULE}"]
    loop.run_until(at(YEAR + 300))
    assert len(story(loop, RULE)) == 2, "and that counts for a year"


def test_it_rests_for_sixty_days_and_done_counts_as_a_word() -> None:
    loop = member()
    loop.apply(connected("ada", 0))
    loop.run_until(at(YEAR + 70))
    assert [day for day, _ in plans(loop)] == [YEAR, YEAR + 60]
    loop.apply(answer(FollowupDone, plan_of(loop), YEAR + 70))
    loop.run_until(at(2 * YEAR + 71))
    assert [day for day, _ in plans(loop)][2:] == [2 * YEAR + 70]


def test_whoever_is_asked_about_is_not_picked_again_before_that_is_over() -> None:
    loop = member()
    loop.apply(connected("ada", 0))
    loop.run_until(at(YEAR + 8))
    loop.apply(snoozed(plan_of(loop), YEAR + 200, YEAR + 8))
    loop.run_until(at(YEAR + 199))
    assert story(loop, RULE) == [f"scheduled {RULE}", f"due {RULE} 1", f"rescheduled {RULE}"]
    loop.run_until(at(YEAR + 215))
    assert story(loop, RULE)[3:6] == [f"due {RULE} 2", f"lapsed {RULE}", f"scheduled {RULE}"]


def plan_of(loop: FollowupsLoop) -> str:
    return [plan for plan in loop.heard(FollowupScheduled) if plan.rule == RULE][-1].followup_id


def test_the_member_may_say_after_how_many_days_or_not_at_all() -> None:
    loop = member()
    loop.apply(connected("ada", 0), wishes(0, rules={RULE: {"offsets_days": [100]}}))
    loop.run_until(at(110))
    assert plans(loop) == [(100, "ada")]
    loop.apply(wishes(110, rules={RULE: {"on": False}}))
    loop.run_until(at(3 * YEAR))
    assert len(plans(loop)) == 1
    loop.apply(wishes(3 * YEAR, rules={RULE: {"on": True}}))
    assert len(plans(loop)) == 1, "it is said at a wake"
    loop.run_until(at(3 * YEAR + 1))
    assert len(plans(loop)) == 2


def test_in_a_pause_nobody_is_picked() -> None:
    loop = member()
    loop.apply(connected("ada", 0), wishes(0, paused_until=at(400).isoformat()))
    loop.run_until(at(410))
    assert plans(loop) == [(400, "ada")]


def test_whoever_knows_thousands_has_small_items_and_each_event_touches_one_of_them() -> None:
    loop = member()
    for number in range(4000):
        loop.take(connected(f"c{number}", -500, 0))
    found = {key: item for key, item in loop.items.items() if isinstance(item, Ties)}
    assert set(found) <= set(reconnect.keys())
    assert {len(item.by_id) for item in found.values()} == {reconnect.TIES_MAX}
    touched = Counter(key.partition("/")[0] for key in DECIDER.touches(about(CallHeld, "c7", 0)))
    assert touched == {"contact": 1, "ties": 1, "habits": 1}
    assert isinstance(loop.items.get(RECONNECTS), Reconnects | None)
    assert timedelta(days=reconnect.PICKS_DAYS) > reconnect.TURN * reconnect.BUCKETS
