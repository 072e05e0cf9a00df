"""What a principal may try with Kafka, one call each: to write, to fence, to read, to join."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from shared.contracts import ACTIVITY, DEAD_LETTERS, DIGESTS, FOLLOWUPS, INVITES
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


REFUSED: dict[str, tuple[str, Callable[[KafkaAccess], Coroutine[Any, Any, None]], type[KafkaError], str]] = {
    "invites writes followups": ("invites", writes(FOLLOWUPS), TopicAuthorizationFailedError, "topic"),
    "followups writes digests": ("followups", writes(DIGESTS), TopicAuthorizationFailedError, "topic"),
    "digest writes invites": ("digest", writes(INVITES), TopicAuthorizationFailedError, "topic"),
    "invites writes activity": ("invites", writes(ACTIVITY), TopicAuthorizationFailedError, "topic"),
    "product writes invites": ("product", writes(INVITES), TopicAuthorizationFailedError, "topic"),
    "gateway writes invites": ("gateway", writes(INVITES), TopicAuthorizationFailedError, "topic"),
    "gateway writes dead letters": ("gateway", writes(DEAD_LETTERS), TopicAuthorizationFailedError, "topic"),
    "gateway reads activity": ("gateway", reads(ACTIVITY), TopicAuthorizationFailedError, "topic"),
    "gateway fences digest": (
        "gateway",
        fences(f"{DIGESTS}-0"),
        TransactionalIdAuthorizationFailed,
        "transactional_id",
    ),
    "gateway joins digest": ("gateway", joins("rapport-digest"), GroupAuthorizationFailedError, "group"),
    "product writes dead letters": ("product", writes(DEAD_LETTERS), TopicAuthorizationFailedError, "topic"),
    "operator writes digests": ("operator", writes(DIGESTS), TopicAuthorizationFailedError, "topic"),
    "invites fences followups": (
        "invites",
        fences(f"{FOLLOWUPS}-0"),
        TransactionalIdAuthorizationFailed,
        "transactional_id",
    ),
    "digest fences invites": ("digest", fences(f"{INVITES}-0"), TransactionalIdAuthorizationFailed, "transactional_id"),
    "product fences invites": (
        "product",
        fences(f"{INVITES}-0"),
        TransactionalIdAuthorizationFailed,
        "transactional_id",
    ),
    "invites joins followups": ("invites", joins("rapport-followups"), GroupAuthorizationFailedError, "group"),
    "followups joins digest": ("followups", joins("rapport-digest"), GroupAuthorizationFailedError, "group"),
    "digest joins invites": ("digest", joins("rapport-invites"), GroupAuthorizationFailedError, "group"),
    "product joins invites": ("product", joins("rapport-invites"), GroupAuthorizationFailedError, "group"),
}
