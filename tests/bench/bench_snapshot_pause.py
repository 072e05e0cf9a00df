"""For how long the event loop stands still while a member with 30,000 contacts gets their snapshot.

Run it: `python -m tests.bench.bench_snapshot_pause [CONTACTS]`. The member's contacts are told and worked on first, with a
real Valkey and the log in memory; then a round of snapshots is written, and beside it a task notes when it gets its turn.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from datetime import timedelta
from time import perf_counter, thread_time
from typing import Final

from services.followups.decider import DECIDER as FOLLOWUPS
from shared.contracts import ACTIVITY, Contact, ContactConnected, Event
from shared.contracts.cloudevents import codec
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.snapshots.snapshot_round import owes_snapshots, write_snapshots
from tests.bench.bench_rebuild import BEGIN, WAYS, Lived, recovers, rests
from tests.bench.bench_store import valkey

CONTACTS: Final = 30_000
GOAL: Final = "<= 50"
ROUNDS: Final = 5
say = sys.stdout.write


class Turns:
    """Notes when a task gets its turn."""

    def __init__(self) -> None:
        self.longest = self.longest_cpu = 0.0

    async def note(self) -> None:
        """Take turns until cancelled: the longest time from one to the next, by the clock and of this thread's CPU."""
        last, cpu = perf_counter(), thread_time()
        while True:
            await asyncio.sleep(0)
            now, spent = perf_counter(), thread_time()
            self.longest, self.longest_cpu = max(self.longest, now - last), max(self.longest_cpu, spent - cpu)
            last, cpu = now, spent


async def measure(port: int, contacts: int) -> list[tuple[float, float]]:
    """Return the longest pause of each round, by the clock and of CPU."""
    lived = Lived(port)
    for number in range(contacts):
        data = ContactConnected(contact=Contact(id=f"contact-{number:06}", name=f"Somebody {number}"))
        event = Event(f"evt-{number:012}", "ada", BEGIN - timedelta(days=200), BEGIN, data, source="/product")
        key, value, headers = codec.encode(event)
        lived.cluster.append_plain(ACTIVITY, 0, Message(key, value, headers, to_ms(event.logged)))
    owner, feed = lived.owner(FOLLOWUPS, WAYS["log"])
    await recovers(owner)
    await rests(owner, feed)
    found = []
    gc.collect()
    gc.freeze()  # as a service does after its start
    for _ in range(ROUNDS):
        lived.clock.advance_to(lived.clock.now() + timedelta(days=8))
        owner, feed = lived.owner(FOLLOWUPS, WAYS["snapshots"])
        await recovers(owner)
        turns = Turns()
        noting = asyncio.create_task(turns.note())
        while owes_snapshots(owner):
            await write_snapshots(owner)
        noting.cancel()
        found.append((turns.longest, turns.longest_cpu))
        assert owner.counts["snapshots"] == 1
    await lived.client.aclose()
    return found


def figures(contacts: int = CONTACTS) -> dict[str, str]:
    """Return what the rounds showed, by the name of the figure."""
    with valkey() as port:
        found = asyncio.run(measure(port, contacts))
    clock, cpu = (1_000 * sorted(one[place] for one in found)[len(found) // 2] for place in (0, 1))
    most = 1_000 * max(one[0] for one in found)
    return {named(contacts): f"{clock:.0f} ({most:.0f} at most), of CPU {cpu:.0f}"}


def named(contacts: int = CONTACTS) -> str:
    """Return the name of the figure."""
    return f"a snapshot of a member with {contacts:,} contacts: longest pause of the event loop, ms"


def main() -> None:
    """Measure and print."""
    for figure, value in figures(*[int(one) for one in sys.argv[1:]]).items():
        say(f"{figure}: {value}\n")


if __name__ == "__main__":
    main()
