"""One service's `Log` on a cluster in memory, with a place to be hurt before and after the effect of every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Bounds, Message, Offsets, Record, Uncertain, Unstable
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_partition import Transaction
from shared.testing.fakes.faults import Faults, NoFaults


class FakeLog:
    """A `Log` of the service that owns the topic `own`. Several of them may share one cluster, and one topic."""

    def __init__(self, cluster: FakeCluster, own: str, faults: Faults | None = None) -> None:
        self.cluster = cluster
        self.own = own
        self._faults = faults or NoFaults()
        self.on_delete: Callable[[str, int, int], None] = lambda topic, partition, before: None
        """Is told of each deletion right before it: topic, partition, offset."""

    async def fence(self, partition: int) -> FakeWriter:
        """Make a new producer of the partition and shut the older ones out."""
        await self._faults.step("log.fence")
        transactional_id = f"{self.own}-{partition}"
        epoch = self.cluster.new_epoch(transactional_id)
        await self._faults.step("log.fence.reply")
        return FakeWriter(self.cluster, transactional_id, epoch, partition, self._faults)

    async def bounds(self, topics: Sequence[str], partition: int) -> Mapping[str, Bounds]:
        """Ask for begin and end of each topic's partition."""
        await self._faults.step("log.bounds")
        found = {topic: self.cluster.bounds(topic, partition) for topic in topics}
        await self._faults.step("log.bounds.reply")
        return found

    async def ends(self, topics: Sequence[str], partition: int) -> Offsets:
        """Ask for the high watermarks."""
        await self._faults.step("log.ends")
        found = {topic: self.cluster.bounds(topic, partition).end for topic in topics}
        await self._faults.step("log.ends.reply")
        return found

    async def read(
        self, topic: str, partition: int, start: int, end: int, records_max: int
    ) -> tuple[list[Record], int]:
        """Read committed records of [start, end). Where an open transaction is in the way: `Uncertain`, at once."""
        await self._faults.step("log.read")
        if start >= end:
            return [], max(start, end)
        if start < self.cluster.bounds(topic, partition).begin:
            raise Uncertain(f"{topic}: {start} is not there any more")
        records, position = self.cluster.committed(topic, partition, start, end, records_max)
        if position < end and len(records) < records_max:
            raise Unstable(topic, position, end)
        await self._faults.step("log.read.reply")
        return records, position

    async def first_since(self, topic: str, partition: int, at: datetime) -> int:
        """Ask for the offset of the first record whose timestamp is `at` or later; the end where there is none."""
        await self._faults.step("log.first_since")
        bounds = self.cluster.bounds(topic, partition)
        found = self.cluster.committed(topic, partition, bounds.begin)[0]
        return next((one.offset for one in found if one.logged_ms >= to_ms(at)), bounds.end)

    async def delete(self, topic: str, partition: int, before: int) -> None:
        """Delete the records below an offset."""
        await self._faults.step("log.delete")
        self.on_delete(topic, partition, before)
        self.cluster.trim(topic, partition, before)
        await self._faults.step("log.delete.reply")

    async def stable(self, topic: str, partition: int) -> int:
        """Ask for the last stable offset."""
        await self._faults.step("log.stable")
        return self.cluster.last_stable(topic, partition)

    async def identity(self, topics: Sequence[str]) -> Mapping[str, str]:
        """Return "cluster id/topic id" per topic."""
        await self._faults.step("log.identity")
        return {topic: self.cluster.identity(topic) for topic in topics}


class FakeWriter:
    """A `Writer`: the producer of one partition under one epoch of its transactional id."""

    def __init__(self, cluster: FakeCluster, transactional_id: str, epoch: int, partition: int, faults: Faults) -> None:
        self._cluster = cluster
        self._id = transactional_id
        self._epoch = epoch
        self._partition = partition
        self._faults = faults
        self._abandoned = False

    async def begin(self) -> None:
        """Begin a transaction. Like the real one it asks nobody: an epoch that is over shows at the append."""
        await self._faults.step("log.begin")
        if self._cluster.is_newest(self._id, self._epoch):
            if self._cluster.open_transaction(self._id) is not None:
                raise Uncertain(f"{self._id}: a transaction is open")
            self._cluster.set_transaction(self._id, Transaction())

    async def append(self, topic: str, messages: Sequence[Message]) -> int:
        """Append within the open transaction."""
        if not messages:
            raise ValueError("messages: nothing to append")
        await self._faults.step("log.append")
        first = self._cluster.append(topic, self._partition, messages, self._open())
        await self._faults.step("log.append.reply")
        return first

    async def commit(self) -> None:
        """Commit what is open."""
        await self._faults.step("log.commit")
        self._end(commit=True)
        await self._faults.step("log.commit.reply")

    async def seal(self, topic: str) -> None:
        """Write nothing but a control record."""
        await self.begin()
        await self._faults.step("log.seal")
        self._open().partitions[topic, self._partition] = None
        self._end(commit=True)
        await self._faults.step("log.seal.reply")

    async def abandon(self) -> None:
        """Send nothing more; what is open stays so."""
        self._abandoned = True

    def _open(self) -> Transaction:
        if self._abandoned:
            raise Uncertain(f"{self._id}: abandoned")
        if not self._cluster.is_newest(self._id, self._epoch):
            raise Uncertain(f"{self._id}: a newer producer has shut this one out", UncertainKind.LOG_FENCED)
        transaction = self._cluster.open_transaction(self._id)
        if transaction is None:
            raise Uncertain(f"{self._id}: no transaction is open")
        return transaction

    def _end(self, *, commit: bool) -> None:
        transaction = self._open()
        self._cluster.finish(transaction, commit=commit)
        self._cluster.set_transaction(self._id, None)
