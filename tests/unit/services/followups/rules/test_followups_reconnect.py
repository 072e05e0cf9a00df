"""`reconnect`: a few old ties a week, whoever the member knows, without looking at everybody."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from services.followups.apply import reconnect
from services.followups.decider import DECIDER
from services.followups.model.state import RECONNECTS, Candidates, Reconnects
from shared.contracts import (
    CallHeld,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    DigestSent,
    Event,
    FollowupDone,
    FollowupDue,
    FollowupLapsed,
    FollowupScheduled,
    FollowupShown,
    HelpReceived,
    MessageReceived,
)
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    answer,
    at,
    connected,
    event,
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


def mailed(day: int, *rules: str) -> Event:
    """A digest of that day at 8:00, which shows something of these rules."""
    sent = DigestSent(
        digest_id=f"d{day}", period="2026-W10", attempt=1, message_id=f"<{day}@x>", shown=rules or (RULE,)
    )
    return event(sent, day + 8 / 24)


def lived(days: int, *events: Event) -> FollowupsLoop:
    """A member to whom all that happens, until a day."""
    loop = member()
    for one in sorted(events, key=lambda one: one.logged):
        loop.run_until(one.logged)
        loop.apply(one)
        loop.assert_settled()
    loop.run_until(at(days))
    loop.assert_settled()
    return loop


def lapses(loop: FollowupsLoop) -> list[tuple[float, bool | None]]:
    """When, in days, each cycle was let lapse, and whether it was shown."""
    return [
        ((one.time - at(0)).total_seconds() / 86_400, one.data.shown)
        for one in told(loop, RULE)
        if isinstance(one.data, FollowupLapsed)
    ]


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
    loop.run_until(hour(371, 8))
    loop.apply(mailed(371))
    loop.run_until(at(YEAR + 20))
    assert story(loop, RULE) == [f"scheduled {RULE}", f"due {RULE} 1", f"lapsed {RULE}"]
    plan = next(one for one in loop.heard(FollowupScheduled) if one.rule == RULE)
    due = next(one for one in loop.heard(FollowupDue) if one.rule == RULE)
    assert plan.followup_id == "contact/ada/reconnect/2026-03-02"
    assert plan.because.type == MessageReceived.TYPE
    assert plan.due_at == due.due_at == hour(371, 8), "planned before the digest in which it stands"
    assert not due.push
    assert (due.text or "").startswith("It is a good while since you and Ada")


def test_an_import_of_old_contacts_is_three_people_a_week_and_all_have_their_turn() -> None:
    loop = member()
    loop.apply(*(connected(f"c{number}", -2000 - number % 7, 0) for number in range(60)))
    for week in range(30):
        loop.run_until(hour(7 * week, 8))
        loop.apply(mailed(7 * week))
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
    loop.run_until(at(504))
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
    loop = lived(YEAR + 70, connected("ada", 0), *(mailed(day) for day in range(371, 435, 7)))
    assert [day for day, _ in plans(loop)] == [YEAR, YEAR + 60]
    loop.apply(answer(FollowupDone, plan_of(loop), YEAR + 70))
    loop.run_until(at(2 * YEAR + 71))
    assert [day for day, _ in plans(loop)][2:] == [2 * YEAR + 70]


def test_whose_turn_was_never_shown_has_it_again() -> None:
    """No address, no digest: fails where the pick counts although the lapse says that nobody was shown it."""
    loop = lived(YEAR + 60, connected("ada", 0))
    (lapse, shown), (again, _), *_ = lapses(loop)
    assert shown is False
    assert [day for day, _ in plans(loop)][:3] == [YEAR, lapse, again], "as soon as the one before is over"
    dues = tuple(due.due_at for due in loop.heard(FollowupDue) if due.rule == RULE)
    assert dues[:2] == (hour(371, 8), hour(378, 8)), "each digest until one shows it"


@pytest.mark.parametrize("until", [370, 371, 384])
def test_what_was_shown_before_it_fell_due_or_of_other_rules_is_not_its_turn(until: int) -> None:
    """A digest shows it from the day on on which it is due: fails where what was shown at any time counts."""
    before, others = range(0, 371, 7), range(371, until, 7)
    loop = lived(390, connected("ada", 0), *map(mailed, before), *(mailed(day, "thank") for day in others))
    assert lapses(loop)[0][1] is False


@pytest.mark.parametrize(
    "seen",
    [
        mailed(371),
        event(FollowupShown(followup_id=f"contact/ada/{RULE}/2026-03-02"), 372),
        snoozed(f"contact/ada/{RULE}/2026-03-02", YEAR + 20, 372),
    ],
)
def test_what_a_digest_or_the_product_showed_or_the_member_put_off_is_its_turn(seen: Event) -> None:
    loop = lived(YEAR + 55, connected("ada", 0), seen)
    assert [shown for _, shown in lapses(loop)] == [True]
    assert len(plans(loop)) == 1


def test_the_turns_of_a_member_without_an_address_are_not_lost_once_there_is_one() -> None:
    """Six old ties, ten weeks without a digest: each of them stands in one of the first two digests, and then rests."""
    people = [f"c{number}" for number in range(6)]
    mails = [mailed(day) for day in range(70, 98, 7)]
    loop = lived(97, *(connected(one, -2000 - n, 0) for n, one in enumerate(people)), *mails)
    shown = [due.contact_id for due in loop.heard(FollowupDue) if due.due_at >= hour(70, 8)]
    assert sorted(map(str, shown)) == people


def test_help_in_return_rests_only_where_it_was_asked_for() -> None:
    """Its sibling: fails where `told` outlives a lapse that nobody was shown."""
    helped = [about(HelpReceived, "ada", day) for day in (0.5, 0.6, 20)]
    asked = {
        shown: [due.due_at for due in lived(60, *helped, *mails).heard(FollowupDue)]
        for shown, mails in ((False, ()), (True, (mailed(7, "give_back"),)))
    }
    assert asked[False] == [hour(7, 8), hour(21, 8)]
    assert asked[True] == [hour(7, 8), hour(42, 8)]


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
    found = {key: item for key, item in loop.items.items() if isinstance(item, Candidates)}
    assert set(found) <= set(reconnect.keys())
    assert {len(item.by_id) for item in found.values()} == {reconnect.CANDIDATES_MAX}
    touched = Counter(key.partition("/")[0] for key in DECIDER.touches(about(CallHeld, "c7", 0)))
    assert touched == {"contact": 1, "ties": 1, "habits": 1}
    assert isinstance(loop.items.get(RECONNECTS), Reconnects | None)
    assert timedelta(days=reconnect.PICKS_DAYS) > reconnect.TURN * reconnect.BUCKETS


def test_without_a_digest_all_have_their_turn_alike() -> None:
    """Fails where whoever was not shown is ready as early as who was never picked: the same come first again and again."""
    loop = lived(250, *(connected(f"c{number}", -2000, 0) for number in range(40)))
    picked = [person for _, person in plans(loop)]
    counts = {person: picked.count(person) for person in picked}
    assert len(counts) == 40
    assert max(counts.values()) - min(counts.values()) <= 3, "as far as the items allow that hold them"


def test_a_turn_that_ended_before_it_fell_due_is_not_lost() -> None:
    """Fails where the pick counts although nothing was said yet."""
    off, on = wishes(366, rules={RULE: {"on": False}}), wishes(367, rules={RULE: {"on": True}})
    loop = lived(YEAR + 30, connected("ada", 0), off, on)
    assert [round(day) for day, _ in plans(loop)][:2] == [YEAR, 367]
