"""The digest as a mail under way: announced, sent, failed, of unknown fate; one sending for each attempt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.digest import delivery_errors
from services.digest.decider import DECIDER
from services.digest.mail.presend_check import Handover, handover
from shared.contracts import (
    DigestFailed,
    DigestSending,
    DigestSent,
    Event,
)
from shared.decider import NewEvent
from tests.unit.services.digest.digest_world import DAY, World, accepted, lost, of, refused, types, utc


def world_with_something_due(start: str = "2026-11-20 00:00", **fields: object) -> World:
    world = World(start)
    world.join(**fields)
    world.meet("c1", "Grace Hopper")
    world.plan("c1/thank/1", start)
    return world


def test_sending_is_said_before_the_mail_and_gives_it_time_to_begin() -> None:
    world = world_with_something_due()
    said = world.until("2026-11-24 00:00")
    assert said[1].expires == said[1].time + timedelta(minutes=6)
    assert said[0].expires == said[0].time + DAY


def test_at_the_very_instant_at_which_it_expires_a_mail_begins_no_more() -> None:
    """The digest may call it of unknown fate from then on. Seen to fail with `>` in the place of `>=`."""
    instant = world_with_something_due().until("2026-11-24 00:00")[1].time
    world = world_with_something_due()
    world.mailing = lost
    sending = world.until(instant)[1]
    assert sending.expires is not None
    assert isinstance(handover(world.view(), sending, sending.expires - timedelta(milliseconds=1)), Handover)
    late = handover(world.view(), sending, sending.expires)
    assert isinstance(late, NewEvent)
    assert isinstance(late.data, DigestFailed)
    assert late.data.reason == delivery_errors.LATE


def test_a_mail_of_which_nobody_learns_the_fate_is_unknown_after_ten_minutes_and_not_sent_again() -> None:
    world = world_with_something_due()
    world.mailing = lost
    said = world.until("2026-11-29 00:00")
    assert types(said) == ["prepared", "sending", "unknown"]
    assert said[2].time - said[1].time == timedelta(minutes=10)


def test_an_outcome_that_comes_after_unknown_is_not_said() -> None:
    world = world_with_something_due()
    world.mailing = lost
    sending = world.until("2026-11-29 00:00")[1]
    assert isinstance(sending.data, DigestSending)
    outcome = accepted(sending.data)
    assert DECIDER.report is not None
    assert DECIDER.report(world.view(), sending, NewEvent(outcome)) == ()


def test_an_unreachable_server_is_tried_ten_times_with_growing_pauses_and_the_address_stays_in_use() -> None:
    world = world_with_something_due()
    world.mailing = refused(f"{delivery_errors.UNREACHABLE}: ConnectionRefusedError")
    said = world.until("2026-11-29 00:00")
    attempts = [event for event in said if isinstance(event.data, DigestSending)]
    minutes = [(event.time - attempts[0].time) / timedelta(minutes=1) for event in attempts]
    assert minutes == [0, 1, 6, 36, 156, 396, 636, 876, 1116, 1356]
    assert of(said, DigestFailed)[-1].permanent
    assert not any(one.switched_off for one in of(said, DigestFailed)), "an outage says nothing about an address"
    assert of(said, DigestFailed)[-1].reason == delivery_errors.GAVE_UP
    assert world.wake_at() == utc("2026-11-30 08:00")


def test_a_mail_that_leaves_at_the_third_attempt_is_sent_once() -> None:
    world = world_with_something_due()
    world.mailing = lambda sending: (accepted if sending.attempt == 3 else refused(delivery_errors.UNREACHABLE))(
        sending
    )
    said = world.until("2026-11-29 00:00")
    assert types(said) == ["prepared", "sending", "failed", "sending", "failed", "sending", "sent"]
    assert of(said, DigestSent)[0].attempt == 3


def test_a_hard_bounce_switches_mails_off_says_so_and_lasts_until_the_member_sets_address_or_digest_again() -> None:
    world = world_with_something_due()
    world.mailing = refused(f"{delivery_errors.BOUNCED}: 550", permanent=True)
    assert [one.switched_off for one in of(world.until("2026-11-25 00:00"), DigestFailed)] == [True]
    assert world.wake_at() is None
    world.join(email="ada@new.example.org")
    assert world.wake_at() == utc("2026-11-30 08:00")


def test_ten_refusals_in_a_row_switch_mails_off_and_the_tenth_says_so() -> None:
    world = world_with_something_due()
    world.mailing = refused(f"{delivery_errors.FULL}: 452")
    said = of(world.until("2026-12-29 00:00"), DigestFailed)
    assert [(one.attempt, one.permanent, one.switched_off) for one in said] == [
        *((attempt, False, False) for attempt in range(1, 10)),
        (10, True, True),
    ]
    assert world.wake_at() is None


def test_refusals_count_over_the_weeks_and_a_mail_that_is_taken_ends_the_count() -> None:
    world = world_with_something_due()
    world.mailing = refused(f"{delivery_errors.REJECTED}: 554", permanent=True)
    said = of(world.until("2027-01-19 00:00"), DigestFailed)
    assert [one.switched_off for one in said] == [False] * 9
    world.mailing = accepted
    world.until("2027-01-26 00:00")
    world.mailing = refused(f"{delivery_errors.REJECTED}: 554", permanent=True)
    said = of(world.until("2027-06-01 00:00"), DigestFailed)
    assert [one.switched_off for one in said] == [*([False] * 9), True]


def test_a_mail_of_unknown_fate_is_neither_a_refusal_nor_the_end_of_a_row_of_them() -> None:
    world = world_with_something_due()
    world.mailing = refused(f"{delivery_errors.REJECTED}: 554", permanent=True)
    world.until("2027-01-19 00:00")
    world.mailing = lost
    world.until("2027-01-26 00:00")
    world.mailing = refused(f"{delivery_errors.REJECTED}: 554", permanent=True)
    assert [one.switched_off for one in of(world.until("2027-02-02 00:00"), DigestFailed)] == [True]


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"digest": {"every": "off"}}, delivery_errors.SWITCHED_OFF),
        ({"paused_until": "2026-12-24T00:00:00Z"}, delivery_errors.PAUSED),
    ],
)
def test_the_member_s_last_word_holds_for_a_mail_that_waits(wish: dict[str, object], reason: str) -> None:
    world = world_with_something_due()
    world.mailing = refused(delivery_errors.UNREACHABLE)
    world.until("2026-11-23 08:07")
    world.prefer(**wish)
    said = world.until("2026-11-24 09:00")
    assert [one.reason for one in of(said, DigestFailed)] == [reason]


def test_a_mail_that_has_nothing_left_to_tell_is_not_tried_again() -> None:
    world = world_with_something_due()
    world.mailing = refused(delivery_errors.UNREACHABLE)
    world.until("2026-11-23 08:07")
    world.complete("c1/thank/1")
    assert [one.reason for one in of(world.until("2026-11-24 09:00"), DigestFailed)] == [delivery_errors.NOTHING_LEFT]


def test_a_mail_that_waits_gives_way_to_the_next_digest() -> None:
    world = world_with_something_due()
    world.prefer(digest={"every": "daily", "time": "20:00"})
    world.mailing = refused(delivery_errors.UNREACHABLE)
    world.until("2026-11-20 22:00")
    world.prefer(digest={"time": "08:00"})
    said = world.until("2026-11-21 08:00")
    assert types(said)[-4:] == ["failed", "prepared", "sending", "failed"]
    assert of(said, DigestFailed)[-2].reason == delivery_errors.OVERTAKEN


def test_an_outage_longer_than_a_day_ends_a_waiting_mail_as_expired() -> None:
    world = world_with_something_due()
    world.mailing = refused(delivery_errors.UNREACHABLE)
    world.until("2026-11-23 08:07")
    world.now = utc("2026-11-26 00:00")
    said: list[Event] = world.wake()
    assert [one.reason for one in of(said, DigestFailed)] == [delivery_errors.EXPIRED]
