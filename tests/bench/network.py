"""What a networking product reports, as records: the mix of events that the benchmarks read.

Of 100 events 38 are invites and 30 are answers to them; the rest is what happens between people who are connected, some
of which *invites* or *followups* only looks at and passes over. Members have a few dozen events each and take turns at
random, so that a batch holds many members with one or two events each, as a real backlog does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from aiokafka import AIOKafkaProducer

from shared.contracts import (
    ACTIVITY,
    Contact,
    ContactConnected,
    Event,
    EventData,
    InviteAccepted,
    InviteDeclined,
    InviteReceived,
    InviteSent,
    InviteWithdrawn,
    MeetingHeld,
    MeetingScheduled,
    MemberJoined,
    MessageReceived,
    MessageSent,
    ThanksSent,
    partition_for,
)
from shared.contracts.cloudevents import codec
from shared.contracts.topics import topic_plan
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import to_ms

PARTITIONS = topic_plan().partitions
EVENTS_PER_MEMBER = 20
LASTS = timedelta(hours=6)
"""All of a backlog happened within so long before now, as after an outage: nothing of it is due yet."""
MEETS_AFTER = timedelta(days=7)
"""A meeting that has begun would be due at once."""
WORDS = "We met at the meetup in March and talked about running small teams"
BATCH_BYTES = 512 * 1024
FILL_RECORDS = 20_000


class Network:
    """Members who invite, answer and meet, from a seed."""

    def __init__(self, members: int, seed: int = 1, partition: int | None = None) -> None:
        self._chance = random.Random(seed)
        names = (f"member-{number:08}" for number in count())
        here = (name for name in names if partition is None or partition_for(name, PARTITIONS) == partition)
        self._members = list(islice(here, members))
        self._open: list[tuple[str, str, str]] = []
        """Invites that wait for an answer: member, invite, contact."""
        self._lunch = ""
        """When meetings start: wall time."""
        self._known: list[tuple[str, str]] = [(self._members[0], "contact-0")]

    def events(self, number_of: int, end: datetime) -> Iterator[Event]:
        """Yield so many events, in the order in which they happened, the last one at `end`."""
        self._lunch = f"{end + MEETS_AFTER:%Y-%m-%d}T12:30"
        for number in range(number_of):
            at = end - LASTS + LASTS * (number + 1) / number_of
            member, data = self._next(number)
            yield Event(id=f"evt-{number:016}", member=member, time=at, logged=at, data=data, source="/product")

    def _next(self, number: int) -> tuple[str, EventData]:
        draw = self._chance.randrange(100)
        someone = self._chance.choice(self._members)
        if draw < 38 or (draw < 68 and not self._open):
            return self._invite(someone, number)
        if draw < 68:
            return self._answer(draw)
        if draw < 75:
            contact = Contact(id=f"contact-{number}", name="Ada Lovelace", headline="Engineer at Analytical Engines")
            self._known.append((someone, contact.id))
            return someone, ContactConnected(contact=contact)
        member, contact_id = self._chance.choice(self._known)
        return member, self._between(draw, member, contact_id, number)

    def _invite(self, member: str, number: int) -> tuple[str, EventData]:
        invite_id, contact_id = f"inv-{number:012}", f"contact-{number}"
        self._open.append((member, invite_id, contact_id))
        return member, InviteSent(invite_id=invite_id, contact=Contact(id=contact_id, name="Ada Lovelace"), why=WORDS)

    def _answer(self, draw: int) -> tuple[str, EventData]:
        place = self._chance.randrange(len(self._open))
        self._open[place], self._open[-1] = self._open[-1], self._open[place]
        member, invite_id, contact_id = self._open.pop()
        if draw < 62:
            self._known.append((member, contact_id))
            return member, InviteAccepted(invite_id=invite_id, contact_id=contact_id)
        kind = InviteDeclined if draw < 66 else InviteWithdrawn
        return member, kind(invite_id=invite_id, contact_id=contact_id)

    def _between(self, draw: int, member: str, contact_id: str, number: int) -> EventData:
        if draw < 87:
            return (MessageSent if draw % 2 else MessageReceived)(contact_id=contact_id, what=WORDS)
        if draw < 90:
            return ThanksSent(contact_id=contact_id)
        meeting = {"meeting_id": f"meet-{number}", "contact_ids": (contact_id,)}
        plan = {"kind": "lunch", "starts": self._lunch, "zone": "Europe/Paris", "minutes": 60}
        if draw < 94:
            return MeetingScheduled.model_validate({**meeting, **plan})
        if draw < 96:
            return MeetingHeld.model_validate(meeting)
        if draw < 98:
            contact = Contact(id=f"contact-{number}", name="Grace Hopper")
            return InviteReceived(invite_id=f"got-{number}", contact=contact)
        return MemberJoined(name=f"Member {member}", zone="Europe/Paris")


async def fill(access: KafkaAccess, events: Iterator[Event]) -> int:
    """Append the events to the activity topic, each to its member's partition; return how many there were."""
    count = 0
    async with AIOKafkaProducer(**access.connection(), acks="all", max_batch_size=BATCH_BYTES) as producer:
        while chunk := list(islice(events, FILL_RECORDS)):
            await append(producer, ACTIVITY, chunk)
            count += len(chunk)
    return count


async def append(producer: AIOKafkaProducer, topic: str, events: Sequence[Event]) -> None:
    """Append events in as few requests as fit, and wait until all are acknowledged."""
    batches: dict[int, list[object]] = {}
    sent = []
    for event in events:
        key, value, headers = codec.encode(event)
        partition = partition_for(event.member, PARTITIONS)
        row = batches.setdefault(partition, [])
        at = to_ms(event.logged)
        if not row or row[-1].append(timestamp=at, key=key, value=value, headers=headers) is None:  # type: ignore[attr-defined]  # aiokafka is untyped
            row.append(producer.create_batch())
            row[-1].append(timestamp=at, key=key, value=value, headers=headers)  # type: ignore[attr-defined]  # as above
    for partition, row in batches.items():
        sent += [await producer.send_batch(batch, topic, partition=partition) for batch in row]
    for one in sent:
        await one


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)
