"""One run: a system, workers on it, a load, and the judgement when all is calm again."""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition
from redis.asyncio import Redis

from rapport.composition import DECIDERS
from shared.contracts import ACTIVITY
from shared.contracts.topics import topic_plan
from shared.decider import Decider
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics
from shared.runtime.ports.instants import to_ms
from tests.chaos.board import Board
from tests.chaos.check import Findings, check
from tests.chaos.compose_ground import compose
from tests.chaos.crew import CLOCK_MARGIN_MS, Crew, Style
from tests.chaos.ground import Ground, embedded
from tests.chaos.load import Load
from tests.chaos.projection_check import projection_against
from tests.chaos.recorder import Recorder
from tests.chaos.story import Story
from tests.chaos.webhooks import Webhooks
from tests.e2e.outside import Records, records_of
from tests.simulation.sabotage import SABOTAGED

READY_SECONDS_MAX = 240.0
LOOK_SECONDS = 0.25
DUMP_ALL = """
local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  all[#all + 1] = key
  all[#all + 1] = redis.call('DUMP', key)
end
return all
"""
COMPACTED = {"segment.ms": 3_600_000, "max.compaction.lag.ms": 3_600_000, "min.cleanable.dirty.ratio": "0.01"}
"""Of the world's time, by which records are stamped: Kafka compacts whenever its cleaner comes by."""
CALM_LOOKS = 8
"""Looks in a row at which nothing moves and nothing is due: then it is calm."""
DUE_GRACE = timedelta(milliseconds=CLOCK_MARGIN_MS + 500)


@dataclass(slots=True)
class Bed:
    """What a run is made of."""

    folder: Path
    ground: Ground
    board: Board
    crew: Crew
    load: Load
    deciders: list[Decider[Any, Any]]
    recorder: Recorder | None = None
    """Where the log ends: who has read all of it from the start."""
    webhooks: Webhooks | None = None
    findings: Findings = field(default_factory=Findings)
    calm_at: float = 0.0
    """On the monotonic clock: from then on it is only judged."""
    unknown_mails_max: int | None = None
    """How many mails may be `unknown`, where nothing happened but what ends so many of them; None: nobody can tell."""
    _marks: Mapping[int, int] = field(default_factory=dict)
    """By partition, the offset of the last thing that was told."""

    async def start(self, workers: int) -> None:
        """Start the workers, and wait until all partitions of all services are recovered."""
        for number in range(workers):
            await self.crew.start(number)
        await self.until_recovered()
        if self.webhooks is not None:
            self.webhooks.start()

    async def until_recovered(self) -> None:
        """Wait until every partition of every service has an owner."""
        store = Redis.from_url(self.ground.where.redis)
        try:
            async with asyncio.timeout(READY_SECONDS_MAX):
                while not all([await store.hexists(key, "rules") for key in self._metas()]):  # noqa: ASYNC110 - a store rings nobody
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            await store.aclose()

    async def until_calm(self, seconds_max: float, stuck_seconds: float = math.inf) -> tuple[datetime, bool]:
        """Wait until nothing moves any more and nothing is due; return what is said by then, and whether it came to that.

        It is given up when no cursor has moved for `stuck_seconds`.
        """
        began = moved = time.monotonic()
        store = Redis.from_url(self.ground.where.redis)
        calm, before, cursors = 0, None, [-1]
        try:
            while time.monotonic() < min(began + seconds_max, moved + stuck_seconds):
                now = self.board.now() - DUE_GRACE
                state = await self._state(store, now)
                calm = calm + 1 if state is not None and state == before else 0
                before = state
                if calm >= CALM_LOOKS:
                    return now, True
                if (found := await self._cursors(store)) != cursors:
                    cursors, moved = found, time.monotonic()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await store.aclose()
        return self.board.now() - DUE_GRACE, False

    async def until_applied(self, more: int) -> None:
        """Wait until the stored cursors of each service have moved by so many records."""
        store = Redis.from_url(self.ground.where.redis)
        try:
            async with asyncio.timeout(READY_SECONDS_MAX):
                before = await self._cursors(store)
                while min(map(int.__sub__, await self._cursors(store), before)) < more:  # noqa: ASYNC110 - a store rings nobody
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            await store.aclose()

    async def copy_of_store(self) -> Sequence[bytes]:
        """Copy the whole store as it stands at one instant: keys and dumps in turn."""
        store = Redis.from_url(self.ground.where.redis)
        try:
            copy: Sequence[bytes] = await store.eval(DUMP_ALL, 0)
            return copy
        finally:
            await store.aclose()

    async def put_back_at_once(self, copy: Sequence[bytes]) -> None:
        """Put a copy in the place of all that is stored, in one step and under whoever uses it."""
        store = Redis.from_url(self.ground.where.redis)
        try:
            async with store.pipeline(transaction=True) as pipe:
                pipe.flushall()
                for key, dump in zip(copy[::2], copy[1::2], strict=True):
                    pipe.restore(key, 0, dump)
                await pipe.execute()
        finally:
            await store.aclose()

    async def _cursors(self, store: Redis) -> list[int]:
        """Return the sum of the cursors of each service."""
        found = dict.fromkeys((decider.name for decider in self.deciders), 0)
        for key in self._metas():
            meta: Any = await store.hgetall(key)
            found[key[1:].partition(":")[0]] += sum(int(meta[name]) for name in meta if name.startswith(b"off:"))
        return list(found.values())

    async def _state(self, store: Redis, now: datetime) -> object:
        """Return heads, cursors and numbers of all partitions; None while something is unread, due or owed."""
        metas = []
        for key in self._metas():
            prefix = key.removesuffix("meta")
            due = await store.zcount(f"{prefix}w", "-inf", to_ms(now))
            if due or await store.scard(f"{prefix}s"):
                return None
            meta: Any = await store.hgetall(key)
            if int(meta.get(b"off:" + ACTIVITY.encode(), 0)) <= self._marks.get(
                int(prefix.split(":")[1].rstrip("}")), -1
            ):
                return None
            metas.append(tuple(sorted(meta.items())))
        async with KafkaAccess(self.ground.where.kafka).reader() as reader:
            ends = await reader.end_offsets(
                [TopicPartition(topic, number) for topic in {t for decider in self.deciders for t in decider.reads}
                 for number in range(topic_plan().partitions)]
            )  # fmt: skip
        return metas, sorted(ends.items())

    def _metas(self) -> list[str]:
        return [
            f"{{{decider.name}:{number}}}:meta"
            for decider in self.deciders
            for number in range(topic_plan().partitions)
        ]

    async def judge(self, seconds_max: float, stuck_seconds: float = math.inf) -> Findings:
        """Wait for calm, end the workers, and judge what is left."""
        self._marks = await self.load.mark()
        settled, calm = await self.until_calm(seconds_max, stuck_seconds)
        self.calm_at = time.monotonic()
        bad = await self.crew.end()
        records = await self._records()
        self.findings = await check(
            self.ground.where,
            self.deciders,
            self.load.acknowledged,
            settled,
            self.ground.mails,
            self.unknown_mails_max,
            records,
        )
        if self.recorder is not None:
            self.findings.violations += [*self.recorder.late, *await projection_against(self.ground.where, records)]
        if self.webhooks is not None:
            self.findings.violations += await self.webhooks.judged(records)
        if not calm:
            self.findings.violations.insert(
                0, "it did not come to rest, so what follows may be no more than unfinished"
            )
        self.findings.violations[:0] = [f"worker {number} did not end well, or had ended by itself" for number in bad]
        return self.findings

    async def _records(self) -> Records:
        """Return all that was ever committed."""
        if self.recorder is None:
            return await records_of(KafkaAccess(self.ground.where.kafka))
        await self.recorder.caught_up()
        return self.recorder.records

    def reasons(self, kind: str) -> Counter[str]:
        """Return how often each uncertain outcome or refusal was noted, without numbers that differ."""
        return Counter(_without_numbers(note[kind]) for note in self.crew.notes() if kind in note)


TARGETS: dict[str, Callable[[Path], AbstractAsyncContextManager[Ground]]] = {"embedded": embedded, "compose": compose}


def _without_numbers(reason: str) -> str:
    return " ".join("n" if part.strip("(),;").isdigit() else part for part in reason.split())[:110]


@asynccontextmanager
async def ending(ground: Ground) -> AsyncIterator[Recorder]:
    """Make the topics of snapshots, compacted within seconds, and record all that is ever said."""
    access, plan = KafkaAccess(ground.where.kafka), topic_plan().on_virtual_clock()
    compacted = [one.model_copy(update={"config": {**one.config, **COMPACTED}}) for one in plan.snapshots]
    await ensure_topics(access, plan.model_copy(update={"snapshots": compacted}).with_snapshots())
    async with Recorder(access).recording() as recorder:
        yield recorder


@asynccontextmanager
async def laid(
    style: Style, *, seed: int, rate: float, members: int, keep: Path | None = None, target: str = "embedded"
) -> AsyncIterator[Bed]:
    """Make everything for a run, and leave nothing behind but the folder that is to be kept."""
    with tempfile.TemporaryDirectory(prefix="rapport-chaos-") as made:
        folder = keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        async with TARGETS[target](folder) as ground:
            board = Board(folder / "board")
            crew = Crew(board, folder / "board", folder, ground.where, style)
            story = Story(seed, members, sabotaged=style.sabotaged)
            load = Load(KafkaAccess(ground.where.kafka), board, story, seed, rate)
            deciders = [
                SABOTAGED if style.sabotaged and name == "invites" else DECIDERS[name]
                for name in style.services
                if name in DECIDERS
            ]
            recording = ending(ground) if style.ends else nullcontext()
            webhooks = Webhooks(folder, board, ground.where, style.off) if style.webhooks else None
            async with recording as recorder:
                try:
                    yield Bed(folder, ground, board, crew, load, deciders, recorder, webhooks)
                finally:
                    await crew.close()
                    if webhooks is not None:
                        webhooks.close()
