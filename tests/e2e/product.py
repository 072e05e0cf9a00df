"""A product that publishes for many members, as products do: late, twice, out of order, and now and then nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer

from shared.contracts import (
    ACTIVITY,
    Contact,
    ContactConnected,
    Event,
    EventData,
    FollowupDone,
    FollowupRequested,
    InviteAccepted,
    InviteRetractionApproved,
    InviteSent,
    MemberJoined,
    MemberPreferencesSet,
    ThanksSent,
    partition_for,
)
from shared.contracts.cloudevents import codec
from shared.contracts.topics import topic_plan
from shared.preference_statements import WEEKDAYS
from shared.runtime.kafka.connection import KafkaAccess
from tests.e2e.outside import Acknowledged

MEMBERS = 90
REQUEST_BYTES_MAX = 2_000_000
POISON = {
    "broken JSON": "data",
    "wrong content type": "content-type",
    "header that is not UTF-8": "source",
    "null value": "value",
    "900 kB value": "value",
}
"""Kind of record -> the field that its dead letter names."""
UNKNOWN = "unknown type"


@dataclass(slots=True)
class Product:
    """What was published, and what the broker has acknowledged."""

    access: KafkaAccess
    acknowledged: Acknowledged = field(default_factory=dict)
    poison: dict[tuple[int, int], str] = field(default_factory=dict)
    """(partition, offset) -> kind."""
    unknown: set[tuple[int, int]] = field(default_factory=set)

    async def publish(self, members: Sequence[int]) -> None:
        """Publish all events of these members, each when the one before it is acknowledged, and some nonsense."""
        kinds = [*POISON, UNKNOWN]
        async with self._producer() as producer:
            for number in members:
                for event in events_of(number, datetime.now(UTC)):
                    await self._send(producer, *codec.encode(event))
                if number % 5 == 0:
                    await self._send_nonsense(producer, number, kinds[number // 5 % len(kinds)])

    async def answer(self, members: Sequence[int]) -> None:
        """Publish these members' answers."""
        async with self._producer() as producer:
            for number in members:
                for event in answers_of(number, datetime.now(UTC)):
                    await self._send(producer, *codec.encode(event))

    def _producer(self) -> AIOKafkaProducer:
        settings = {"acks": "all", "enable_idempotence": True, "max_request_size": REQUEST_BYTES_MAX}
        return AIOKafkaProducer(**self.access.connection(), **settings)

    async def _send(
        self, producer: AIOKafkaProducer, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> tuple[int, int]:
        partition = partition_for(key.decode(), topic_plan().partitions)
        there = await producer.send_and_wait(ACTIVITY, value, key, partition=partition, headers=headers)
        self.acknowledged[ACTIVITY, partition, there.offset] = datetime.now(UTC)
        return partition, there.offset

    async def _send_nonsense(self, producer: AIOKafkaProducer, number: int, kind: str) -> None:
        """Publish a good event with one thing wrong, on the partition of a member whose events are good."""
        good = InviteSent(invite_id="never-read", contact=Contact(id="nobody", name="Nobody"))
        key, encoded, pairs = codec.encode(_event(f"member-{number}", "nonsense", datetime.now(UTC), good))
        value: bytes | None = encoded
        headers = dict(pairs)
        match kind:
            case "broken JSON":
                value = encoded[:-1]
            case "wrong content type":
                headers["content-type"] = b"text/plain"
            case "header that is not UTF-8":
                headers["ce_source"] = b"/\xe9t\xe9"
            case "null value":
                value = None
            case "900 kB value":
                value = json.dumps({**json.loads(encoded), "note": "x" * 900_000}).encode()
            case _:
                headers["ce_type"] = b"rapport.telepathy.received"
        at = await self._send(producer, key, value, list(headers.items()))
        if kind in POISON:
            self.poison[at] = kind
        else:
            self.unknown.add(at)


def events_of(number: int, now: datetime) -> Iterator[Event]:
    """Give one member's events: three invites of long ago, a new contact, a reminder; with answers that vary."""
    member = f"member-{number}"
    policy = "never" if number % 4 == 0 else "auto"
    weekday = WEEKDAYS[(now + timedelta(days=3)).weekday()]  # no mail leaves while the story runs
    wishes = {"retraction": {"policy": policy}, "digest": {"every": "weekly", "weekday": weekday}}
    yield _event(member, "joined", now, MemberJoined(name="Ada", email=f"{member}@example.org"))
    yield _event(member, "wishes", now, MemberPreferencesSet.model_validate(wishes))
    them = [Contact(id=f"{member}-c{index}", name=f"Contact {index}") for index in range(4)]
    if number % 2:  # the answer is there before its invite
        yield _event(
            member, "yes", now - timedelta(days=2), InviteAccepted(invite_id=f"{member}-i0", contact_id=them[0].id)
        )
    for index in range(3):
        sent = InviteSent(invite_id=f"{member}-i{index}", contact=them[index])
        yield _event(member, f"sent{index}", now - timedelta(days=100 + index), sent)
    if number % 4 == 0:
        yield _event(member, "let-go", now, InviteRetractionApproved(invite_ids=(f"{member}-i1",)))
    met = _event(member, "met", now - timedelta(days=3), ContactConnected(contact=them[3]))
    yield met
    due = (now - timedelta(days=1)).replace(tzinfo=None, microsecond=0)
    yield _event(member, "ask", now - timedelta(days=2), FollowupRequested(followup_id="own", what="Call", due=due))
    yield met


def answers_of(number: int, now: datetime) -> Iterator[Event]:
    """Give the member's answers to the two follow-ups that those events make."""
    member = f"member-{number}"
    yield _event(member, "thanks", now, ThanksSent(contact_id=f"{member}-c3"))
    yield _event(member, "done", now, FollowupDone(followup_id="own"))


def _event(member: str, mark: str, at: datetime, data: EventData) -> Event:
    return Event(id=f"{member}/{mark}", member=member, time=at, logged=at, data=data, source="/product")
