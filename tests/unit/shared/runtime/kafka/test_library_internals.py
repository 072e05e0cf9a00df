"""Each private name of aiokafka and FastStream that is used is there in the locked versions, and all stand in one file."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer import fetcher
from aiokafka.producer import message_accumulator, sender
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from faststream.kafka import KafkaBroker

from shared.runtime.kafka import library_internals

ROOT = Path(__file__).parents[5]
INTERNALS = Path(library_internals.__file__).relative_to(ROOT)
LIBRARIES = ("aiokafka", "faststream")
FOREIGN = re.compile(r"(?<!\bself)(?<!\bcls)\._(?!_)|from (aiokafka|faststream)")
"""A source without it reaches into nothing: to parse all of them would take seconds."""
OTHERS = {"connection._reader", "state.view._items", "os._exit", "RuleWords._fields"}
"""Private names of redis, of our own tests' world and of Python; and what Python documents of a named tuple."""
IN_MODULES = {"fetcher": fetcher, "sender": sender}
IN_CODE: dict[str, Any] = {
    "AIOKafkaAdminClient": AIOKafkaAdminClient,
    "AIOKafkaConsumer": AIOKafkaConsumer,
    "AIOKafkaProducer": AIOKafkaProducer,
    "Fetcher": fetcher.Fetcher,
    "KafkaBroker": KafkaBroker,
    "PartitionRecords": library_internals.RecordsOfPartition,
    "MessageAccumulator": message_accumulator.MessageAccumulator,
    "MessageBatch": message_accumulator.MessageBatch,
    "Sender": sender.Sender,
    "TransactionManager": TransactionManager,
    "_DefaultRecordBatchPy": _DefaultRecordBatchPy,
    "_MemoryRecordsPy": _MemoryRecordsPy,
}


def reached_into(source: str) -> Iterator[str]:
    """Yield what a module reaches of others' private names: attributes, and imports from the two libraries."""
    if not FOREIGN.search(source):
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")) | ast.Attribute(value=ast.Call()):
                continue
            case ast.Attribute(attr=name) if name.startswith("_") and not name.startswith("__"):
                yield ast.unparse(node)
            case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] in LIBRARIES:
                if "._" in module or any(one.name.startswith("_") for one in names):
                    yield ast.unparse(node)


def test_nothing_else_reaches_into_the_libraries() -> None:
    sources = [path for room in ("rapport", "services", "shared") for path in (ROOT / room).rglob("*.py")]
    found = {
        (str(path.relative_to(ROOT)), what)
        for path in sources
        if path.relative_to(ROOT) != INTERNALS
        for what in reached_into(path.read_text("utf-8"))
    }
    assert {what for _, what in found} <= OTHERS, found
    assert len(list(reached_into((ROOT / INTERNALS).read_text("utf-8")))) > 8, "the search finds them where they are"


@pytest.mark.parametrize("name", library_internals.USED)
def test_a_name_is_there_in_the_locked_version(name: str) -> None:
    where, _, attribute = name.partition(".")
    if where in IN_MODULES:
        assert hasattr(IN_MODULES[where], attribute)
        return
    last = attribute.rpartition(".")[2]
    names = {
        node.attr if isinstance(node, ast.Attribute) else getattr(node, "name", "")
        for one in inspect.getmro(IN_CODE[where])
        if one.__module__.startswith(LIBRARIES)
        for node in ast.walk(ast.parse(inspect.cleandoc("\n" + inspect.getsource(one))))
    }
    assert last in names, f"{name} is not there in this version: read what took its place"


@pytest.mark.parametrize("name", library_internals.USED)
def test_each_name_has_its_reason(name: str) -> None:
    why, upstream = library_internals.USED[name]
    assert why
    assert upstream
    assert name.rpartition(".")[2] in (ROOT / INTERNALS).read_text("utf-8").partition('"""Name ->')[2]


async def test_a_partition_is_added_and_a_sender_ends_on_a_real_producer() -> None:
    producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", transactional_id="id")
    library_internals.end_sender(producer)  # it has not started
    manager = producer._txn_manager
    manager.set_pid_and_epoch(1, 1)
    manager.begin_transaction()
    library_internals.add_to_transaction(producer, TopicPartition("topic", 3))
    assert manager.partitions_to_add() == {TopicPartition("topic", 3)}
    manager.error_transaction(RuntimeError("nobody awaits this"))
    library_internals.end_sender(producer)
    await producer.client.close()
    producer._closed = True


async def test_a_producer_that_is_to_send_nothing_more_cancels_what_tries() -> None:
    producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1")
    library_internals.send_nothing_more(producer)
    trying = asyncio.ensure_future(producer.client.send(0, None))
    await asyncio.wait([trying])
    assert trying.cancelled()
    producer._closed = True


async def test_replies_are_looked_at_and_handed_on() -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
    seen = []

    async def send(node: int, request: str) -> str:
        return f"{request} to {node}"

    async def look(reply: str) -> None:
        seen.append(reply)

    consumer._client.send = send
    library_internals.look_at_replies(consumer, look)
    assert await consumer._client.send(1, "fetch") == "fetch to 1"
    assert seen == ["fetch to 1"]
    assert not library_internals.fetching_has_ended(consumer)
    await consumer.stop()


async def test_a_broker_takes_its_consumer_from_the_maker() -> None:
    class Broker(library_internals.BrokerWithConsumer):
        def maker(self) -> Any:
            return lambda **settings: (settings["group_id"], "made here")

    broker = Broker("127.0.0.1:1", consumer_only=True, logger=None)
    await broker.connect()
    subscriber = broker.subscriber("topic", group_id="group")
    assert subscriber.builder(group_id=subscriber.group_id) == ("group", "made here")
