"""What people and what they do cost: bytes on Kafka's disk by event, bytes in the store's memory by invite and contact.

Run `python tests/bench/bench_size.py`. It starts a Kafka and a Valkey of its own and the real services, one after the other,
on the events of MEMBERS members with INVITES pending invites and CONTACTS contacts each. Disk is the size of a topic's
segments (no compression, one copy, no index files); memory is what the server's `used_memory` has grown by.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from rapport.composition import DECIDERS
from shared.contracts import (
    ACTIVITY,
    Contact,
    ContactConnected,
    Event,
    EventData,
    InviteSent,
    MemberJoined,
    partition_for,
)
from shared.contracts.cloudevents import codec
from shared.contracts.topics import topic_plan
from shared.embedded import System, start
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics
from shared.runtime.ports.clock import SystemClock
from shared.runtime.service import Service

MEMBERS, INVITES, CONTACTS = 200, 50, 50
ALONE = 2_000
"""Events that are published each by itself, as a product does that reports them one by one."""
SETTLE_SECONDS_MAX = 300.0
LOOK_SECONDS = 0.2
say = sys.stdout.write


def backlog(now: datetime, numbers: Iterable[int] = range(MEMBERS)) -> Sequence[Event]:
    """Return what the product tells of the members of these numbers, with words of a usual length."""
    told = []
    for number in numbers:
        member = member_of(number)
        joined = MemberJoined(name="Ada Lovelace", email=f"{member}@example.org", zone="Europe/London")
        told.append(_event(member, "joined", now - timedelta(days=100), joined))
        for other in range(INVITES):
            contact = Contact(id=f"{number:06}-{other:09}", name="Charles Babbage")
            sent = InviteSent(invite_id=f"i{number:06}-{other:08}", contact=contact, why="We met at the meetup in May.")
            told.append(_event(member, f"sent-{other}", now - timedelta(days=2), sent))
        for other in range(CONTACTS):
            met = ContactConnected(contact=Contact(id=f"{number:06}-c{other:08}", name="Grace Hopper"))
            told.append(_event(member, f"met-{other}", now - timedelta(days=60), met))
    return told


def member_of(number: int) -> str:
    """Return the id of a member."""
    return f"member-{number:010}"


def _event(member: str, mark: str, at: datetime, data: EventData) -> Event:
    return Event(id=f"{member}-{mark}", member=member, time=at, logged=at, data=data, source="/shop/network")


async def publish(producer: AIOKafkaProducer, events: Sequence[Event], *, alone: bool) -> None:
    """Publish the events, each acknowledged before the next, or as many together as fit."""
    sent = []
    for event in events:
        key, value, headers = codec.encode(event)
        partition = partition_for(event.member, topic_plan().partitions)
        sent.append(await producer.send(ACTIVITY, value, key, partition=partition, headers=headers))
        if alone:
            await sent[-1]
    await asyncio.gather(*sent)


def on_disk(system: System, topic: str) -> int:
    """Return the bytes of a topic's segments."""
    folders = (system.folder / "kafka" / "log").glob(f"{topic}-*")
    return sum(segment.stat().st_size for folder in folders for segment in folder.glob("*.log"))


async def settle(system: System, name: str) -> int:
    """Run a service until nothing is left to do; return how many events it has said."""
    where = Environment(KafkaAccess(system.kafka), system.redis, SystemClock(), timedelta(milliseconds=2))
    service = Service(DECIDERS[name], where)
    await service.start()
    try:
        async with asyncio.timeout(SETTLE_SECONDS_MAX):
            while True:
                if await service.settled():
                    return service.counts()["published"]
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        await service.stop()


async def measure(system: System) -> dict[str, str]:
    """Return the figures, by name."""
    await ensure_topics(KafkaAccess(system.kafka), topic_plan().on_virtual_clock())
    told = backlog(datetime.now(UTC))
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, acks="all", linger_ms=20) as producer:
        await publish(producer, told[ALONE:], alone=False)
    together = on_disk(system, ACTIVITY)
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, acks="all") as producer:
        await publish(producer, told[:ALONE], alone=True)
    alone = on_disk(system, ACTIVITY) - together
    figures = {
        f"an event on {ACTIVITY}, published together / one by one: bytes": (
            f"{together / (len(told) - ALONE):.0f} / {alone / ALONE:.0f}"
        )
    }
    member = f"a member with {INVITES} pending invites and {CONTACTS} contacts"
    async with Redis.from_url(system.redis) as store:
        for name, decider in DECIDERS.items():
            before = int((await store.info("memory"))["used_memory"])
            events = await settle(system, name)
            grown = int((await store.info("memory"))["used_memory"]) - before
            figures[f"{name}: {member} in the store: bytes"] = f"{grown / MEMBERS:,.0f}"
            if events:
                figures[f"{name}: an event on {decider.own}: bytes"] = f"{on_disk(system, decider.own) / events:.0f}"
    return figures


def figures() -> dict[str, str]:
    """Measure on a system of its own, and return the figures by name."""
    with tempfile.TemporaryDirectory() as name, start(Path(name), open_listener=True) as system:
        return asyncio.run(measure(system))


def main() -> None:
    """Measure and print."""
    for name, value in figures().items():
        say(f"{name}: {value}\n")


if __name__ == "__main__":
    main()
