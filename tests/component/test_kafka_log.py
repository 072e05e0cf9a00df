"""What only the real log can show: coalesced questions, identities of topics, and what is set inside the client."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError
from aiokafka.producer import sender

from shared.runtime.kafka import producer, topic_identity
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.ports.interfaces import Uncertain
from tests.contract.log_bed import KafkaBed, message, say


async def test_questions_of_one_moment_are_one_request_and_a_later_one_is_not_answered_by_it(embedded: Any) -> None:
    bed = KafkaBed(embedded.kafka)
    try:
        await bed.start()
        log = await bed.log()
        assert isinstance(log, KafkaLog)
        asked: list[int] = []
        consumer = log._asking()
        ask = consumer.end_offsets

        async def counted(at: list[TopicPartition]) -> dict[TopicPartition, int]:
            asked.append(len(at))
            found: dict[TopicPartition, int] = await ask(at)
            if len(asked) == 1:  # the reply is under way: what is acknowledged now is not in it
                await bed.plain(bed.other, message("later"))
                later.append(asyncio.create_task(log.ends([bed.other], 0)))
                await later[0]
            return found

        later: list[asyncio.Task[Any]] = []
        consumer.end_offsets = counted
        both = await asyncio.gather(log.ends([bed.own, bed.other], 0), log.ends([bed.own, bed.other], 1))
        assert list(both) == [{bed.own: 0, bed.other: 0}] * 2
        assert await later[0] == {bed.other: 1}
        assert asked == [4, 1]
    finally:
        await bed.stop()


async def test_an_identity_of_a_missing_topic_is_uncertain(embedded: Any) -> None:
    log = KafkaLog(KafkaAccess(embedded.kafka), "own", [])
    await log._identities.start()
    try:
        with pytest.raises(Uncertain, match=UnknownTopicOrPartitionError.__name__):
            await log.identity([f"missing-{uuid4().hex}"])
    finally:
        await log.stop()


async def test_a_broker_without_topic_ids_still_tells_its_cluster(
    embedded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed = KafkaBed(embedded.kafka)
    try:
        await bed.start()
        log = await bed.log()
        cluster_id = (await log.identity([bed.own]))[bed.own].split("/")[0]
        monkeypatch.setattr(topic_identity._MetadataRequest, "API_VERSION", 999)
        assert await log.identity([bed.own]) == {bed.own: f"{cluster_id}/"}
        with pytest.raises(Uncertain, match=UnknownTopicOrPartitionError.__name__):
            await log.identity([f"missing-{uuid4().hex}"])
    finally:
        await bed.stop()


async def test_what_a_cancelled_step_had_to_append_never_leaves_when_its_producer_is_closed(embedded: Any) -> None:
    """The broker is away for a moment, as its client sees it. Closed without being silenced, the producer appends then."""
    bed = KafkaBed(embedded.kafka)
    try:
        await bed.start()
        log = await bed.log()
        assert isinstance(log, KafkaLog)
        writer = await log.fence(0)
        await say(writer, bed.own, "said")
        client, tried, away = writer._producer.client, asyncio.Event(), True
        send = client.send

        async def sometimes(*arguments: Any, **more: Any) -> Any:
            if away:
                tried.set()
                raise KafkaConnectionError("away")
            return await send(*arguments, **more)

        client.send = sometimes
        await writer.begin()
        step = asyncio.create_task(writer.append(bed.own, [message("never")]))
        await tried.wait()
        step.cancel()
        await asyncio.wait([step])
        away = False
        await log.stop()
        bounds = await (await bed.log()).bounds([bed.own], 0)
        assert bounds[bed.own].end == 2, "one record and its control record"
    finally:
        await bed.stop()


def test_aiokafka_still_reads_the_pause_between_transactions_from_where_it_is_set() -> None:
    producer.shorten_transaction_pause()
    assert sender.BACKOFF_OVERRIDE == producer.TRANSACTION_PAUSE_SECONDS
    handler = sender.AddPartitionsToTxnHandler.handle_response
    assert "BACKOFF_OVERRIDE" in handler.__code__.co_names
    assert handler.__globals__ is vars(sender)
