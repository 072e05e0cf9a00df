"""Where the system is that a command talks to: one of your own, or the embedded one that runs in the data folder.

`RAPPORT_KAFKA` and `RAPPORT_REDIS` come first; what they leave out is taken from the running embedded system.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from rapport.terminal.failure import Failure
from shared.config.settings import Settings, load

if TYPE_CHECKING:
    from shared.embedded import Addresses
    from shared.runtime.kafka.connection import KafkaAccess
    from shared.runtime.redis.store import Client

T = TypeVar("T")
NOTHING_RUNS = "nothing is running: start `rapport run` or set {missing}"
ANSWER_SECONDS_MAX = 15.0
"""How long the brokers may take to say which topics there are."""


def addresses(settings: Settings) -> tuple[str, str]:
    """Return (Kafka as host:port,host:port; Redis as a URL); `Failure` when a part is neither named nor running."""
    return kafka_address(settings), redis_address(settings)


def kafka_address(settings: Settings) -> str:
    """Return Kafka as host:port,host:port; `Failure` when it is neither named nor running."""
    if settings.kafka is not None:
        return settings.kafka
    if (found := embedded_addresses(settings)) is None:
        raise Failure(NOTHING_RUNS.format(missing="RAPPORT_KAFKA"))
    return found.kafka


def redis_address(settings: Settings) -> str:
    """Return Redis or Valkey as a URL; `Failure` when it is neither named nor running."""
    if (own := settings.redis_url()) is not None:
        return own
    if (found := embedded_addresses(settings)) is None:
        raise Failure(NOTHING_RUNS.format(missing="RAPPORT_REDIS"))
    return found.redis


def embedded_addresses(settings: Settings) -> Addresses | None:
    """Return where the embedded system of the data folder is, or None when it does not run."""
    from shared.embedded import running

    return running(settings.data_dir)


def kafka_access(settings: Settings) -> KafkaAccess:
    """Return how to reach and enter Kafka."""
    from shared.runtime.kafka.connection import KafkaAccess

    if settings.kafka is not None:
        return KafkaAccess(settings.kafka, settings.kafka_security())
    if (found := embedded_addresses(settings)) is None:
        raise Failure(NOTHING_RUNS.format(missing="RAPPORT_KAFKA"))
    return found.access()


async def topic_partitions(access: KafkaAccess) -> dict[str, int]:
    """Ask for all topics and how many partitions each has. Asking makes no topic."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(**access.connection())
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            await admin.start()
            return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    finally:
        await admin.close()


async def existing(access: KafkaAccess, topics: Iterable[str]) -> list[str]:
    """Return those of the topics that exist: there are none of snapshots where those were never switched on."""
    there = await topic_partitions(access)
    return [topic for topic in topics if topic in there]


async def partitions_of(access: KafkaAccess, topic: str) -> int:
    """Ask how many partitions a topic has; `Failure` when it does not exist."""
    found = (await topic_partitions(access)).get(topic, 0)
    if not found:
        raise Failure(
            f"{topic} does not exist yet (`rapport topics apply` or `rapport run` makes it), or this principal may not see it"
        )
    return found


@asynccontextmanager
async def store_client(settings: Settings) -> AsyncIterator[Client]:
    """Give a client of the store that never retries, and close it."""
    from shared.runtime.redis.store import connect

    client = connect(redis_address(settings))
    try:
        yield client
    finally:
        with suppress(Exception):
            await client.aclose()


def present() -> datetime:
    """Return what time it is."""
    from shared.runtime.ports.clock import SystemClock

    return SystemClock().now()


def settings() -> Settings:
    """Read the settings."""
    return load()


def quiet_clients() -> None:
    """Clients log what they retry; a command says it once, in its own words."""
    import logging

    for name in ("aiokafka", "redis", "faststream"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
