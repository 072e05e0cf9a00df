"""Two stories through the real services on Kafka, Valkey and SMTP: letting old invites go, and a small one of thanks.

They are lived through once, on a virtual clock, in one network; each test then asks one question of what is on the log
and of what the mail server received.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from shared.cli.composition import CORES, services
from shared.cli.stage import Stage, everything
from shared.contracts import (
    DIGESTS,
    Contact,
    ContactConnected,
    DigestPrepared,
    DigestSent,
    EventData,
    Fact,
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
from shared.importing import ZONE_SENT, read_archive
from shared.runtime.clock import VirtualClock
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.service import Surroundings

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
"""A Monday, after the hour of the weekly digest."""
DAYS = 15
"""Two more Mondays."""
INVITES = 150
OLDEST_DAYS, YOUNGEST_DAYS = 548, 91
MONA, LEO = "mona", "leo"
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

    imported: Sequence[Fact]
    imported_at: datetime
    facts: Sequence[Fact]
    mails: Sequence[EmailMessage]

    def of(self, member: str, kind: type[E]) -> list[tuple[Fact, E]]:
        return [(fact, fact.data) for fact in self.facts if fact.member == member and isinstance(fact.data, kind)]

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in str(mail["To"])]


@pytest.fixture(scope="module")
def lived(own_system: System, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    imported_at = START + timedelta(hours=1)
    archive = _archive(tmp_path_factory.mktemp("archive"), imported_at)
    imported = list(read_archive(archive, member=MONA, imported_at=imported_at).facts())
    facts = asyncio.run(_live(own_system, imported))
    mails = [message_from_bytes(raw, policy=policy.default) for raw in own_system.mails.received]
    return Lived(imported, imported_at, facts, [mail for mail in mails if isinstance(mail, EmailMessage)])


def _archive(folder: Path, at: datetime) -> Path:
    """Write a LinkedIn export with invites to people of whom none is a connection, evenly over the ages."""
    rows = io.StringIO()
    table = csv.writer(rows)
    table.writerow(["From", "To", "Sent At", "Message", "Direction", "inviterProfileUrl", "inviteeProfileUrl"])
    for number in range(INVITES):
        days = YOUNGEST_DAYS + number * (OLDEST_DAYS - YOUNGEST_DAYS) // (INVITES - 1)
        sent = (at - timedelta(days=days)).astimezone(ZoneInfo(ZONE_SENT))
        day = f"{sent.month}/{sent.day}/{sent:%y}, {sent.hour % 12 or 12}:{sent:%M %p}"
        them = f"https://www.linkedin.com/in/person-{number}"
        me = "https://www.linkedin.com/in/mona"
        table.writerow(["Mona Moss", f"Person {number}", day, "", "OUTGOING", me, them])
    (folder / "Invitations.csv").write_text(rows.getvalue(), encoding="utf-8")
    return folder


async def _live(system: System, imported: Sequence[Fact]) -> list[Fact]:
    access, clock = KafkaAccess(system.kafka), VirtualClock(START)
    cast = services(CORES, Surroundings(access, system.redis, clock, timedelta(0)), system.smtp)
    stage, next_day = Stage(access, clock, cast), START + timedelta(days=1)
    script = sorted([_joined(MONA), *imported, *_small_story()], key=_logged)
    try:
        for service in cast:
            await service.start()
        await stage.play([fact for fact in script if fact.logged <= next_day], next_day)
        approved = [_approval(fact.data) for fact in await everything(access) if _is_proposal(fact)]
        rest = sorted([*approved, *(fact for fact in script if fact.logged > next_day)], key=_logged)
        await stage.play(rest, START + timedelta(days=DAYS))
        return await everything(access)
    finally:
        for service in cast:
            await service.stop()


def _logged(fact: Fact) -> datetime:
    return fact.logged


def _fact(member: str, days: float, data: EventData) -> Fact:
    at = START + timedelta(days=days)
    return Fact(id=f"{member}/{data.TYPE}/{days:g}", member=member, time=at, logged=at, data=data, source="/test")


def _joined(member: str) -> Fact:
    return _fact(member, 0, MemberJoined(name=member.title(), email=f"{member}@example.org", zone="Europe/Paris"))


def _is_proposal(fact: Fact) -> bool:
    return isinstance(fact.data, InviteRetractionProposed)


def _approval(proposal: EventData) -> Fact:
    """The member agrees to the proposal as it stands, after a digest has told of it."""
    assert isinstance(proposal, InviteRetractionProposed)
    return _fact(MONA, 8, InviteRetractionApproved(invite_ids=tuple(one.invite_id for one in proposal.invites)))


def _small_story() -> list[Fact]:
    """Leo meets Pia and thanks her at the second reminder; a reminder of his own he puts off once, then does it."""
    due = datetime(2026, 1, 8, 14, 0)  # noqa: DTZ001 - a wall time of the member's
    return [
        _joined(LEO),
        _fact(LEO, 0.1, ContactConnected(contact=PIA)),
        _fact(LEO, 0.2, FollowupRequested(followup_id="call-home", what="Call the old school", due=due)),
        _fact(LEO, 3.25, FollowupSnoozed(followup_id="call-home", until=START + timedelta(days=5))),
        _fact(LEO, 5.1, FollowupDone(followup_id="call-home")),
        _fact(LEO, 8.0, ThanksSent(contact_id=PIA.id)),
    ]


def test_an_import_of_150_old_invites_is_proposed_at_once_and_as_one(lived: Lived) -> None:
    [(fact, proposal)] = lived.of(MONA, InviteRetractionProposed)
    pending = {one.data.invite_id for one in lived.imported if isinstance(one.data, InviteSent)}
    assert len(pending) == INVITES
    assert {one.invite_id for one in proposal.invites} == pending
    assert proposal.more is None
    assert proposal.oldest_days == OLDEST_DAYS
    assert lived.imported_at <= fact.time <= lived.imported_at + timedelta(seconds=1)


def test_each_approved_invite_is_retracted_once_by_the_member(lived: Lived) -> None:
    [(_, proposal)] = lived.of(MONA, InviteRetractionProposed)
    retracted = lived.of(MONA, InviteRetracted)
    assert sorted(data.invite_id for _, data in retracted) == sorted(one.invite_id for one in proposal.invites)
    assert {data.by for _, data in retracted} == {"member"}
    approved_at = START + timedelta(days=8)
    assert all(approved_at <= fact.time <= approved_at + timedelta(seconds=1) for fact, _ in retracted)


def test_the_end_of_150_invites_makes_no_storm(lived: Lived) -> None:
    assert len(lived.of(MONA, InviteIgnored)) == INVITES
    assert lived.of(MONA, FollowupDue) == [], "what was told late starts no reminders"
    mails = lived.mails_to("mona@example.org")
    assert len(mails) == 1, "the digest that tells of the proposal, and no other mail in two weeks"


def test_the_mail_about_it_is_short_and_without_blame(lived: Lived) -> None:
    [mail] = lived.mails_to("mona@example.org")
    words = _text(mail).lower()
    assert "and 145 more" in words
    assert [word for word in UNKIND if word in words] == []
    assert words.count("\n") < INVITES / 2, "150 invites are a few lines, not 150"


def test_a_thanks_is_scheduled_falls_due_and_ends_when_it_is_said(lived: Lived) -> None:
    [(scheduled, plan)] = [(fact, one) for fact, one in lived.of(LEO, FollowupScheduled) if one.rule == "thank"]
    due = [(fact, one) for fact, one in lived.of(LEO, FollowupDue) if one.followup_id == plan.followup_id]
    [(completed, end)] = [(f, one) for f, one in lived.of(LEO, FollowupCompleted) if one.rule == "thank"]
    assert plan.contact_id == PIA.id
    assert [one.attempt for _, one in due] == [1, 2]
    assert due[0][0].time == plan.due_at == datetime(2026, 1, 6, 8, 0, tzinfo=UTC), "nine in the morning in Paris"
    assert scheduled.time < due[0][0].time < due[1][0].time < completed.time
    assert end.because.type == ThanksSent.TYPE


def test_a_reminder_of_the_members_own_can_be_put_off_and_done(lived: Lived) -> None:
    own = [(fact, one) for fact, one in lived.of(LEO, FollowupDue) if one.rule == "own_reminder"]
    assert [fact.time for fact, _ in own] == [datetime(2026, 1, 8, 13, tzinfo=UTC), START + timedelta(days=5)]
    assert all(one.push and one.text == "Call the old school" for _, one in own)
    [(_, moved)] = [(f, one) for f, one in lived.of(LEO, FollowupRescheduled) if one.rule == "own_reminder"]
    assert moved.due_at == START + timedelta(days=5)
    [(_, end)] = [(f, one) for f, one in lived.of(LEO, FollowupCompleted) if one.rule == "own_reminder"]
    assert end.because.type == FollowupDone.TYPE


def test_the_weekly_digest_reaches_a_mail_server_as_text_and_html(lived: Lived) -> None:
    mails = lived.mails_to("leo@example.org")
    told = [fact.data for fact in lived.facts if fact.member == LEO and fact.data.TOPIC == DIGESTS]
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
