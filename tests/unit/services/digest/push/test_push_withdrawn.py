"""A reminder that has ended is taken back from the channel, once, where it lets it; where it does not, nothing is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from services.digest.apply.pushes import pushes_after
from services.digest.model.push import APART, PUSHES_MAX, WITHDRAWN_WITHIN, Push
from shared.contracts import (
    Event,
    EventData,
    FollowupDone,
    FollowupDue,
    MemberChannelRemoved,
    MemberPreferencesSet,
    PushSending,
    PushSent,
    PushWithdrawing,
    PushWithdrawn,
)
from shared.delivery.outcome import ATTEMPT_SECONDS_MAX
from tests.unit.services.digest.push.push_world import MONDAY, World, reminder, world

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TAKEN = [PushSending, PushSent]
TAKEN_BACK = [PushWithdrawing, PushWithdrawn]


def answered(ada: World, after: timedelta = MINUTE) -> list[type]:
    """What is said of pushes when the last reminder is answered, within the next hours."""
    due = [one.data for one in ada.services.published if isinstance(one.data, PushSending)]
    first = len(ada.services.published)
    ada.tell(FollowupDone(followup_id=due[-1].followup_id), at=ada.now + after)
    ada.live(2 * HOUR)
    return [type(one.data) for one in ada.services.published[first:] if type(one.data).__name__.startswith("Push")]


def test_an_answer_takes_it_back_by_the_id_that_the_channel_gave() -> None:
    with world() as ada:
        assert [type(one) for one in ada.live(HOUR)] == TAKEN
        assert answered(ada) == TAKEN_BACK
        assert ada.ntfy.withdrawn == ["/adas-topic/1"]
        assert ada.ntfy.asked == 2
        ada.tell(FollowupDone(followup_id="reminder/r%2F1/own_reminder"), at=ada.now + MINUTE)
        assert ada.live(timedelta(days=3)) == []


@pytest.mark.parametrize("trouble", [403, 404, 405, 429, 500, "hangs up"])
def test_where_the_channel_does_not_the_reminder_stays_and_a_line_of_the_log_says_why(trouble: int | str) -> None:
    structlog.reset_defaults()
    with world() as ada:
        ada.live(HOUR)
        ada.ntfy.troubles = [trouble]
        with capture_logs() as lines:
            assert answered(ada) == [PushWithdrawing]
        [told] = [line for line in lines if line["event"] == "push not withdrawn"]
        reason = "the connection broke" if trouble == "hangs up" else str(trouble)
        assert (told["member"], told["channel"], reason in told["reason"]) == ("ada", "ntfy", True)
        assert "adas-topic" not in repr(told)
        assert ada.ntfy.asked == 2
        ada.tell(reminder(4 * HOUR, "r/2", "Call Cy"))
        assert [type(one) for one in ada.live(2 * HOUR)] == TAKEN, "and the channel is not given up for it"


def test_an_answer_in_quiet_hours_and_in_a_pause_takes_it_back_too() -> None:
    """That rings nowhere."""
    with world() as ada:
        ada.live(HOUR)
        ada.tell(MemberPreferencesSet.model_validate({"quiet_hours": {"from": "10:00", "to": "09:59"}}))
        assert answered(ada) == TAKEN_BACK


def test_several_are_taken_back_one_after_the_other() -> None:
    with world() as ada:
        ada.tell(reminder(HOUR, "r/2", "Call Cy"), reminder(HOUR, "r/3", "Call Di"))
        ada.live(HOUR + MINUTE)
        due = [one.data for one in ada.services.published if isinstance(one.data, PushSending)]
        assert len(due) == 3
        ada.ntfy.troubles = [500]
        first = len(ada.services.published)
        ada.tell(*(FollowupDone(followup_id=one.followup_id) for one in due), at=ada.now + MINUTE)
        ada.live(3 * MINUTE)
        begun = [one.time for one in ada.services.published[first:] if isinstance(one.data, PushWithdrawing)]
        assert begun == [ada.now - 3 * MINUTE, ada.now - 2 * MINUTE, ada.now - 2 * MINUTE]
        assert len(ada.ntfy.withdrawn) == 2


def test_it_has_ended_before_anything_else_may_begin() -> None:
    """However late it begins, and however long it lasts."""
    with world() as ada:
        ada.live(HOUR)
        answered(ada)
        [withdrawing] = [one for one in ada.services.published if isinstance(one.data, PushWithdrawing)]
        assert withdrawing.expires is not None
        assert withdrawing.expires + timedelta(seconds=ATTEMPT_SECONDS_MAX) < withdrawing.time + APART


@pytest.mark.parametrize("wish", ["another", "none"])
def test_nobody_is_asked_where_the_member_has_chosen_otherwise_since(wish: str) -> None:
    with world() as ada:
        ada.live(HOUR)
        ada.tell(
            MemberChannelRemoved() if wish == "none" else ada.channel(f"{ada.ntfy.url}/another"), at=ada.now + MINUTE
        )
        assert answered(ada) == []
        assert ada.ntfy.asked == 1


def test_an_address_that_is_named_while_it_is_taken_back_is_not_asked() -> None:
    with world() as ada:
        ada.live(HOUR)
        ada.ntfy.troubles = ["hangs up"]
        answered(ada)
        [withdrawing] = [one for one in ada.services.published if isinstance(one.data, PushWithdrawing)]
        ada.tell(ada.channel(f"{ada.ntfy.url}/another"), at=ada.now + MINUTE)
        assert ada._perform(ada.digest, withdrawing, withdrawing.time) is None
        assert ada.ntfy.asked == 2


@pytest.mark.parametrize(("late", "count"), [(timedelta(0), 1), (MINUTE, 0)])
def test_what_is_answered_days_later_stays(late: timedelta, count: int) -> None:
    with world() as ada:
        ada.live(HOUR)
        answered(ada, WITHDRAWN_WITHIN - MINUTE + late)
        assert len(ada.ntfy.withdrawn) == count


def test_what_a_channel_has_is_bounded_and_crowds_out_nothing_that_waits() -> None:
    data = FollowupDue(followup_id="r/0", rule="own_reminder", attempt=1, due_at=MONDAY, push=True, text="Call.")
    due = Event("d", "ada", MONDAY, MONDAY, data, expires=MONDAY + HOUR)

    def known(name: str, **more: Any) -> dict[str, Push]:
        about: list[Any] = ["own_reminder", "Call.", MONDAY, MONDAY + HOUR]
        return {f"{name}{n}": Push(f"{name}/{n}", *about, **more) for n in range(PUSHES_MAX)}

    after = pushes_after({**known("w"), **known("s", state="sent", at=MONDAY, message_id="1")}, data, due)
    assert list(after) == [*(f"w{n}" for n in range(1, PUSHES_MAX)), *(f"s{n}" for n in range(PUSHES_MAX)), "d"]


def test_what_was_asked_for_without_an_outcome_crowds_out_nothing_that_the_channel_has() -> None:
    data = FollowupDue(followup_id="r/0", rule="own_reminder", attempt=1, due_at=MONDAY, push=True, text="Call.")
    has: dict[str, Any] = {"message_id": "1", "text": "Call.", "rule": "own_reminder", "reminded_at": MONDAY,
                           "expires": MONDAY + HOUR}  # fmt: skip
    known = {"s": Push("r/s", state="sent", at=MONDAY, **has)} | {
        f"x{n}": Push(f"x/{n}", state="withdrawing", at=MONDAY, **has) for n in range(PUSHES_MAX)
    }
    due = Event("d", "ada", MONDAY + APART, MONDAY + APART, data, expires=MONDAY + HOUR)
    assert list(pushes_after(known, data, due)) == ["s", "d"]
    meanwhile = Event("d", "ada", MONDAY + APART / 2, MONDAY + APART / 2, data, expires=MONDAY + HOUR)
    assert list(pushes_after(known, data, meanwhile)) == [*(f"x{n}" for n in range(PUSHES_MAX)), "d"], (
        "its outcome may come"
    )


def test_a_channel_that_says_no_id_cannot_give_it_back() -> None:
    with world() as ada:
        ada.ntfy.says_id = False
        sent: EventData = ada.live(HOUR)[-1]
        assert isinstance(sent, PushSent)
        assert sent.message_id is None
        assert answered(ada) == []
        assert ada.ntfy.asked == 1
