"""What a principal may try with Kafka, one call each: to write, to fence, to read, to join."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts import ACTIVITY
from shared.runtime.kafka.connection import KafkaAccess


@asynccontextmanager
async def producer(access: KafkaAccess, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(**access.connection(), **settings)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


def writes(topic: str) -> Callable[[KafkaAccess], Coroutine[Any, Any, None]]:
    async def work(access: KafkaAccess) -> None:
        async with producer(access) as made:
            await made.send_and_wait(topic, b"x", partition=0)

    return work


def fences(transactional_id: str) -> Callable[[KafkaAccess], Coroutine[Any, Any, None]]:
    async def work(access: KafkaAccess) -> None:
        async with producer(access, transactional_id=transactional_id):
            pass

    return work


def reads(topic: str) -> Callable[[KafkaAccess], Coroutine[Any, Any, None]]:
    async def work(access: KafkaAccess) -> None:
        async with access.reader() as reader:
            reader.assign([TopicPartition(topic, 0)])
            reader.seek(TopicPartition(topic, 0), 0)
            await reader.getmany(timeout_ms=1_000)

    return work


def joins(group: str) -> Callable[[KafkaAccess], Coroutine[Any, Any, None]]:
    async def work(access: KafkaAccess) -> None:
        consumer = AIOKafkaConsumer(ACTIVITY, **access.connection(), group_id=group)
        try:
            await consumer.start()
            await consumer.getmany(timeout_ms=1_000)
        finally:
            await consumer.stop()

    return work
