"""Reminders that go to the channel that a member chose: what arrives, what does not, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.digest.apply.pushes import pushed, pushes_after
from services.digest.model.push import PUSHES_MAX, Push
from services.digest.model.state import OPEN
from services.digest.push import evaluate as push
from shared.contracts import (
    Contact,
    DigestPrepared,
    Event,
    FollowupDone,
    FollowupDue,
    InviteAccepted,
    MemberChannelRemoved,
    MemberPreferencesSet,
    PushFailed,
    PushSending,
    PushSent,
    PushUnknown,
)
from shared.decider import Evaluation, NewEvent, View
from shared.delivery.channels import reasons
from shared.links import LinkKeys
from tests.unit.services.digest.push.push_world import MONDAY, reminder, world

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def kinds(said: list[Any]) -> list[type]:
    return [type(one) for one in said]


def test_a_reminder_arrives_once_and_at_its_hour() -> None:
    with world() as ada:
        assert ada.live(HOUR - MINUTE) == []
        sending, sent = ada.live(MINUTE)
        assert ada.ntfy.messages == [{"topic": "adas-topic", "message": "Send Ben the slides"}]
        assert isinstance(sending, PushSending)
        assert isinstance(sent, PushSent)
        assert sent.model_dump() == {**sending.model_dump(), "message_id": "1"}
        assert ada.live(timedelta(days=2)) == []
        assert ada.ntfy.asked == 1


def test_the_next_digest_shows_it_all_the_same() -> None:
    with world() as ada:
        ada.live(timedelta(days=8))
        [due] = [one.data for one in ada.services.published if isinstance(one.data, PushSending)]
        first = next(one.data for one in ada.services.published if isinstance(one.data, DigestPrepared))
        assert due.followup_id in [item.followup_id for item in first.items if item.kind == "due"]


def test_it_comes_in_the_members_language() -> None:
    with world() as ada:
        ada.tell(MemberPreferencesSet(locale="de"), FollowupDone(followup_id="r/1"))
        ada.tell(InviteAccepted(invite_id="i-1", contact_id="zoe", contact=Contact(id="zoe", name="Zoë")))
        ada.live(timedelta(days=1))
        assert ada.ntfy.messages[-1]["message"] == "Sag Zoë danke: Was hat euch zueinander geführt?"


def test_what_was_answered_before_is_not_sent() -> None:
    with world() as ada:
        ada.ntfy.troubles = [503]
        ada.live(HOUR)
        due = [one.data for one in ada.services.published if isinstance(one.data, PushSending)]
        ada.tell(FollowupDone(followup_id=due[0].followup_id), at=ada.now + timedelta(seconds=30))
        assert ada.live(HOUR) == []
        assert ada.ntfy.messages == []


@pytest.mark.parametrize("trouble", [429, 503])
def test_what_was_refused_for_now_is_tried_again(trouble: int) -> None:
    with world() as ada:
        ada.ntfy.troubles = [trouble, trouble]
        said = ada.live(HOUR + timedelta(minutes=6))
        assert kinds(said) == [PushSending, PushFailed, PushSending, PushFailed, PushSending, PushSent]
        assert len(ada.ntfy.messages) == 1


def test_four_attempts_are_made_at_most() -> None:
    with world() as ada:
        ada.ntfy.troubles = [503] * 9
        said = ada.live(timedelta(hours=9))
        assert kinds(said) == [PushSending, PushFailed] * 4
        assert [one.permanent for one in said if isinstance(one, PushFailed)] == [False, False, False, True]
        assert ada.ntfy.asked == 4


@pytest.mark.parametrize("trouble", ["hangs up", 500, 502])
def test_what_may_have_arrived_is_not_sent_again(trouble: int | str) -> None:
    with world() as ada:
        ada.ntfy.troubles = [trouble]
        said = ada.live(HOUR)
        assert kinds(said) == [PushSending]
        said = ada.live(timedelta(days=1))
        assert kinds(said) == [PushUnknown]
        assert ada.ntfy.asked == 1


@pytest.mark.parametrize("trouble", [401, 403, 404, 410])
def test_an_address_that_takes_nothing_is_given_up_until_the_member_names_one_again(trouble: int) -> None:
    with world() as ada:
        ada.ntfy.troubles = [trouble]
        _, failed = ada.live(HOUR)
        assert isinstance(failed, PushFailed)
        assert (failed.permanent, failed.switched_off, failed.reason) == (True, True, f"refused: answers {trouble}")
        ada.tell(reminder(3 * HOUR, "r/2"))
        assert ada.live(4 * HOUR) == []
        ada.tell(ada.channel(f"{ada.ntfy.url}/another"), reminder(7 * HOUR, "r/3"))
        assert kinds(ada.live(4 * HOUR)) == [PushSending, PushSent]
        assert ada.ntfy.messages[-1]["topic"] == "another"


def test_an_address_that_was_named_while_the_one_before_was_asked_is_not_given_up() -> None:
    with world() as ada:
        ada.ntfy.troubles = ["hangs up"]
        ada.live(HOUR)
        [sending] = [one for one in ada.services.published if isinstance(one.data, PushSending)]
        assert isinstance(sending.data, PushSending)
        ada.tell(ada.channel(f"{ada.ntfy.url}/another"), at=ada.now + timedelta(seconds=5))
        refused = PushFailed(**sending.data.model_dump(), reason="refused: answers 403", permanent=True)
        [said] = push.report(ada.digest, sending, NewEvent(refused, because=sending.id))
        assert isinstance(said.data, PushFailed)
        assert (said.data.permanent, said.data.switched_off) == (True, False)


def test_an_attempt_under_way_is_not_crowded_out() -> None:
    data = FollowupDue(followup_id="r/0", rule="own_reminder", attempt=1, due_at=MONDAY, push=True, text="Call.")
    due = Event("d", "ada", MONDAY, MONDAY, data, expires=MONDAY + HOUR)
    known = {f"d{n}": Push(f"r/{n + 1}", "own_reminder", "Call.", MONDAY, MONDAY + HOUR) for n in range(PUSHES_MAX)}
    under_way = {
        "s": Push("r/s", "own_reminder", "Call.", MONDAY, MONDAY + HOUR, state="sending", attempt=1, at=MONDAY)
    }
    after = pushes_after({**under_way, **known}, data, due)
    assert list(after) == ["s", *(f"d{n}" for n in range(1, PUSHES_MAX)), "d"]


def test_a_message_that_is_refused_gives_up_itself_alone() -> None:
    with world() as ada:
        ada.ntfy.troubles = [413]
        _, failed = ada.live(HOUR)
        assert isinstance(failed, PushFailed)
        assert (failed.permanent, failed.switched_off) == (True, False)


def test_a_token_lets_in() -> None:
    with world() as ada:
        ada.ntfy.token = "tk_of_ada"
        ada.tell(ada.channel(ada.ntfy.url.replace("//", "//tk_of_ada@") + "/hers"))
        assert kinds(ada.live(HOUR)) == [PushSending, PushSent]


@pytest.mark.parametrize(
    "wish",
    [
        MemberPreferencesSet(paused_until=datetime(2026, 3, 9, tzinfo=UTC)),
        MemberPreferencesSet.model_validate({"quiet_hours": {"from": "09:30", "to": "23:30"}}),
        MemberChannelRemoved(),
    ],
)
def test_quiet_hours_pauses_and_no_channel_hold(wish: Any) -> None:
    with world() as ada:
        ada.tell(wish)
        assert ada.live(timedelta(hours=4)) == []
        assert ada.ntfy.asked == 0


def test_an_attempt_that_falls_into_quiet_hours_waits_for_their_end() -> None:
    with world() as ada:
        ada.tell(MemberPreferencesSet.model_validate({"quiet_hours": {"from": "10:03", "to": "23:30"}}))
        ada.ntfy.troubles = [503, 503]
        assert kinds(ada.live(timedelta(hours=14, minutes=29))) == [PushSending, PushFailed] * 2
        assert ada.ntfy.messages == []
        assert kinds(ada.live(MINUTE)) == [PushSending, PushSent]
        assert len(ada.ntfy.messages) == 1


def test_a_timer_that_is_late_and_in_quiet_hours_waits_for_their_end() -> None:
    with world() as ada:
        ada.ntfy.troubles = [503]
        ada.live(HOUR)
        ada.tell(MemberPreferencesSet.model_validate({"quiet_hours": {"from": "10:30", "to": "12:00"}}))
        [said] = push.evaluate(ada.digest, MONDAY + 2 * HOUR).publish
        assert isinstance(said.data, PushFailed)
        assert (said.data.attempt, said.data.reason, said.data.permanent) == (2, reasons.QUIET, False)
        known = ada.digest.item(OPEN)
        after = pushed(known, said.data, MONDAY + 2 * HOUR)
        view: Any = View("ada", ada.digest.profile, {OPEN: after})
        assert push.evaluate(view, MONDAY + 2 * HOUR) == Evaluation(timer=MONDAY + 3 * HOUR)


def test_one_that_is_worth_nothing_after_the_quiet_hours_is_left_to_the_digest_and_that_is_said() -> None:
    """They end after its life. Say nothing of it, as it was once, and nobody counts it."""
    with world() as ada:
        ada.ntfy.troubles = [503, 503]
        ada.live(HOUR + 2 * MINUTE)
        ada.tell(MemberPreferencesSet.model_validate({"quiet_hours": {"from": "10:03", "to": "10:02"}}))
        [left] = ada.live(timedelta(days=2))
        assert isinstance(left, PushFailed)
        assert (left.attempt, left.reason, left.permanent) == (3, reasons.QUIET, True)
        assert ada.ntfy.messages == []


def test_an_attempt_that_is_late_for_quiet_hours_is_made_when_they_end() -> None:
    """It was announced before they began, and somebody is late to make it."""
    with world() as ada:
        ada.ntfy.troubles = ["hangs up"]
        ada.live(HOUR)
        [sending] = [one for one in ada.services.published if isinstance(one.data, PushSending)]
        ada.tell(MemberPreferencesSet.model_validate({"quiet_hours": {"from": "09:30", "to": "23:30"}}))
        outcome = ada._perform(ada.digest, sending, ada.now)
        assert outcome is not None
        assert isinstance(outcome.data, PushFailed)
        assert (outcome.data.reason, outcome.data.permanent) == (reasons.QUIET, False)
        assert ada.ntfy.asked == 1


def test_a_pause_that_begins_between_two_attempts_holds() -> None:
    with world() as ada:
        ada.ntfy.troubles = [503, 503]
        assert kinds(ada.live(HOUR)) == [PushSending, PushFailed]
        ada.tell(MemberPreferencesSet(paused_until=datetime(2026, 3, 9, tzinfo=UTC)))
        ada.live(HOUR)
        assert ada.ntfy.asked == 1


def test_what_is_answered_after_it_was_announced_is_not_sent_any_more() -> None:
    """Its outcome is unknown, so it stands as under way when the member answers, and somebody is late to send it."""
    with world() as ada:
        ada.ntfy.troubles = ["hangs up"]
        ada.live(HOUR)
        [sending] = [one for one in ada.services.published if isinstance(one.data, PushSending)]
        assert isinstance(sending.data, PushSending)
        ada.tell(FollowupDone(followup_id=sending.data.followup_id), at=ada.now + timedelta(seconds=5))
        outcome = ada._perform(ada.digest, sending, ada.now)
        assert outcome is not None
        assert isinstance(outcome.data, PushFailed)
        assert (outcome.data.reason.partition(":")[0], outcome.data.permanent) == ("ended", True)
        assert ada.ntfy.asked == 1


def test_what_was_said_before_there_was_a_channel_does_not_come() -> None:
    """Not when it is looked at again, either, as for another reminder."""
    with world() as ada:
        ada.tell(MemberChannelRemoved())
        ada.live(HOUR)
        ada.tell(ada.channel(f"{ada.ntfy.url}/late"), at=ada.now + MINUTE)
        assert ada.live(HOUR) == []
        ada.tell(reminder(3 * HOUR, "r/2", "Call Cy"))
        assert kinds(ada.live(2 * HOUR)) == [PushSending, PushSent]
        assert [one["message"] for one in ada.ntfy.messages] == ["Call Cy"]


def test_an_address_in_a_private_network_is_not_asked() -> None:
    with world(private=False) as ada:
        ada.tell(ada.channel(ada.ntfy.url.replace("http:", "https:") + "/hers"))
        _, failed, *_ = ada.live(HOUR)
        assert isinstance(failed, PushFailed)
        assert failed.reason == "leads to an address that is not public"
        assert ada.ntfy.asked == 0


@pytest.mark.parametrize("keys", [None, LinkKeys(["another-horse-battery-staple-0123"])])
def test_an_address_that_cannot_be_opened_fails_and_stays(keys: LinkKeys | None) -> None:
    with world(keys=keys) as ada:
        _, failed = ada.live(HOUR)
        assert isinstance(failed, PushFailed)
        assert (failed.reason, failed.permanent, failed.switched_off) == (reasons.NOT_OPENED, True, False)


def test_an_address_that_was_sealed_for_another_is_not_opened() -> None:
    with world() as ada:
        ada.tell(ada.channel(f"{ada.ntfy.url}/hers", member="eve"))
        _, failed = ada.live(HOUR)
        assert isinstance(failed, PushFailed)
        assert failed.reason == reasons.NOT_OPENED
        assert ada.ntfy.asked == 0


def test_no_event_nor_what_is_known_names_the_address() -> None:
    with world("a-topic-of-hers") as ada:
        ada.live(HOUR)
        [known] = [part.state.items for part in ada.services.parts if part.decider.name == "digest"]
        told = repr([ada.services.published, known, [part.state.view.profile for part in ada.services.parts]])
        assert "a-topic" not in told
        assert str(ada.ntfy.url).rpartition(":")[2] not in told
