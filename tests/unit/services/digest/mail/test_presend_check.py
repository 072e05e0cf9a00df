"""Just before a mail is sent: to whom it goes and what it tells, or why it is not sent, and whether for good."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from services.digest import delivery_errors
from services.digest.mail.presend_check import Handover, handover, taken
from shared.contracts import DigestFailed, DigestSending, DigestSent, Event, NoteAdded
from shared.decider import NewEvent
from tests.unit.services.digest.digest_world import World, lost, utc


def announced() -> tuple[World, Event]:
    """A member whose first mail is announced, and the event that announces it."""
    world = World("2026-11-20 00:00", mailing=lost)
    world.join()
    world.meet("c1", "Grace Hopper")
    world.plan("c1/thank/1", "2026-11-20 00:00")
    event = world.until("2026-11-23 08:00")[-1]
    assert isinstance(event.data, DigestSending)
    return world, event


def failed(said: object) -> tuple[str, bool, str, int]:
    """Return why it is not sent, whether for good, of which period and which attempt."""
    assert isinstance(said, NewEvent)
    assert isinstance(said.data, DigestFailed)
    return said.data.reason, said.data.permanent, said.data.period, said.data.attempt


@pytest.mark.parametrize(("name", "to"), [("Ada", "Ada <ada@example.org>"), ("  ", "ada@example.org")])
def test_a_mail_goes_to_the_member_by_name_and_tells_what_was_due_when_it_was_prepared(name: str, to: str) -> None:
    world, event = announced()
    world.join(name=name)
    ready = handover(world.view(), event, world.now)
    assert isinstance(ready, Handover)
    assert (ready.sending, str(ready.to)) == (event.data, to)
    assert ([one.followup_id for one in ready.content.due], ready.content.at) == (
        ["c1/thank/1"],
        utc("2026-11-23 08:00"),
    )


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"digest": {"every": "off"}}, delivery_errors.SWITCHED_OFF),
        ({"paused_until": "2026-11-23T08:00:00.001Z"}, delivery_errors.PAUSED),
        ({"paused_until": "2026-11-23T08:00:00Z"}, None),
    ],
)
def test_the_last_word_of_the_member_ends_it_for_good(wish: dict[str, Any], reason: str | None) -> None:
    world, event = announced()
    world.prefer(**wish)
    said = handover(world.view(), event, world.now)
    if reason is None:
        assert isinstance(said, Handover)
    else:
        assert failed(said) == (reason, True, "2026-W48", 1)


def test_what_has_ended_meanwhile_is_not_mailed_and_there_is_no_further_attempt() -> None:
    world, event = announced()
    world.complete("c1/thank/1")
    assert failed(handover(world.view(), event, world.now)) == (delivery_errors.NOTHING_LEFT, True, "2026-W48", 1)


def test_an_address_that_no_mail_can_go_to_is_none() -> None:
    world, event = announced()
    world.join(email="ada@10.0.0.1")
    reason, permanent, period, attempt = failed(handover(world.view(), event, world.now))
    assert reason == f"{delivery_errors.BOUNCED}: the address has no domain that a mail can go to"
    assert (permanent, period, attempt) == (True, "2026-W48", 1)


def test_one_that_comes_too_late_to_begin_may_be_tried_again() -> None:
    world, event = announced()
    assert event.expires is not None
    assert failed(handover(world.view(), event, event.expires)) == (delivery_errors.LATE, False, "2026-W48", 1)
    assert isinstance(handover(world.view(), replace(event, expires=None), event.expires), Handover)


def test_only_the_mail_under_way_is_sent() -> None:
    world, event = announced()
    assert isinstance(event.data, DigestSending)
    others: list[Any] = [
        event.data.model_copy(update={"attempt": 2}),
        event.data.model_copy(update={"period": "2026-W47"}),
        NoteAdded(contact_id="c1", what="Collects clocks."),
    ]
    assert [handover(world.view(), replace(event, data=one), world.now) for one in others] == [None] * 3
    assert handover(World("2026-11-23 08:00").view(), event, world.now) is None, "nothing is known of the member"
    world.report(event, NewEvent(DigestSent(digest_id="digest/2026-W48", period="2026-W48", attempt=1, message_id="m")))
    assert handover(world.view(), event, world.now) is None, "its fate is settled"


def test_a_mail_server_that_takes_everything_takes_it_and_what_is_not_sent_stays_as_it_is() -> None:
    world, event = announced()
    said = taken(world.view(), event, world.now, "example.net")
    assert said is not None
    assert isinstance(said.data, DigestSent)
    assert (said.data.attempt, said.data.shown, said.data.message_id.endswith("@example.net>")) == (1, ("thank",), True)
    world.complete("c1/thank/1")
    assert failed(taken(world.view(), event, world.now, "example.net"))[0] == delivery_errors.NOTHING_LEFT
