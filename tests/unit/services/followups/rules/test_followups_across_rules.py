"""What all rules of *followups* have in common: hours, limits, lapses, switches, and what the member's wishes move."""

from __future__ import annotations

from datetime import UTC, datetime

from services.followups.model.state import (
    COMPANY_MAX,
    MEETINGS_MAX,
    PROPOSALS,
    WAITING_MAX,
    Proposals,
    Subject,
    parse_followup_id,
)
from services.followups.rules.table import RULES
from shared.contracts import (
    ContactMuted,
    ContactUnmuted,
    FollowupCancelled,
    FollowupDone,
    FollowupDue,
    FollowupLapsed,
    FollowupRescheduled,
    FollowupScheduled,
    MeetingHeld,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    answer,
    at,
    connected,
    hour,
    member,
    met,
    requested,
    sent,
    snoozed,
    story,
    wishes,
)


def pushes(loop: FollowupsLoop) -> list[bool]:
    return [due.push for due in loop.heard(FollowupDue)]


def test_quiet_hours_defer_to_their_end_where_the_answer_is_seen() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T23:00"), requested("r2", "2026-03-03T23:30"))
    loop.run_until(hour(2, 7))
    assert story(loop) == ["scheduled own_reminder"] * 2
    loop.apply(answer(FollowupDone, "r2", 2.3))
    loop.run_until(at(3))
    assert story(loop)[2:] == ["completed own_reminder", "due own_reminder 1"]
    assert loop.published[-1].time == hour(2, 8)
    assert loop.heard(FollowupDue)[0].due_at == hour(1, 23)
    assert loop.published[-1].expires == hour(3, 8)
    assert not loop.heard(FollowupRescheduled)


def test_other_quiet_hours_take_effect_on_what_is_pending() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T23:00"))
    loop.apply(wishes(0.5, quiet_hours={"from": "00:00", "to": "05:00"}))
    loop.run_until(at(3))
    assert loop.published[-1].time == hour(1, 23)


def test_the_hour_that_the_member_chose_is_kept_and_nudges_of_ours_are_limited_per_local_day() -> None:
    loop = member()
    loop.apply(wishes(0, per_day=2, zone="Pacific/Auckland", quiet_hours={"from": "00:00", "to": "00:00"}))
    loop.apply(*(connected(name, 2) for name in "abcd"), connected("e", 3))
    loop.apply(*(requested(f"r{n}", f"2026-03-05T{9 + n:02}:00") for n in range(9)))
    loop.run_until(at(7))
    thanks = [(due.due_at, due.push) for due in loop.heard(FollowupDue) if due.rule == "thank" and due.attempt == 1]
    assert [push for _, push in thanks] == [True, True, False, False, True]
    assert [due.push for due in loop.heard(FollowupDue) if due.rule == "own_reminder"] == [True] * 9


def test_what_waits_for_the_digest_uses_up_no_push() -> None:
    loop = member()
    loop.apply(wishes(0, per_day=1, rules={"thank": {"push": False}, "no_answer_yet": {"push": True}}))
    loop.apply(*(connected(name, 6.1) for name in "abc"), sent("i1", 0.5), sent("i2", 0.5))
    loop.run_until(at(8))
    assert pushes(loop) == [False, False, False, True, False]


def test_a_pause_defers_and_its_end_brings_all_that_was_asked_for_and_of_our_nudges_a_day_s_worth() -> None:
    loop = member()
    loop.apply(*(requested(f"r{n}", f"2026-03-0{3 + n}T10:00") for n in range(5)))
    loop.apply(*(connected(name, 0.5) for name in "abcd"))
    loop.apply(wishes(0.7, paused_until="2026-03-20T10:00:00Z"))
    loop.run_until(hour(18, 9))
    assert not loop.heard(FollowupDue)
    loop.run_until(hour(18, 11))
    assert sorted((due.rule, due.push) for due in loop.heard(FollowupDue)) == [
        *[("own_reminder", True)] * 5,
        ("thank", False),
        *[("thank", True)] * 3,
    ]
    assert {said.time for said in loop.published if isinstance(said.data, FollowupDue)} == {hour(18, 10)}
    assert [due.attempt for due in loop.heard(FollowupDue)] == [1] * 9


def test_a_nudge_that_is_said_too_late_is_not_pushed_and_a_reminder_of_the_member_s_own_is() -> None:
    """Fails where an hour that the member chose is left to a digest, which may be off."""
    loop = member()
    loop.apply(wishes(0, digest={"every": "off"}), requested("r1", "2026-03-03T10:00"), connected("ada", 0.5))
    loop.sleep_until(at(3.5))
    loop.run_until(at(4))
    late = {one.data.rule: one for one in loop.published if isinstance(one.data, FollowupDue)}
    assert {rule: (one.time, one.data.push) for rule, one in late.items() if isinstance(one.data, FollowupDue)} == {
        "own_reminder": (at(3.5), True),
        "thank": (at(3.5), False),
    }
    assert late["own_reminder"].expires == at(4.5)


def test_thanks_are_pushed_at_their_hour_and_asked_for_a_second_time_in_the_digest() -> None:
    loop = member()
    loop.apply(connected("ada", 0.5))
    loop.run_until(at(6))
    assert [(one.time, one.data.push) for one in loop.published if isinstance(one.data, FollowupDue)] == [
        (hour(1, 9), True),
        (hour(4, 9), False),
    ]


def test_another_zone_moves_what_is_pending_and_the_same_hours_elsewhere_do_not() -> None:
    loop = member()
    loop.apply(wishes(0, zone="Europe/Paris"))
    loop.apply(requested("r1", "2026-04-10T10:00"), connected("ada", 0.5))
    loop.apply(wishes(0.6, zone="Europe/Berlin"))
    assert not loop.heard(FollowupRescheduled)
    loop.apply(wishes(0.7, zone="America/New_York"))
    moved = {one.rule: one for one in loop.heard(FollowupRescheduled)}
    assert moved["own_reminder"].due_at == datetime(2026, 4, 10, 14, tzinfo=UTC)
    assert (moved["thank"].due_at, moved["thank"].zone) == (hour(1, 14), "America/New_York")


def test_other_offsets_take_effect_on_what_is_pending() -> None:
    loop = member()
    loop.apply(connected("ada", 0.5))
    loop.apply(wishes(0.6, rules={"thank": {"offsets_days": [10, 2]}}))
    assert loop.heard(FollowupRescheduled)[0].due_at == hour(2, 9)
    loop.run_until(at(60))
    assert [said.time for said in loop.published[2:]] == [hour(2, 9), hour(10, 9), hour(17, 9)]


def test_switching_a_rule_off_ends_what_is_pending_and_starts_nothing() -> None:
    loop = member()
    loop.apply(connected("ada", 0.5))
    loop.apply(wishes(0.6, rules={"thank": {"on": False}}))
    loop.apply(connected("bob", 0.7))
    assert story(loop) == ["scheduled thank", "cancelled thank"]
    assert loop.heard(FollowupCancelled)[0].because.type == "rapport.member.preferences_set"


def test_switching_a_rule_on_again_brings_back_what_is_not_over_yet() -> None:
    loop = member()
    loop.apply(
        connected("ada", 0.5), requested("r1", "2026-04-10T10:00"), requested("r2", "2026-03-03T10:00", every_days=7)
    )
    loop.apply(wishes(0.6, rules={"thank": {"on": False}, "own_reminder": {"on": False}}))
    loop.apply(wishes(20, rules={"thank": {"on": True}, "own_reminder": {"on": True}}))
    back = loop.heard(FollowupScheduled)[3:]
    assert [(plan.followup_id.split("/")[1], plan.due_local.isoformat()) for plan in back] == [
        ("r1", "2026-04-10T10:00:00"),
        ("r2", "2026-03-24T10:00:00"),
    ]


def test_unmuting_does_not_bring_back_the_past() -> None:
    loop = member()
    loop.apply(about(ContactMuted, "ada", 0), connected("ada", 0.5))
    loop.apply(about(ContactUnmuted, "ada", 40))
    loop.run_until(at(60))
    assert story(loop) == []


def test_after_unmuting_new_follow_ups_start() -> None:
    loop = member()
    loop.apply(about(ContactMuted, "ada", 0), about(ContactUnmuted, "ada", 1))
    loop.apply(connected("ada", 2))
    assert story(loop) == ["scheduled thank"]


def test_a_snooze_survives_all_but_the_end_of_its_reason() -> None:
    loop = member()
    loop.apply(connected("ada", 0.5))
    loop.apply(snoozed("contact/ada/thank/2026-03-02", 20.5, 0.6))
    loop.apply(wishes(1, zone="Asia/Kathmandu", rules={"thank": {"offsets_days": [3, 5]}}))
    loop.run_until(at(20))
    assert [plan.due_at for plan in loop.heard(FollowupRescheduled)] == [at(20.5)]
    loop.apply(about(ThanksSent, "ada", 20.1))
    loop.run_until(at(40))
    assert story(loop, "thank") == ["scheduled thank", "rescheduled thank", "completed thank"]


def test_an_id_is_read_back_into_what_it_names() -> None:
    assert parse_followup_id("contact/a/b/thank/2026-03-02") == ("contact/a/b", "thank", "2026-03-02")
    assert parse_followup_id("reminder/r1/own_reminder/2026-03-02.12") == (
        "reminder/r1",
        "own_reminder",
        "2026-03-02.12",
    )
    assert parse_followup_id("call/ada") == ("reminder/call/ada", "own_reminder", "")


def test_what_is_pushed_and_what_waits_for_the_digest_is_as_the_member_wishes() -> None:
    loop = member()
    loop.apply(wishes(0, rules={"thank": {"push": True}, "own_reminder": {"push": False}}))
    loop.apply(connected("ada", 0.5), requested("r1", "2026-03-03T10:00"))
    loop.run_until(at(2))
    assert {due.rule: due.push for due in loop.heard(FollowupDue)} == {"thank": True, "own_reminder": False}


def test_only_what_has_an_hour_is_pushed_and_what_is_timely_once() -> None:
    chosen = {"own_reminder", "meeting_today", "prepare_questions", "did_it_happen", "keep_promise", "remember_date"}
    assert {rule.name for rule in RULES.values() if rule.delivery.hour_chosen} == chosen
    assert {rule.name for rule in RULES.values() if rule.delivery.pushed} == chosen | {"thank", "after_meeting"}
    assert {rule.name: rule.delivery.pushed for rule in RULES.values() if rule.delivery.pushed not in ("", "all")} == {
        "thank": "first",
        "after_meeting": "first",
        "remember_date": "last",
    }


def test_what_is_remembered_of_one_contact_or_meeting_has_its_bounds() -> None:
    loop = member()
    crowd = [f"c{number}" for number in range(100)]
    loop.apply(*(met(MeetingHeld, f"k{number}", number / 10, 30) for number in range(100)))
    loop.apply(*(about(ThanksSent, name, 30) for name in crowd), met(MeetingHeld, "k", 30, 30, *crowd))
    ada, meeting, proposals = (loop.items[key] for key in ("contact/ada", "meeting/k", PROPOSALS))
    assert isinstance(ada, Subject)
    assert [one.key for one in ada.meetings] == [f"meeting/k{number}" for number in range(100 - MEETINGS_MAX, 100)]
    assert isinstance(meeting, Subject)
    assert meeting.company is not None
    assert meeting.company.contact_ids == tuple(crowd[:COMPANY_MAX])
    assert isinstance(proposals, Proposals)
    assert len(proposals.thanked) == WAITING_MAX


def test_the_last_word_of_a_cycle_says_when_it_is_laid_to_rest() -> None:
    loop = member()
    loop.apply(connected("ada", 0.5), requested("r1", "2026-03-03T22:00"))
    loop.run_until(at(30))
    for rule in ("thank", "own_reminder"):
        dues = [due.lapses_at for due in loop.heard(FollowupDue) if due.rule == rule]
        (lapsed,) = (
            one.time for one in loop.published if isinstance(one.data, FollowupLapsed) and one.data.rule == rule
        )
        assert dues == [*[None] * (len(dues) - 1), lapsed], rule
