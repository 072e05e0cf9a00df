"""What a product shows of invites follows the member's last wishes, though nobody takes back what was said before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.gateway.reading import agenda, invite_states
from shared.contracts import Event
from tests.unit.services.gateway.members import NOW, planned, said, seen
from tests.unit.services.gateway.reading.test_reading import proposed, sent

JOINED = said(-200, "member.joined", name="Ada", email="ada@example.org")
NOTICED = said(-3, "invite.retraction_noticed", invite_id="i1", contact_id="p", retract_at="2026-12-01T08:00:00Z")
IGNORED = said(-4, "invite.ignored", invite_id="i1", contact_id="p", age_days=96)
GIVEN_UP = said(
    -1,
    "digest.failed",
    digest_id="d",
    period="2026-W48",
    attempt=1,
    reason="refused",
    permanent=True,
    switched_off=True,
)


def policy(day: float, name: str) -> Event:
    return said(day, "member.preferences_set", retraction={"policy": name})


def wish(day: float, **part: Any) -> Event:
    return said(day, "member.preferences_set", **part)


def standing(*events: Event) -> tuple[str, bool, bool]:
    """How the invite stands, whether the day of its retraction is shown, and whether the member is asked about it."""
    view = seen(JOINED, sent("i1"), IGNORED, *events)
    found = invite_states.answer(view, NOW)
    waits = any(one.state == "waiting" for one in agenda.answer(view, NOW).entries)
    assert waits == (found.proposal is not None)
    return found.invites[0].state, found.invites[0].retract_at is not None, waits


def test_a_notice_is_shown_with_its_day_while_it_counts() -> None:
    assert standing(policy(-9, "auto"), NOTICED) == ("noticed", True, False)


@pytest.mark.parametrize(
    "since",
    [policy(-2, "ask"), policy(-2, "never"), policy(-2, "auto"), wish(-2, digest={"every": "off"}), GIVEN_UP,
     wish(-2, rules={"weekly_digest": {"on": False}}), wish(-2, paused_until="2026-12-24T08:00:00Z")],
)  # fmt: skip
def test_a_notice_that_counts_no_more_is_not_shown(since: Event) -> None:
    """Fails where the last notice is shown whatever was wished since: it would name a day on which nothing comes."""
    assert standing(policy(-9, "auto"), NOTICED, since) == ("ignored", False, False)


def test_who_is_asked_after_a_notice_is_shown_the_question() -> None:
    """Fails where a notice goes before a proposal."""
    assert standing(policy(-9, "auto"), NOTICED, policy(-2, "ask"), proposed("i1", day=-1)) == ("proposed", False, True)


@pytest.mark.parametrize("name", ["auto", "never"])
def test_a_question_is_not_shown_to_who_wants_none(name: str) -> None:
    assert standing(proposed("i1"), policy(-1, name)) == ("ignored", False, False)


def test_a_question_stays_for_who_can_have_no_mail_and_for_who_says_ask_again() -> None:
    assert standing(wish(-9, digest={"every": "off"}), policy(-8, "auto"), proposed("i1")) == ("proposed", False, True)
    assert standing(proposed("i1"), policy(-1, "ask")) == ("proposed", False, True)


@pytest.mark.parametrize(("days", "state"), [(1, "letting_go"), (30, "kept"), (None, "kept")])
def test_a_yes_to_a_whole_proposal_spares_who_is_kept_by_name_while_they_are(days: int | None, state: str) -> None:
    """*invites* pulls it back where it is kept no longer: whoever looks has to see that, and can keep it until then."""
    kept = said(-2.5, "invite.kept", invite_ids=["i1"], **({} if days is None else {"for_days": days}))
    yes = said(-1, "invite.retraction_approved", proposal_id="proposal/1")
    assert standing(kept, proposed("i1"), yes)[0] == state


def test_the_agenda_says_when_that_is_which_a_reminder_is_about() -> None:
    """`at` is when the member hears of it. Fails where the agenda leaves out what the list of follow-ups has."""
    told = seen(
        planned(3, "date/zoe/birthday/remember_date/2026", on_day="2026-12-01T00:00"),
        planned(4, "promise/p1/keep_promise/2026-11-25", promised_for="2026-11-29T12:00:00Z"),
        planned(5, "meeting/k1/prepare_questions/2026-11-25", starts_at="2026-12-02T12:30:00Z"),
    )
    in_agenda, in_list = agenda.answer(told, NOW).entries, agenda.followups_of(told, NOW).open
    assert [one.id for one in in_agenda] == [one.id for one in in_list]
    days = [(one.on_day, one.promised_for, one.starts_at) for one in in_agenda]
    assert days == [(one.on_day, one.promised_for, one.starts_at) for one in in_list]
    assert days == [
        (date(2026, 12, 1), None, None),
        (None, datetime(2026, 11, 29, 12, tzinfo=UTC), None),
        (None, None, datetime(2026, 12, 2, 12, 30, tzinfo=UTC)),
    ]


def test_a_follow_up_shows_its_day_and_what_it_was_put_off_from() -> None:
    birthday = planned(3, "date/zoe/birthday/remember_date/2026", on_day="2026-12-01T00:00")
    assert agenda.followups_of(seen(birthday), NOW).open[0].on_day == date(2026, 12, 1)
    moved = planned(0.5, "contact/zoe/thank/1")
    fields = moved.data.model_dump(exclude_none=True)
    put_off = said(-1, "followup.rescheduled", **fields, instead_of="2026-11-23T20:00:00Z")
    [one] = agenda.followups_of(seen(moved, put_off), NOW).open
    assert one.instead_of is not None
    assert f"{one.instead_of:%d %H}" == "23 20"
    assert agenda.followups_of(seen(moved), NOW).open[0].instead_of is None
