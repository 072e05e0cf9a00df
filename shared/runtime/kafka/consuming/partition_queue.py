"""What one owned partition is handed: batches in order, how far it has come, and a bell to wait for.

It says "reached" only of what was handed out and applied, control records included, for a wake may fire only when
everything acknowledged before it is known. Whatever was fetched before a seek never arrives: a pause begins another
generation, and batches of an older one are not taken in. (Comparing a batch with the consumer's position is not enough:
the next fetch may have moved the position past it again.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.runtime.kafka.connection import uncertain
from shared.runtime.ports.clock import Alarm
from shared.runtime.ports.inbox import Inbox
from shared.runtime.ports.interfaces import Batch, Offsets, Record
from shared.runtime.ports.limits import INBOX_BATCHES_MAX, INBOX_BYTES_MAX

COMMIT_GROUP_SECONDS_MAX = 5.0
"""aiokafka's commit waits for ever while the broker is away."""
POSITION_SECONDS_MAX = 5.0
"""A position is there at once, except while the consumer looks for the begin of a log that was cut."""


class PartitionQueue(Inbox):
    """A `Feed` of one partition number of all input topics, on a consumer that is a member of a group."""

    def __init__(self, consumer: AIOKafkaConsumer, topics: Sequence[str], partition: int, clock: Alarm) -> None:
        super().__init__()
        self.partition = partition
        self.generation = 0
        """Counts the pauses: a batch that was fetched in another generation is not taken in."""
        self._consumer = consumer
        self._at = {topic: TopicPartition(topic, partition) for topic in topics}
        self._clock = clock
        self._end_listening = clock.listen(self.ring)
        self._held = False
        self._bell = asyncio.Event()
        self._room = asyncio.Event()

    # What the owner calls.

    def done(self, batches: Sequence[Batch]) -> None:
        """Say that these are applied and committed, so there is room for others."""
        super().done(batches)
        self._room.set()

    def drop(self) -> None:
        """Forget what waits and what is in hand, so there is room for others."""
        super().drop()
        self._room.set()

    async def position(self, topic: str) -> int:
        """Return the consumer's position."""
        with uncertain("ask for a position"):
            async with asyncio.timeout(POSITION_SECONDS_MAX):
                position: int = await self._consumer.position(self._at[topic])
        return position

    async def commit_group(self, offsets: Offsets) -> None:
        """Commit offsets to the consumer group, which refuses who is no longer a member."""
        self._check_owned()
        with uncertain("commit to the group"):
            committed = {self._at[topic]: offset for topic, offset in offsets.items()}
            await asyncio.wait_for(self._consumer.commit(committed), COMMIT_GROUP_SECONDS_MAX)

    def pause(self) -> None:
        """Hand out nothing until `resume`; what waits is forgotten."""
        self._check_owned()
        self.live, self._reached = False, None
        self.generation += 1
        self.drop()
        with uncertain("pause"):
            self._consumer.pause(*self._at.values())

    def resume(self, offsets: Offsets) -> None:
        """Seek to the offsets, all of whose records before are applied, and hand out again."""
        self._check_owned()
        with uncertain("resume"):
            for topic, at in self._at.items():
                self._consumer.seek(at, offsets[topic])
            self._consumer.resume(*self._at.values())
        self._spoiled = None
        self._reached, self.live = dict(offsets), True
        self.ring()

    async def wait(self, until: datetime | None, seconds: float) -> bool:
        """Wait for a ring (records, positions, reports, a clock that was moved), for `until`, or for `seconds`."""
        left = None if until is None else self._clock.seconds_until(until)
        comes = left is not None and left <= seconds
        try:
            async with asyncio.timeout(left if comes else seconds):
                await self._bell.wait()
        except TimeoutError:
            return comes
        self._bell.clear()
        return True

    def ring(self) -> None:
        """End the wait that stands, or the next one."""
        self._bell.set()

    # What the consumer's side calls.

    def put(self, records: Mapping[str, Sequence[Record]], positions: Offsets, generation: int) -> None:
        """Take in what was fetched in that generation, unless a recovery has begun since: it will seek."""
        if self.live and not self._held and generation == self.generation:
            self._inbox.append(Batch(records, positions, _size(records)))
            self.ring()

    async def room(self) -> None:
        """Wait until few enough batches are waiting: the poll loop stands meanwhile, so nothing grows."""
        while self.live and self._has_enough():
            self._room.clear()
            await self._room.wait()

    def _has_enough(self) -> bool:
        held = [*self._inbox, *self._in_hand]
        return len(held) >= INBOX_BATCHES_MAX or sum(batch.size for batch in held) >= INBOX_BYTES_MAX

    async def positions(self) -> Offsets | None:
        """Return the consumer's present positions, None when it has none (a rebalance, a recovery)."""
        try:
            return {topic: await self._consumer.position(at) for topic, at in self._at.items()}
        except KafkaError:
            return None

    async def note_positions(self) -> bool:
        """More is asked for: when nothing waits, all that was handed out is applied, up to the consumer's positions.

        Return whether they are where they were.
        """
        if not self.live or self._inbox or self._in_hand:
            return False
        generation = self.generation
        positions = await self.positions()
        still = self.live and not self._held and generation == self.generation
        if not still or positions is None:
            return False
        if positions == self._reached:
            return True
        self._reached = positions
        self.ring()
        return False

    def invalidate(self, reason: str) -> None:
        """Records were handed out but did not get here: the owner recovers, which seeks back to them."""
        self._spoiled = reason
        self.live, self._reached = False, None
        self.ring()

    def pause_work(self) -> None:
        """A rebalance has begun: take nothing in until it is over. What waits and what is in hand stays good."""
        self._held = True
        self.generation += 1

    def go_on(self) -> None:
        """The partition stays: read on behind what was handed out. While a recovery is due, that seeks."""
        self._held = False
        self.generation += 1
        if not self.live or self._reached is None:
            return
        waiting = [*self._in_hand, *self._inbox]
        positions = waiting[-1].positions if waiting else self._reached
        try:
            for topic, at in self._at.items():
                self._consumer.seek(at, positions[topic])
            self._consumer.resume(*self._at.values())
        except (KafkaError, ValueError) as error:
            self.invalidate(f"reading on after a rebalance: {type(error).__name__}")

    def lose(self) -> None:
        """The partition is taken away: nothing is handed out any more, and nobody waits for it."""
        self._lost, self.live, self._reached = True, False, None
        self.generation += 1
        self.drop()
        self._end_listening()
        self.ring()


def _size(records: Mapping[str, Sequence[Record]]) -> int:
    return sum(len(one.key or b"") + len(one.value or b"") for found in records.values() for one in found)
