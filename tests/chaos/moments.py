"""The bad moments of a worker, where it can be made to sleep by chance or to wait until it is told to go on.

Chance seldom finds the few milliseconds that matter. Each of these lies between two effects of which one is done: what
dies or is overtaken there must be found out by whoever comes next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CorruptRecordException

from shared.contracts.topic_names import SNAPSHOTS
from shared.delivery.smtp_post import SmtpPost
from shared.runtime.kafka.consuming.subscriber import SubscriberLoop
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka.producer import KafkaWriter
from shared.runtime.ports.interfaces import Message
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.unit_of_work import UnitOfWork
from shared.runtime.recovery.store_writing import StoreWriting
from tests.chaos.board import MOMENTS, Board

LOOK_SECONDS = 0.01


def put(where: object, name: str, what: object) -> None:
    """Put something in the place of what stands there."""
    assert hasattr(where, name), f"{where} has no {name} any more"
    setattr(where, name, what)


def fail_polls(chance: float, seed: int) -> None:
    """Have polls of the group's consumers raise at random, after they have fetched and moved their positions."""
    getmany, rng = AIOKafkaConsumer.getmany, Random(seed)

    async def failing(consumer: AIOKafkaConsumer, *partitions: Any, **limits: Any) -> Any:
        found = await getmany(consumer, *partitions, **limits)
        if found and consumer._group_id is not None and rng.random() < chance:
            raise CorruptRecordException("a poll that fails on purpose")
        return found

    put(AIOKafkaConsumer, "getmany", failing)


class Moments:
    """The moments of one worker."""

    def __init__(self, board: Board, worker: int, sleeps: Mapping[str, tuple[float, float]], seed: int) -> None:
        self._board, self._worker, self._sleeps = board, worker, sleeps
        self._rng = Random(seed)

    async def reach(self, moment: str) -> None:
        """Wait here as long as the driver wants, or sleep, if chance has it."""
        number = MOMENTS.index(moment)
        if self._board.read(self._worker, "hold") == number:
            self._board.write(self._worker, "held", number)
            while self._board.read(self._worker, "hold") == number:  # noqa: ASYNC110 - another process ends it
                await asyncio.sleep(LOOK_SECONDS)
            self._board.write(self._worker, "held", 0)
        chance, seconds = self._sleeps.get(moment, (0.0, 0.0))
        if self._rng.random() < chance:
            self._board.count(self._worker, "slept")
            await asyncio.sleep(self._rng.uniform(0, seconds))

    def install(self) -> None:
        """Put the moments around the product's own steps."""
        publish, commit, handle = PartitionTask._publish, PartitionTask.commit, SubscriberLoop.apply

        async def before_publish(owner: PartitionTask[Any, Any], work: UnitOfWork[Any, Any]) -> None:
            if work.events:
                await self.reach("publish")
            await publish(owner, work)

        async def before_commit(
            owner: PartitionTask[Any, Any], work: UnitOfWork[Any, Any], meta: Mapping[str, str]
        ) -> None:
            if work.events:
                await self.reach("commit")
            await commit(owner, work, meta)

        async def before_handle(feeds: SubscriberLoop, raws: Any) -> None:  # as it is called
            await self.reach("deliver")
            await handle(feeds, raws)
            await self.reach("handed")

        put(SubscriberLoop, "apply", before_handle)
        put(PartitionTask, "_publish", before_publish)
        put(PartitionTask, "commit", before_commit)
        self._before(KafkaWriter, "commit", "append")
        self._before(KafkaLog, "fence", "fence")
        self._before(KafkaLog, "bounds", "ends")
        self._before(KafkaLog, "delete", "delete")
        self._before(StoreWriting, "put", "restore")
        self._after(SmtpPost, "send", "mailed")
        self._after_snapshots()

    def _after_snapshots(self) -> None:
        append = KafkaWriter.append

        async def late(writer: KafkaWriter, topic: str, messages: Sequence[Message]) -> int:
            first = await append(writer, topic, messages)
            if topic in SNAPSHOTS:
                await self.reach("snapshot")
            return first

        put(KafkaWriter, "append", late)

    def _before(self, where: object, name: str, moment: str) -> None:
        call = getattr(where, name)

        async def late(*arguments: Any) -> Any:
            await self.reach(moment)
            return await call(*arguments)

        put(where, name, late)

    def _after(self, where: type, name: str, moment: str) -> None:
        call = getattr(where, name)

        async def late(*arguments: Any) -> Any:
            result = await call(*arguments)
            await self.reach(moment)
            return result

        put(where, name, late)
