"""The partitions of a service that a process owns: one task each, from one rebalance to another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.decider import Decider
from shared.runtime.environment import Environment
from shared.runtime.kafka.consuming.partition_queue import PartitionQueue
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.processing.effects import Performer
from shared.runtime.processing.observer import REBALANCE, START, Observer
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.redis.store import RedisStore
from shared.runtime.task import run

STEP_SECONDS_MAX = 3.0
"""How long the step in hand may take to end when a partition is let go."""
EFFECT_WAIT_SECONDS_MAX = 4.0
"""How long mails under way may take to end when a rebalance begins: the other members of the group wait for it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the tasks of a service share."""

    where: Environment
    log: KafkaLog
    store: RedisStore
    effects: Performer | None
    observer: Observer


class OwnedPartitions:
    """The tasks of the partitions that are owned now. `parts` is set before the first one comes."""

    def __init__(self, decider: Decider[Any, Any]) -> None:
        self._decider = decider
        self.parts: Parts
        self.owners: dict[int, PartitionTask[Any, Any]] = {}
        self.past: Counter[str] = Counter()
        """Counts of owners that were released."""
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self._arrived: dict[int, PartitionQueue] = {}
        self.started = False
        """Whether the first assignment has come: what comes later comes by a rebalance."""
        self.stopping = False
        """Whether the service was told to stop: mails begin no more."""

    def invalidate_topic(self, topic: str) -> None:
        """Have each owner find out anew what is true: a topic is another one than before."""
        for feed in self._arrived.values():
            feed.invalidate(f"{topic} is another topic than before")

    def own(self, feed: PartitionQueue) -> None:
        """Own a partition from now on."""
        self._arrived[feed.partition] = feed
        options = Options(
            clock_margin=self.parts.where.clock_margin,
            partitions=self.parts.where.partitions,
            begin_at_earliest=self.parts.where.begin_at_earliest,
            snapshot_every=self.parts.where.snapshot_every,
            keep=self.parts.where.keep,
        )
        owner = PartitionTask(
            self._decider,
            feed.partition,
            self.parts.log,
            self.parts.store,
            feed,
            self.parts.where.clock,
            self.parts.effects,
            options,
            self.parts.observer,
        )
        self.owners[feed.partition] = owner
        why = REBALANCE if self.started else START
        self.tasks[feed.partition] = asyncio.create_task(run(owner, why), name=f"{self._decider.name}/{feed.partition}")

    async def pause_work(self, partitions: Sequence[int]) -> Sequence[int]:
        """Let the step in hand end, and none begin; return the partitions whose owners stand in time.

        Mails that are under way come first: whoever gets their partition could not learn what became of them.
        """
        if self.parts.effects is not None:
            await self.parts.effects.drain(EFFECT_WAIT_SECONDS_MAX)
        standing = {}
        for number in partitions:
            owner = self.owners[number]
            owner.gate.close()
            owner.feed.ring()
            standing[number] = asyncio.create_task(owner.gate.wait_paused())
        if standing:
            await asyncio.wait(standing.values(), timeout=STEP_SECONDS_MAX)
        for task in standing.values():
            task.cancel()
        return [number for number, task in standing.items() if task.done()]

    def go_on(self, partitions: Sequence[int]) -> None:
        """Let the owners take steps again."""
        for number in partitions:
            self.owners[number].gate.open()
        if self.parts.effects is not None and not self.stopping:
            self.parts.effects.open()

    async def release(self, partitions: Sequence[int]) -> None:
        """End the tasks of these partitions; a step that takes too long is cut off."""
        for number in partitions:
            self._arrived.pop(number, None)
        gone = [(self.owners.pop(number), self.tasks.pop(number)) for number in partitions if number in self.owners]
        for owner, _ in gone:
            owner.released = True
            owner.gate.open()
            owner.feed.ring()
        if gone:
            _, late = await asyncio.wait([task for _, task in gone], timeout=STEP_SECONDS_MAX)
            for task in late:
                task.cancel()
        for owner, _ in gone:
            self.past += owner.counts
