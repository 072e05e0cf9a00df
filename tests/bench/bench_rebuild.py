"""What it takes to make an emptied store anew, from all of the log and from snapshots, of the same members after a year.

Run it: `python -m tests.bench.bench_rebuild [MEMBERS] [EVENTS A MEMBER] [PAIRS] [CROWD]`. The services live through a year
first, week by week, with a real Valkey and the log in memory, and say what they have to say. A round of snapshots is made a
week before the end: so long the way behind a mark is at most, with weekly rounds. Then the two ways back take turns, each
until nothing is owed any more, timers included. Kafka's client and its network are left out of both, which is to the
disadvantage of snapshots: they are read once for each member, the log once for each event.

The log of 200,000 members would take hours, so a few live through the year, in one partition that is made anew as if it were
alone. The same snapshots are then told of CROWD members, with nothing behind the mark: what each of many takes.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import cycle
from time import perf_counter, process_time
from typing import Any, Final

from msgspec.msgpack import encode
from msgspec.structs import replace

from services.followups.decider import DECIDER as FOLLOWUPS
from services.gateway.projection.decider import PROJECTION
from services.invites.decider import DECIDER as INVITES
from shared.contracts import DEAD_LETTERS, Event
from shared.contracts.cloudevents import codec
from shared.decider import Decider
from shared.projection import Projection
from shared.runtime import projecting
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.recovery.recover import recover
from shared.runtime.redis.store import RedisStore, connect
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, mark_in, mark_message, part_in, part_key
from shared.runtime.snapshots.retention import owes_deletion
from shared.runtime.snapshots.snapshot_round import owes_snapshots
from shared.runtime.step import step
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_feed import FakeFeed, FakeGroup
from shared.testing.fakes.fake_log import FakeLog
from tests.bench.bed import Runs
from tests.bench.bench_store import valkey
from tests.bench.network import MEETS_AFTER, Network

MEMBERS: Final = 40
EVENTS: Final = 200
"""Of a member in a year: four a week."""
PAIRS: Final = 3
CROWD: Final = 16_667
"""Of a partition of 200,000 members."""
WEEKS: Final = 52
BEHIND: Final = 1
"""Weeks that passed since the last round of snapshots: the longest way behind a mark."""
BEGIN: Final = datetime(2025, 1, 6, 3, tzinfo=UTC)
EVERY: Final = timedelta(days=7)
GOAL: Final = ">= 20"
POLL_RECORDS: Final = 1_600
DECIDERS: Final[tuple[Decider[Any, Any], ...]] = (INVITES, FOLLOWUPS, PROJECTION)
TOGETHER: Final = "all three"
WAYS: Final[Mapping[str, Options]] = {
    "log": Options(clock_margin=timedelta(0)),
    "snapshots": Options(clock_margin=timedelta(0), snapshot_every=timedelta(weeks=2 * WEEKS)),
}
ROUND: Final = Options(clock_margin=timedelta(0), snapshot_every=EVERY)
"""Who goes back writes no round beside it: the next way back would have nothing behind the mark."""
say = sys.stdout.write


class Year(Network):
    """The same mix of events, over a year: meetings are a week from when they are agreed."""

    def week(self, number: int, events: int) -> Iterator[Event]:
        """Yield so many events of one week, in order, each at its instant."""
        for one in range(events):
            at = BEGIN + timedelta(weeks=number + one / events)
            self._lunch = f"{at + MEETS_AFTER:%Y-%m-%d}T12:30"
            place = number * events + one
            member, data = self._next(place)
            yield Event(id=f"evt-{place:016}", member=member, time=at, logged=at, data=data, source="/product")


class Lived:
    """One partition after a year: its log, its stores, and whoever owns it next."""

    def __init__(self, port: int) -> None:
        topics = sorted({topic for one in DECIDERS for topic in one.topics if topic} | {DEAD_LETTERS})
        self.cluster = FakeCluster([*topics, *(one.snapshots for one in DECIDERS)])
        self.clock = VirtualClock(BEGIN)
        self.client = connect(f"redis://127.0.0.1:{port}")

    def owner(self, decider: Decider[Any, Any], options: Options) -> tuple[PartitionTask[Any, Any], FakeFeed]:
        """Return a new owner of a service's partition."""
        feed = FakeFeed(self.cluster, FakeGroup(), decider.reads, 0, clock=self.clock)
        log, store = FakeLog(self.cluster, decider.own or decider.snapshots), RedisStore(self.client, decider.name)
        return PartitionTask(decider, 0, log, store, feed, self.clock, options=options), feed

    async def live(self, members: int, events: int) -> None:
        """Let the year pass, and write a snapshot of every member before its last week."""
        network = Year(members)
        await self._pass(network, range(WEEKS - BEHIND), members * events // WEEKS)
        await self.cover()
        await self._pass(network, range(WEEKS - BEHIND, WEEKS), members * events // WEEKS)
        gc.collect()
        gc.freeze()  # the log of all that was told lies in this process, and is no part of what a recovery costs

    async def _pass(self, network: Year, weeks: range, events: int) -> None:
        owners = [self.owner(one, WAYS["log"]) for one in DECIDERS]
        for owner, _ in owners:
            await recovers(owner)
        for number in weeks:
            for event in network.week(number, events):
                key, value, headers = codec.encode(event)
                self.cluster.append_plain(event.data.TOPIC, 0, Message(key, value, headers, to_ms(event.logged)))
            self.clock.advance_to(BEGIN + timedelta(weeks=number + 1))
            for owner, feed in owners:  # in the order in which events flow
                await rests(owner, feed)

    async def cover(self) -> None:
        """Write a snapshot of every member."""
        for decider in DECIDERS:
            owner, feed = self.owner(decider, ROUND)
            await recovers(owner)
            await rests(owner, feed)
            assert owner.snapshots is not None
            assert owner.snapshots.mark.position is not None, "all are covered"

    def tell_of_many(self, decider: Decider[Any, Any], members: int) -> None:
        """Tell of so many members more, in turns, what the newest snapshots say of a few."""
        records = self.cluster.committed(decider.snapshots, 0)[0]
        parts = {one.key: part_in(one) for one in records if one.value is not None and one.key != MARK_KEY}
        mark = next(mark_in(one) for one in reversed(records) if one.key == MARK_KEY)
        whole = cycle([part for part in parts.values() if part.parts == 1])
        told = []
        for number, part in zip(range(members), whole, strict=False):
            one = replace(part, member=f"one-of-many-{number:08}")
            told.append(Message(part_key(one.member, 0), encode(one), (), 0))
        told.append(mark_message(replace(mark, members=mark.members + members), 0))
        self.cluster.append(decider.snapshots, 0, told)

    async def back(self, decider: Decider[Any, Any], way: str) -> tuple[float, float]:
        """Make the emptied store anew; return the seconds by the clock and of CPU until nothing is owed."""
        store, before = RedisStore(self.client, decider.name), await self.held(decider)
        await self.client.flushall()
        owner, feed = self.owner(decider, WAYS[way])
        gc.collect()
        began, cpu = perf_counter(), process_time()
        await recovers(owner)
        await rests(owner, feed)
        spent = perf_counter() - began, process_time() - cpu
        assert owner.counts["restored"] == (way == "snapshots")
        assert not owner.counts["published"], "nothing is said again"
        if way == "snapshots" and before is not None:
            assert before == await self.held(decider), "the same store, timers included"
        assert await store.members(0)
        return spent

    async def held(self, decider: Decider[Any, Any]) -> Any:
        """Return what the store holds of all members, their timers with it; None of an empty one."""
        found: dict[bytes, dict[bytes, Any]] = {}
        async for key in self.client.scan_iter(match=f"{{{decider.name}:0}}:[mlw]:*", count=10_000):
            kind, _, member = key.partition(b":0}:")[2].partition(b":")
            if kind == b"w":
                timers: Any = await self.client.zrange(key, 0, -1, withscores=True)
                found.setdefault(b"timers of " + member, {}).update(timers)
            else:  # whether a value lies with the large ones depends on how it grew
                items: Any = await self.client.hgetall(key)
                found.setdefault(member, {}).update(items)
        return found or None


async def recovers(owner: PartitionTask[Any, Any]) -> None:
    """Recover, as the owner's task does."""
    await (projecting.recover if isinstance(owner.decider, Projection) else recover)(owner)


async def rests(owner: PartitionTask[Any, Any], feed: FakeFeed) -> None:
    """Go on until nothing is left to do."""
    next_step: Callable[[Any], Any] = projecting.step if isinstance(owner.decider, Projection) else step
    while True:
        feed.poll(POLL_RECORDS)
        due = owner.next_wake is not None and owner.next_wake <= owner.clock.now()
        owes = owner.reports or owner.sweeping or owner.unswept or owes_snapshots(owner) or owes_deletion(owner)
        if not (feed.behind or feed._inbox or due or owes):
            return
        await next_step(owner)


async def measure(port: int, members: int, events: int, pairs: int, crowd: int) -> dict[tuple[str, str, str], Runs]:
    """Return what the ways back took, by service, way and clock."""
    lived = Lived(port)
    await lived.live(members, events)
    runs: dict[tuple[str, str, str], Runs] = {}
    sums = {way: [[0.0, 0.0] for _ in range(pairs)] for way in WAYS}
    for decider in DECIDERS:
        for pair in range(pairs):
            log, snapshots = await lived.back(decider, "log"), await lived.back(decider, "snapshots")
            for place, of in enumerate(("clock", "cpu")):
                for way, value in (("log", log), ("snapshots", snapshots)):
                    runs.setdefault((decider.name, way, of), Runs()).add(value[place])
                    sums[way][pair][place] += value[place]
                runs.setdefault((decider.name, "ratio", of), Runs()).add(log[place] / snapshots[place])
    for place, of in enumerate(("clock", "cpu")):
        for log_sum, snapshots_sum in zip(sums["log"], sums["snapshots"], strict=True):
            runs.setdefault((TOGETHER, "ratio", of), Runs()).add(log_sum[place] / snapshots_sum[place])
    await lived.cover()
    for decider in DECIDERS if crowd else ():
        lived.tell_of_many(decider, crowd)
        await lived.client.flushall()
        for of, spent in zip(("clock", "cpu"), await lived.back(decider, "snapshots"), strict=True):
            runs.setdefault((decider.name, "crowd", of), Runs()).add(spent)
    await lived.client.aclose()
    return runs


def figures(members: int = MEMBERS, events: int = EVENTS, pairs: int = PAIRS, crowd: int = CROWD) -> dict[str, str]:
    """Return what the runs showed, by the name of the figure."""
    with valkey() as port:
        runs = asyncio.run(measure(port, members, events, pairs, crowd))
    shown: dict[str, str] = {}
    for decider in DECIDERS:
        times = [runs[decider.name, way, of] for way in ("log", "snapshots") for of in ("clock", "cpu")]
        each = " / ".join(f"{1_000 * one.middle / members:.2f}" for one in times)
        ratio, of_cpu = (runs[decider.name, "ratio", of].shown("{:.1f}") for of in ("clock", "cpu"))
        shown[named(decider.name)] = f"{ratio}, by CPU {of_cpu}"
        shown[f"{decider.name}: ms a member, from the log by the clock / CPU, from snapshots by the clock / CPU"] = each
        if crowd:
            spent = " / ".join(f"{runs[decider.name, 'crowd', of].middle:.1f}" for of in ("clock", "cpu"))
            shown[
                f"{decider.name}: {crowd:,} members from snapshots, nothing behind the mark: s by the clock / CPU"
            ] = spent
    ratio, of_cpu = (runs[TOGETHER, "ratio", of].shown("{:.1f}") for of in ("clock", "cpu"))
    shown[named(TOGETHER)] = f"{ratio}, by CPU {of_cpu}"
    return shown


def named(service: str) -> str:
    """Return the name of the ratio."""
    return f"{service}: a store made anew from snapshots, so many times as fast as from a year's whole log"


def main() -> None:
    """Measure and print."""
    usual, given = (MEMBERS, EVENTS, PAIRS, CROWD), [int(one) for one in sys.argv[1:]]
    for figure, value in figures(*given, *usual[len(given) :]).items():
        say(f"{figure}: {value}\n")


if __name__ == "__main__":
    main()
