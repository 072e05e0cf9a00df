"""Guards of the shell, each with what switches it off in a worker. The checker must notice every one of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from rapport.webhooks import runner as webhook_runner
from rapport.webhooks.delivering.delivery import Delivery
from rapport.webhooks.delivering.message import Message as Posted
from rapport.webhooks.runner import EndpointRunner
from shared.runtime.kafka.consuming.partition_queue import PartitionQueue
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka.producer import KafkaWriter
from shared.runtime.ports.interfaces import Batch, Message, Offsets, Record
from shared.runtime.processing import invariants, process
from shared.runtime.processing.effects import Performer
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.snapshot_model.snapshot_form import Mark
from shared.runtime.snapshot_model.snapshot_state import Snapshots
from shared.runtime.snapshots import snapshot_round
from tests.chaos.moments import put

PLENTY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard that can be off."""

    about: str
    switch_off: Callable[[], None]


def _unfenced_load() -> None:
    """Load whatever stands in the store; the idle look and the commit still compare fencing tokens."""
    same_fencing_token = invariants.same_fencing_token

    async def check_fencing_token(owner: PartitionTask[Any, Any]) -> None:
        same_fencing_token(await owner.store.fencing_token(owner.partition), owner.fencing_token)

    put(invariants, "same_fencing_token", lambda loaded, own: None)
    put(process, "check_fencing_token", check_fencing_token)


class UnfencedWriter(KafkaWriter):
    """A producer as one without a transactional id is: it shuts nobody out, and what it has appended stands."""

    async def begin(self) -> None:
        """Begin nothing."""

    async def append(self, topic: str, messages: Sequence[Message]) -> int:
        """Append for good."""
        await super().begin()
        first = await super().append(topic, messages)
        await super().commit()
        return first

    async def commit(self) -> None:
        """Commit nothing: it stands already."""

    async def abandon(self) -> None:
        """Abandon nothing: it stands already."""


def _log_fence() -> None:
    async def fence(log: KafkaLog, partition: int) -> KafkaWriter:
        writer = UnfencedWriter(log._access, f"{log._own}-{partition}-{uuid.uuid4()}", partition)
        await writer.start()
        return writer

    put(KafkaLog, "fence", fence)


def _completeness() -> None:
    put(invariants, "complete", lambda positions, ends: True)


def _read_back() -> None:
    put(invariants, "read_back_from", lambda own_end, end: end)


def _checkpoint() -> None:
    put(invariants, "checkpoint_in_log", lambda checkpoint, record: None)


def _stale_batch() -> None:
    """The feed's own look at generations, and the owner's at positions."""

    def take_in(
        feed: PartitionQueue, records: Mapping[str, Sequence[Record]], positions: Offsets, generation: int
    ) -> None:
        if feed.live:
            feed._inbox.append(Batch(records, positions))
            feed.ring()

    put(invariants, "is_stale", lambda position, last: False)
    put(PartitionQueue, "put", take_in)


def _parking() -> None:
    put(invariants, "parks", lambda: False)


def _read_committed() -> None:
    make = AIOKafkaConsumer.__init__

    def of_everything(consumer: AIOKafkaConsumer, *topics: str, **settings: Any) -> None:
        make(consumer, *topics, **{**settings, "isolation_level": "read_uncommitted"})

    put(AIOKafkaConsumer, "__init__", of_everything)


def _poll_loses() -> None:
    put(invariants, "read_anew", lambda feeds, reason: None)


def _slots() -> None:
    @contextmanager
    def for_all(performer: Performer, owner: PartitionTask[Any, Any]) -> Iterator[int]:
        yield PLENTY

    put(Performer, "slots", for_all)


def _drain() -> None:
    async def at_once(performer: Performer, seconds: float) -> None:
        performer._closed = True

    put(Performer, "drain", at_once)


def _too_early() -> None:
    mark = snapshot_round._Dose.mark

    def of_all(dose: snapshot_round._Dose) -> Mark:
        turn, taken = dose.state.round, dose.taken
        dose.taken = len(turn.left) if turn else 0
        try:
            return mark(dose)
        finally:
            dose.taken = taken

    put(snapshot_round._Dose, "mark", of_all)


def _in_halves() -> None:
    """Let the first part of a member's snapshot stand before the others, and hold a worker only where some are missing."""
    append = KafkaWriter.append

    async def write(owner: PartitionTask[Any, Any], state: Snapshots, messages: list[Message]) -> None:
        writer = owner.writer
        assert isinstance(writer, KafkaWriter)
        keys = [one.key or b"" if one.value is not None else b"" for one in messages]
        half = next((number for number, key in enumerate(keys) if key.startswith(b"001:")), len(messages))
        await writer.begin()
        await append(writer, state.topic, messages[:half])
        await writer.commit()
        if rest := messages[half:]:
            await writer.begin()
            await writer.append(state.topic, rest)
            await writer.commit()
        state.end = (await owner.log.bounds([state.topic], owner.partition))[state.topic].end

    put(snapshot_round, "_write", write)


def _taken_first() -> None:
    """The offset of a batch moves on before anything of it is posted."""
    deliver = EndpointRunner._deliver

    async def forgets(
        runner: EndpointRunner, consumer: AIOKafkaConsumer, at: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> None:
        await webhook_runner._commit(consumer, at, records[-1].offset + 1, None)
        await deliver(runner, consumer, at, records)

    put(EndpointRunner, "_deliver", forgets)


def _one_after_another() -> None:
    async def at_once(delivery: Delivery, messages: Sequence[Posted]) -> None:
        await asyncio.gather(*map(delivery._until_taken, messages))

    put(Delivery, "_in_order", at_once)


GUARDS: Final[Mapping[str, Guard]] = {
    "unfenced-load": Guard("items are loaded under whatever fencing token the store has", _unfenced_load),
    "no-log-fence": Guard("producers shut nobody out", _log_fence),
    "no-completeness": Guard("wakes fire without asking for the ends of the log", _completeness),
    "no-read-back": Guard("a recovery goes on at the end of the own topic", _read_back),
    "no-checkpoint": Guard("nobody looks whether the last known event stands in the log", _checkpoint),
    "no-stale-check": Guard("batches that were fetched before a seek are taken in", _stale_batch),
    "poll-loses": Guard("what a poll that failed had fetched is forgotten", _poll_loses),
    "no-parking": Guard("what can never be said is tried for ever", _parking),
    "sending-for-all": Guard("a mail is said to be sent before it has its place in SMTP", _slots),
    "no-drain": Guard("who is ended does not wait for the mails that are under way", _drain),
    "read-uncommitted": Guard("consumers read what is open or aborted, too", _read_committed),
    "covers-early": Guard("a mark covers members who have no snapshot of its round", _too_early),
    "half-snapshots": Guard("the first part of a snapshot is a transaction of its own", _in_halves),
    "webhook-forgets": Guard("the position moves on before the receiver has answered", _taken_first),
    "webhook-hurries": Guard("a member's events are posted all at once", _one_after_another),
}
