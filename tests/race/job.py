"""The job of the race: Kafka in, a durable timer, Kafka out; the same records for every runner.

An invite that is sent schedules a timer some days after its `time`, and one record says so. A declined invite cancels
its timer, and one record says so. A timer that is due says one record. Each output has a name, so that what is lost
and what is said twice are counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.contracts import Contact, Event, InviteDeclined, InviteSent, MemberPreferencesSet
from tests.bench.network import now

INVITES_EACH = 50
"""Invites that a member sends."""
SCHEDULED, CANCELLED, DUE = "scheduled", "cancelled", "due"
Output = tuple[str, str]
"""An invite and what is said of it."""
Read = Callable[[Any], Output | None]
"""From a record (of aiokafka) to the output that it is; None where it is none of the race."""


@dataclass(frozen=True, slots=True)
class Invites:
    """Some invites of the race, told apart from others by a word."""

    word: str
    count: int

    def name(self, kind: str, number: int) -> str:
        """Return an id as products use them: 36 characters, the same in each run."""
        return str(uuid5(NAMESPACE_URL, f"{self.word}/{kind}/{number}"))

    def member(self, number: int) -> str:
        """Return whose invite it is: neighbours in the log belong to different members."""
        return self.name("member", number % max(1, self.count // INVITES_EACH))

    def invite(self, number: int) -> str:
        return self.name("invite", number)

    def wishes(self) -> Iterator[Event]:
        """Yield members without quiet hours and without proposals: else what is due waits for the morning."""
        data = MemberPreferencesSet.model_validate(
            {"retraction": {"policy": "never"}, "quiet_hours": {"from": "00:00", "to": "00:00"}}
        )
        for number in range(max(1, self.count // INVITES_EACH)):
            yield self._event("wishes", number, now(), data)

    def sent(self, at: datetime) -> Iterator[Event]:
        for number in range(self.count):
            contact = Contact(
                id=self.name("contact", number), name="Avery Contact", headline="Head of Research, Berlin"
            )
            data = InviteSent(invite_id=self.invite(number), contact=contact, why="We met at the meetup in May")
            yield self._event("sent", number, at, data)

    def declined(self, first: int) -> Iterator[Event]:
        """Yield answers to the first so many."""
        for number in range(first):
            data = InviteDeclined(invite_id=self.invite(number), contact_id=self.name("contact", number))
            yield self._event("declined", number, now(), data)

    def outputs(self, kind: str, first: int | None = None) -> set[Output]:
        """Return what must be said of all of them, or of the first so many."""
        return {(self.invite(number), kind) for number in range(self.count if first is None else first)}

    def _event(self, kind: str, number: int, at: datetime, data: Any) -> Event:
        return Event(self.name(kind, number), self.member(number), at, now(), data, "/product")


def read_followup(record: Any) -> Output | None:
    """Read what *followups* says: `followup_id` reads kind:invite/rule/cycle."""
    kinds = {f"rapport.followup.{kind}": kind for kind in (SCHEDULED, CANCELLED, DUE)}
    kind = kinds.get(_type(record.headers))
    return (json.loads(record.value)["followup_id"].split("/")[1], kind) if kind else None


def read_ignored(record: Any) -> Output | None:
    """Read what *invites* says when nobody has answered."""
    if _type(record.headers) != "rapport.invite.ignored":
        return None
    return json.loads(record.value)["invite_id"], DUE


def read_named(record: Any) -> Output | None:
    """Read what the other runners say: the id is invite:kind."""
    invite, _, kind = dict(record.headers)["ce_id"].decode().partition(":")
    return invite, kind


def _type(headers: Iterable[tuple[str, bytes]]) -> str:
    return dict(headers)["ce_type"].decode()


def whole_second(at: datetime) -> datetime:
    """Return the next whole second: wall times, and so the timers of *followups*, know nothing finer."""
    return at.replace(microsecond=0) + timedelta(seconds=1)
