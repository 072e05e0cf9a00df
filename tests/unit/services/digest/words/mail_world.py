"""Digests in words and in bytes, as the tests of mails look at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage

from services.digest.content.model import Appointment, DigestContent, Entry, Note, RetractionEntry
from services.digest.mail.message import message
from services.digest.words.render import render

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NOTE = Note(AT - 400 * DAY, "Collects clocks.")
EMPTY = DigestContent("Ada", "2026-W48", "UTC", AT)


def entry(rule: str = "thank", name: str = "Grace Hopper", due: datetime = AT, what: str = "") -> Entry:
    return Entry(f"{name}/{rule}", rule, "c1", name, due, what)


def lunch(name: str = "Lin Zhou", at: datetime = AT + 3 * DAY) -> Appointment:
    return Appointment("m", "c2", (name,), 1, "lunch", at, "UTC")


def parting(name: str, at: datetime) -> RetractionEntry:
    return RetractionEntry("i1", "c1", name, at)


def full() -> DigestContent:
    return DigestContent(
        name="Ada",
        period="2026-W48",
        zone="Europe/Paris",
        at=AT,
        due=(
            replace(entry(due=AT - DAY), note=NOTE),
            entry("own_reminder", "", AT, "Call the framer\nabout the print"),
        ),
        due_more=7,
        coming=(entry("no_answer_yet", "Alan Turing", AT + 3 * DAY),),
        coming_more=1,
        proposed=(parting("Mary", AT - 548 * DAY), parting("Edsger", AT - 100 * DAY)),
        proposed_more=145,
        proposed_at=AT,
        proposal_id="p1",
        noticed=(parting("Barbara", AT + 5 * DAY),),
    )


def parsed(mail_bytes: bytes) -> EmailMessage:
    return message_from_bytes(mail_bytes, policy=policy.default)


def sent(digest: DigestContent, to: Address | None = None, sender: Address | None = None) -> bytes:
    who = to or Address("Ada Lovelace", "ada", "example.org")
    sender = sender or Address("Rapport", "rapport", "example.net")
    return message(render(digest), who, sender, identity="<x@example.net>", at=AT)
