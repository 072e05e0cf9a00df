"""A Kafka cluster in memory: topics, offsets, transactions, and what readers may see of them.

It keeps what the shell depends on: control records take offsets, a read_committed reader stops at the first open
transaction, a new producer under an id shuts the older one out and aborts what it left open, and a topic that is made
again has another identity. With `markers_late`, a commit is acknowledged before its control records stand in the log,
as on Kafka: until then readers do not see it. It has no clock and no tasks: every change is one plain call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.runtime.ports.interfaces import Bounds, Message, Record, Uncertain
from shared.testing.fakes.fake_partition import FakePartition, Outcome, Transaction


@dataclass(slots=True)
class _Producer:
    """The newest producer under a transactional id."""

    epoch: int = 0
    transaction: Transaction | None = None


class FakeCluster:
    """Topics with the same number of partitions each, for as many services as a test likes."""

    def __init__(
        self, topics: Sequence[str], partitions: int = 1, name: str = "fake", *, markers_late: bool = False
    ) -> None:
        self.partitions = partitions
        self.name = name
        self._markers_late = markers_late
        self._ending: list[tuple[Transaction, Outcome]] = []
        self._generation = dict.fromkeys(topics, 1)
        self._logs = {(topic, number): FakePartition() for topic in topics for number in range(partitions)}
        self._producers: dict[str, _Producer] = {}
        self._unsealed: dict[tuple[str, int], Transaction] = {}
        """Transactions that have lost their control record there."""

    # What producers do.

    def begin(self) -> Transaction:
        """Begin a transaction of a foreign producer (one without an id of ours)."""
        return Transaction()

    def append(
        self, topic: str, partition: int, messages: Sequence[Message], transaction: Transaction | None = None
    ) -> int:
        """Append, within a transaction or without one; return the first message's offset."""
        log = self._log(topic, partition)
        first = log.end
        for offset, message in enumerate(messages, first):
            headers = tuple((name, value) for name, value in message.headers)
            record = Record(topic, partition, offset, message.key, message.value, headers, message.logged_ms)
            log.add(record, transaction)
        if transaction is not None:
            transaction.partitions[topic, partition] = None
        return first

    def append_plain(self, topic: str, partition: int, message: Message) -> int:
        """Append one message of a producer without transactions; return its offset."""
        return self.append(topic, partition, [message])

    def finish(self, transaction: Transaction, *, commit: bool) -> None:
        """Commit or abort: each partition that was written to gets one control record, at once or late."""
        if transaction.outcome is not Outcome.OPEN:
            raise Uncertain("the transaction has ended")
        transaction.outcome = Outcome.ENDING
        self._ending.append((transaction, Outcome.COMMITTED if commit else Outcome.ABORTED))
        if not self._markers_late:
            self.write_markers()

    def write_markers(self) -> None:
        """Write the control records of all that was decided: now readers see it."""
        for transaction, outcome in self._ending:
            transaction.outcome = outcome
            for at in transaction.partitions:
                if (unsealed := self._unsealed.pop(at, None)) is not None:
                    unsealed.outcome = outcome  # the next control record of the producer ends it, too
                if (log := self._logs.get(at)) is not None:
                    log.add(None, transaction)
        self._ending.clear()

    def leave_out_marker(self, topic: str, partition: int) -> bool:
        """Leave out the control record of a commit, if one was the last to be written there: readers see nothing of it.

        As Kafka does for a partition that has no leader at that moment.
        """
        log = self._log(topic, partition)
        if (transaction := log.unseal()) is None:
            return False
        transaction.outcome = Outcome.ENDING
        self._unsealed[topic, partition] = transaction
        return True

    def new_epoch(self, transactional_id: str) -> int:
        """Make a new producer under the id: the older one is shut out, what it left open is aborted."""
        producer = self._producers.setdefault(transactional_id, _Producer())
        self._abort_open(producer)
        self.write_markers()  # the coordinator makes no new producer before the last one's transaction has ended
        producer.epoch += 1
        return producer.epoch

    def expire(self) -> int:
        """Abort every open transaction of a producer with an id, as the broker does after the transaction timeout.

        Their producers are shut out. Return how many transactions it were.
        """
        late = [producer for producer in self._producers.values() if producer.transaction is not None]
        for producer in late:
            self._abort_open(producer)
            producer.epoch += 1
        return len(late)

    def is_newest(self, transactional_id: str, epoch: int) -> bool:
        """Return whether no newer producer has shut this one out."""
        return self._producers[transactional_id].epoch == epoch

    def open_transaction(self, transactional_id: str) -> Transaction | None:
        """Return what the newest producer of the id has open."""
        return self._producers[transactional_id].transaction

    def set_transaction(self, transactional_id: str, transaction: Transaction | None) -> None:
        """Say which transaction the newest producer of the id has open. A new one waits for the markers of the last."""
        if transaction is not None:
            self.write_markers()
        self._producers[transactional_id].transaction = transaction

    def _abort_open(self, producer: _Producer) -> None:
        if producer.transaction is not None:
            self.finish(producer.transaction, commit=False)
            producer.transaction = None

    # What readers see.

    def bounds(self, topic: str, partition: int) -> Bounds:
        """Return begin and high watermark."""
        log = self._log(topic, partition)
        return Bounds(log.begin, log.end)

    def last_stable(self, topic: str, partition: int) -> int:
        """Return how far a read_committed reader can come."""
        return self._log(topic, partition).last_stable

    def committed(
        self, topic: str, partition: int, start: int = 0, end: int | None = None, records_max: int = 1 << 60
    ) -> tuple[list[Record], int]:
        """Return the committed records from `start`, below `end`, and the position after them."""
        log = self._log(topic, partition)
        return log.committed(start, log.end if end is None else end, records_max)

    def history(self, topic: str, partition: int) -> list[Record]:
        """Return all records that were ever committed, those with them that were deleted since: for who judges."""
        return self._log(topic, partition).history()

    def identity(self, topic: str) -> str:
        """Return "cluster/topic id"."""
        if topic not in self._generation:
            raise Uncertain(f"{topic}: no such topic")
        return f"{self.name}/{topic}-{self._generation[topic]}"

    @property
    def topics(self) -> Mapping[str, str]:
        """The topics and their identities."""
        return {topic: self.identity(topic) for topic in self._generation}

    # What operators do.

    def trim(self, topic: str, partition: int, before: int) -> None:
        """Delete the records below `before`."""
        self._log(topic, partition).trim(before)

    def compact(self, topic: str, partition: int, before: int) -> None:
        """Keep of what stands below `before` the last record of each key."""
        self._log(topic, partition).compact(before)

    def lose_tail(self, topic: str, partition: int, before: int) -> None:
        """Lose what stands at `before` and above, as a cluster does that came back from an older disk."""
        self._log(topic, partition).lose_tail(before)

    def ends_of_transactions(self, topic: str, partition: int) -> list[int]:
        """Return the offsets behind control records."""
        return self._log(topic, partition).ends_of_transactions()

    def recreate(self, topic: str) -> None:
        """Delete the topic and make it again: empty, offsets from 0, another identity."""
        self._generation[topic] += 1
        for number in range(self.partitions):
            self._logs[topic, number] = FakePartition()

    def _log(self, topic: str, partition: int) -> FakePartition:
        try:
            return self._logs[topic, partition]
        except KeyError:
            raise Uncertain(f"{topic}-{partition}: no such partition") from None
