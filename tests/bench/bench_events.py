"""Events a second and CPU per event of one service process on a backlog, beside the bare loop in the same run.

Run it: `python -m tests.bench.bench_events [SERVICE] [EVENTS] [PAIRS]`. The two take turns on the same backlog, the
same broker and the same store, both from the beginning, so that a busy machine is busy for both.
"""

from __future__ import annotations

import asyncio
import sys

from aiokafka.admin import AIOKafkaAdminClient
from redis import Redis

from rapport.composition import DECIDERS
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import TopicsRefused, ensure_topics
from tests.bench.bed import Runs, child, system
from tests.bench.network import EVENTS_PER_MEMBER, Network, fill, now

EVENTS = 200_000
PAIRS = 3
say = sys.stdout.write


async def forget(running: System, own: str, *, store: bool = True) -> None:
    """Empty the store where `store`, and make the own topic anew: the next run begins where the last one did."""
    if store:
        with Redis.from_url(running.redis) as client:
            client.flushall()
    access = KafkaAccess(running.kafka)
    admin = AIOKafkaAdminClient(**access.connection())
    await admin.start()
    await admin.delete_topics([own])
    while own in await admin.list_topics():  # noqa: ASYNC110 - the broker rings nobody
        await asyncio.sleep(0.05)
    await admin.close()
    async with asyncio.timeout(30):
        while True:
            try:
                await ensure_topics(access, topic_plan().on_virtual_clock())
                return
            except TopicsRefused:
                await asyncio.sleep(0.1)


def measure(name: str, events: int, pairs: int) -> dict[str, Runs]:
    """Let service and bare loop take turns; return the figures of both."""
    runs = {key: Runs() for key in ("service/s", "service us", "bare/s", "bare us", "ratio", "published")}
    with system() as running:
        network = Network(events // EVENTS_PER_MEMBER)
        asyncio.run(fill(KafkaAccess(running.kafka), network.events(events, now())))
        for _ in range(pairs):
            asyncio.run(forget(running, DECIDERS[name].own))
            ours = child("service_leg", name, running.kafka, running.redis, events)
            asyncio.run(forget(running, DECIDERS[name].own))
            bare = child("bare_loop", running.kafka, running.redis, events, ours["published"] / events)
            runs["service/s"].add(ours["per_second"])
            runs["service us"].add(ours["cpu_us"])
            runs["bare/s"].add(bare["per_second"])
            runs["bare us"].add(bare["cpu_us"])
            runs["ratio"].add(100 * bare["cpu_us"] / ours["cpu_us"])
            runs["published"].add(ours["published"])
    return runs


def figures(name: str, events: int = EVENTS, pairs: int = PAIRS) -> dict[str, str]:
    """Return what the runs showed, by name."""
    runs = measure(name, events, pairs)
    return {
        f"{name}: events a second, by the clock": runs["service/s"].shown(),
        f"{name}: CPU of an event, us": runs["service us"].shown("{:,.1f}"),
        f"{name}: events a second of CPU": f"{1e6 / runs['service us'].middle:,.0f}",
        f"bare loop beside {name}: events a second, by the clock": runs["bare/s"].shown(),
        f"bare loop beside {name}: CPU of an event, us": runs["bare us"].shown("{:,.1f}"),
        f"{name}: part of the bare loop's speed, by CPU, %": runs["ratio"].shown("{:,.0f}"),
        f"{name}: events published for each event": f"{runs['published'].middle / events:.2f}",
    }


def main() -> None:
    """Measure and print."""
    name = sys.argv[1] if len(sys.argv) > 1 else "invites"
    events = int(sys.argv[2]) if len(sys.argv) > 2 else EVENTS
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else PAIRS
    for figure, value in figures(name, events, pairs).items():
        say(f"{figure}: {value}\n")


if __name__ == "__main__":
    main()
