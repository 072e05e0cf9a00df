"""Every private name of aiokafka and FastStream that the product uses: what for, and which issue upstream would end it.

Nothing else reaches into the two. `tests/unit/shared/runtime/kafka/test_library_internals.py` tries each name on the
locked versions, and looks through the sources for others. To raise a version: raise it, run that test, read what has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer import fetcher
from aiokafka.producer import sender
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from faststream.kafka import KafkaBroker
from faststream.kafka.publisher.producer import AioKafkaFastProducerImpl

AIOKAFKA: Final = "https://github.com/aio-libs/aiokafka/issues"
FASTSTREAM: Final = "https://github.com/ag2ai/faststream/issues"
NONE: Final = "no issue is known to us"

USED: Final[dict[str, tuple[str, str]]] = {
    "KafkaBroker._connect": ("no setting says which class of consumer is made", f"{FASTSTREAM}/2868 asks for settings"),
    "KafkaBroker.config.broker_config.builder": ("where FastStream takes its maker of consumers from", "the same"),
    "KafkaBroker.config.broker_config.producer": ("a producer that cannot start is forgotten unclosed", NONE),
    "AIOKafkaConsumer._client": ("a fetch that a broker refuses for one partition is only logged", NONE),
    "AIOKafkaConsumer._fetcher": ("a fetcher that has ended raises nothing: polls stay empty", NONE),
    "Fetcher._closed": ("the same", NONE),
    "Fetcher.error_future": ("the same", NONE),
    "fetcher.MemoryRecords": ("a batch that cannot be read stops its partition", f"{AIOKAFKA}/321"),
    "fetcher.PartitionRecords": ("the same", f"{AIOKAFKA}/321"),
    "PartitionRecords._records_iterator": ("a walk that is given up keeps its batch", NONE),
    "_MemoryRecordsPy._next_slice": ("the bytes of a batch have no public name", NONE),
    "_DefaultRecordBatchPy._maybe_uncompress": ("a header's name that is not UTF-8 raises", NONE),
    "_DefaultRecordBatchPy._buffer": ("the same", NONE),
    "AIOKafkaAdminClient._send_request": ("to ask for a topic by its public name lets brokers make it", NONE),
    "sender.BACKOFF_OVERRIDE": ("the pause between two transactions has no setting", NONE),
    "AIOKafkaProducer._txn_manager": ("a transaction without a record cannot be committed", NONE),
    "TransactionManager.maybe_add_partition_to_txn": ("the same", NONE),
    "TransactionManager._transaction_waiter": ("its error is reported as forgotten", NONE),
    "AIOKafkaProducer._sender": ("a sender that waits for a broker for ever does not end with `stop`", NONE),
    "Sender.sender_task": ("the same", NONE),
    "AIOKafkaProducer._message_accumulator": ("errors of unsent batches are reported as forgotten", NONE),
    "MessageAccumulator._batches": ("the same", NONE),
    "MessageBatch._drain_waiter": ("the same", NONE),
}
"""Name -> (why it is used, what is known upstream)."""

PythonRecords = _MemoryRecordsPy
"""aiokafka's reader of a fetch in Python: the one in C has no subclass."""

RecordsOfPartition = fetcher.PartitionRecords
"""aiokafka's walk over the records of a fetch."""


class PythonBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka is untyped
    """aiokafka's batch in Python, which reads from what `readable` makes of its bytes."""

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = self.readable(self._buffer)

    def readable(self, plain: bytearray) -> bytearray:
        """Return the bytes to read from."""
        return plain


def next_slice(records: _MemoryRecordsPy) -> bytes | memoryview | None:
    """Return the bytes of the batch that comes next in a fetch; None at its end."""
    raw: bytes | memoryview | None = records._next_slice  # noqa: SLF001
    return raw


def end_walk(records: Any) -> None:
    """End a walk wherever it is: it holds itself by its generator."""
    walk = records._records_iterator  # noqa: SLF001
    if walk is not None:
        walk.close()


def read_batches_by(records: type, partition_records: type) -> None:
    """Have all consumers of the process read fetches by these classes. `RuntimeError` in a version without the names."""
    for name in ("MemoryRecords", "PartitionRecords"):
        _there(fetcher, name)
    fetcher.MemoryRecords = records
    fetcher.PartitionRecords = partition_records


async def ask_for_topic(admin: AIOKafkaAdminClient, topic: str) -> None:
    """Ask one broker, chosen by chance, for a topic, which is not made by that; a `KafkaError` when it does not answer."""
    await admin._send_request(MetadataRequest([topic], allow_auto_topic_creation=False))  # noqa: SLF001


def set_transaction_pause(seconds: float) -> None:
    """Set the pause between two transactions of a producer, for the process. `RuntimeError` in a version without it."""
    _there(sender, "BACKOFF_OVERRIDE")
    sender.BACKOFF_OVERRIDE = seconds


def _there(module: Any, name: str) -> None:
    if not hasattr(module, name):
        raise RuntimeError(f"{module.__name__}.{name}: is not there in this version of aiokafka")


def fetching_has_ended(consumer: AIOKafkaConsumer) -> bool:
    """Say whether the task that fetches has ended although the consumer has not."""
    found = consumer._fetcher  # noqa: SLF001
    return found is not None and not found._closed and found.error_future.done()  # noqa: SLF001


def look_at_replies(consumer: AIOKafkaConsumer, look: Callable[[Any], Awaitable[None]]) -> None:
    """Have each reply to the consumer's requests looked at on its way in."""
    client = consumer._client  # noqa: SLF001
    send = client.send

    async def looked_at(*arguments: Any, **more: Any) -> Any:
        reply = await send(*arguments, **more)
        await look(reply)
        return reply

    client.send = looked_at


def add_to_transaction(producer: AIOKafkaProducer, partition: TopicPartition) -> None:
    """Put a partition into the open transaction without a record."""
    producer._txn_manager.maybe_add_partition_to_txn(partition)  # noqa: SLF001


def send_nothing_more(producer: AIOKafkaProducer) -> None:
    """Cancel whatever tries to send from now on.

    A sender that is cancelled waits for its requests under way, and one that looks for its coordinator tries for ever: it
    would be heard after all when the broker is back.
    """

    async def refuse(*_: Any, **__: Any) -> Any:
        raise asyncio.CancelledError("this producer sends nothing more")

    producer.client.send = refuse


def end_sender(producer: AIOKafkaProducer) -> None:
    """End the sender task, which would retry for ever, and look at errors that would be reported as forgotten."""
    task = producer._sender.sender_task  # noqa: SLF001
    if task is not None:
        task.cancel()
    for future in (task, producer._txn_manager._transaction_waiter, *_unsent(producer)):  # noqa: SLF001
        if future is not None and future.done() and not future.cancelled():
            future.exception()


def _unsent(producer: AIOKafkaProducer) -> Iterator[asyncio.Future[Any]]:
    for batches in producer._message_accumulator._batches.values():  # noqa: SLF001
        for batch in batches:
            yield batch._drain_waiter  # noqa: SLF001


class _ProducerThatIsClosed(AioKafkaFastProducerImpl):
    """FastStream's producer, which closes aiokafka's when that cannot start: FastStream keeps only one that has started."""

    async def connect(self, producer: AIOKafkaProducer, *arguments: Any, **more: Any) -> None:
        try:
            await super().connect(producer, *arguments, **more)
        except BaseException:
            await producer.stop()
            raise


def close_what_cannot_start(broker: KafkaBroker) -> None:
    """Have the broker close a producer whose start fails or is cancelled."""
    broker.config.broker_config.producer = _ProducerThatIsClosed(parser=None, decoder=None)


class BrokerWithConsumer(KafkaBroker):
    """FastStream's broker, whose consumers are made by `maker()`, asked for whenever it connects."""

    def maker(self) -> Callable[..., AIOKafkaConsumer]:
        """Return what makes a consumer of the subscriber's arguments."""
        raise NotImplementedError

    async def _connect(self) -> Callable[..., AIOKafkaConsumer]:
        self.config.broker_config.builder = self.maker()
        return self.config.broker_config.builder
