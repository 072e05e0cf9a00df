"""Two stories through the real services on Kafka, Valkey and SMTP: the scene `let-it-go`, and a small one of thanks.

They are lived through once, on a virtual clock, in one network; each test then asks one question of what is on the log
and of what the mail server received.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TypeVar

import pytest

from rapport.composition import DECIDERS, services
from rapport.demo.clock_driver import Stage, everything
from rapport.demo.scenes.let_it_go import IMPORTED_AT, INVITES, MONA, OLDEST_DAYS, SCENE, START
from shared.contracts import (
    DIGESTS,
    Contact,
    ContactConnected,
    DigestPrepared,
    DigestSent,
    Event,
    EventData,
    FollowupCompleted,
    FollowupDone,
    FollowupDue,
    FollowupRequested,
    FollowupRescheduled,
    FollowupScheduled,
    FollowupSnoozed,
    InviteIgnored,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionProposed,
    InviteSent,
    MemberJoined,
    ThanksSent,
)
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock

pytestmark = pytest.mark.deep

DAYS = 15
"""Two more Mondays."""
LEO = "leo"
PIA = Contact(id="pia-berg", name="Pia Berg")
UNKIND = (
    "ignored",
    "rejected",
    "refused",
    "failed",
    "overdue",
    "unfortunately",
    "nobody answered",
    "too late",
    "sorry",
)

E = TypeVar("E", bound=EventData)


@dataclass(frozen=True, slots=True)
class Lived:
    """What an outsider can know of the two stories."""

    script: Sequence[Event]
    events: Sequence[Event]
    mails: Sequence[EmailMessage]

    def of(self, member: str, kind: type[E]) -> list[tuple[Event, E]]:
        return [(event, event.data) for event in self.events if event.member == member and isinstance(event.data, kind)]

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in str(mail["To"])]


@pytest.fixture(scope="module")
def lived(own_system: System) -> Lived:
    script = SCENE.events()
    events = asyncio.run(_live(own_system, [*script, *_small_story()]))
    mails = [message_from_bytes(raw, policy=policy.default) for raw in own_system.mails.received]
    return Lived(script, events, [mail for mail in mails if isinstance(mail, EmailMessage)])


async def _live(system: System, script: Sequence[Event]) -> list[Event]:
    access, clock = KafkaAccess(system.kafka), VirtualClock(START)
    cast = services(DECIDERS, Environment(access, system.redis, clock, timedelta(0)), system.smtp)
    try:
        for service in cast:
            await service.start()
        in_order = sorted(script, key=lambda event: event.logged)
        await Stage(access, clock, cast).play(in_order, START + timedelta(days=DAYS))
        return await everything(access)
    finally:
        for service in cast:
            await service.stop()


def _event(member: str, days: float, data: EventData) -> Event:
    at = START + timedelta(days=days)
    return Event(id=f"{member}/{data.TYPE}/{days:g}", member=member, time=at, logged=at, data=data, source="/test")


def _joined(member: str) -> Event:
    return _event(member, 0, MemberJoined(name=member.title(), email=f"{member}@example.org", zone="Europe/Paris"))


def _small_story() -> list[Event]:
    """Leo meets Pia and thanks her at the second reminder; a reminder of his own he puts off once, then does it."""
    due = datetime(2026, 1, 8, 14, 0)  # noqa: DTZ001 - a wall time of the member's
    return [
        _joined(LEO),
        _event(LEO, 0.1, ContactConnected(contact=PIA)),
        _event(LEO, 0.2, FollowupRequested(followup_id="call-home", what="Call the old school", due=due)),
        _event(LEO, 3.25, FollowupSnoozed(followup_id="call-home", until=START + timedelta(days=5))),
        _event(LEO, 5.1, FollowupDone(followup_id="call-home")),
        _event(LEO, 8.0, ThanksSent(contact_id=PIA.id)),
    ]


def test_an_import_of_150_old_invites_is_proposed_at_once_and_as_one(lived: Lived) -> None:
    [(event, proposal)] = lived.of(MONA, InviteRetractionProposed)
    pending = {one.data.invite_id for one in lived.script if isinstance(one.data, InviteSent)}
    assert len(pending) == INVITES
    assert {one.invite_id for one in proposal.invites} == pending
    assert proposal.more is None
    assert proposal.oldest_days == OLDEST_DAYS
    assert IMPORTED_AT <= event.time <= IMPORTED_AT + timedelta(seconds=1)


def test_each_approved_invite_is_retracted_once_by_the_member(lived: Lived) -> None:
    [(_, proposal)] = lived.of(MONA, InviteRetractionProposed)
    retracted = lived.of(MONA, InviteRetracted)
    assert sorted(data.invite_id for _, data in retracted) == sorted(one.invite_id for one in proposal.invites)
    assert {data.by for _, data in retracted} == {"member"}
    [approved_at] = [one.time for one in lived.script if isinstance(one.data, InviteRetractionApproved)]
    assert all(approved_at <= event.time <= approved_at + timedelta(seconds=1) for event, _ in retracted)


def test_the_end_of_150_invites_makes_no_storm(lived: Lived) -> None:
    assert len(lived.of(MONA, InviteIgnored)) == INVITES
    assert lived.of(MONA, FollowupDue) == [], "what was told late starts no reminders"
    mails = lived.mails_to("mona@example.org")
    assert len(mails) == 1, "the digest that tells of the proposal, and no other mail in two weeks"


def test_the_mail_about_it_is_short_and_without_blame(lived: Lived) -> None:
    [mail] = lived.mails_to("mona@example.org")
    words = _text(mail).lower()
    assert "and 138 more" in words, "a mail without links shows twelve"
    assert [word for word in UNKIND if word in words] == []
    assert words.count("\n") < INVITES / 2, "150 invites are a few lines, not 150"


def test_a_thanks_is_scheduled_falls_due_and_ends_when_it_is_said(lived: Lived) -> None:
    [(scheduled, plan)] = [(event, one) for event, one in lived.of(LEO, FollowupScheduled) if one.rule == "thank"]
    due = [(event, one) for event, one in lived.of(LEO, FollowupDue) if one.followup_id == plan.followup_id]
    [(completed, end)] = [(f, one) for f, one in lived.of(LEO, FollowupCompleted) if one.rule == "thank"]
    assert plan.contact_id == PIA.id
    assert [one.attempt for _, one in due] == [1, 2]
    assert due[0][0].time == plan.due_at == datetime(2026, 1, 6, 8, 0, tzinfo=UTC), "nine in the morning in Paris"
    assert scheduled.time < due[0][0].time < due[1][0].time < completed.time
    assert end.because.type == ThanksSent.TYPE


def test_a_reminder_of_the_members_own_can_be_put_off_and_done(lived: Lived) -> None:
    own = [(event, one) for event, one in lived.of(LEO, FollowupDue) if one.rule == "own_reminder"]
    assert [event.time for event, _ in own] == [datetime(2026, 1, 8, 13, tzinfo=UTC), START + timedelta(days=5)]
    assert all(one.push and one.text == "Call the old school" for _, one in own)
    [(_, moved)] = [(f, one) for f, one in lived.of(LEO, FollowupRescheduled) if one.rule == "own_reminder"]
    assert moved.due_at == START + timedelta(days=5)
    [(_, end)] = [(f, one) for f, one in lived.of(LEO, FollowupCompleted) if one.rule == "own_reminder"]
    assert end.because.type == FollowupDone.TYPE


def test_the_weekly_digest_reaches_a_mail_server_as_text_and_html(lived: Lived) -> None:
    mails = lived.mails_to("leo@example.org")
    told = [event.data for event in lived.events if event.member == LEO and event.data.TOPIC == DIGESTS]
    assert len(mails) == 2, f"the first Monday has the thanks to tell of, the second what may follow; the log: {told}"
    mail, _ = mails
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "digest" in mail["List-Id"]
    assert PIA.name in _text(mail)
    html = mail.get_body(("html",))
    assert html is not None
    assert PIA.name in html.get_content()


def test_every_mail_on_the_log_is_one_that_was_received(lived: Lived) -> None:
    sent = [data.message_id for member in (MONA, LEO) for _, data in lived.of(member, DigestSent)]
    prepared = [data for member in (MONA, LEO) for _, data in lived.of(member, DigestPrepared)]
    assert sorted(sent) == sorted(str(mail["Message-ID"]) for mail in lived.mails)
    assert len(prepared) == len(sent)


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
