"""FastStream's broker for what is published outside a transaction: clicks, sent and imported events, an operator's requests.

It has FastStream's own producer and no subscriber. Records leave as `shared.contracts` encodes them: FastStream would add
its header `correlation_id`, which no schema has, so a middleware takes it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from aiokafka.errors import KafkaConnectionError, KafkaError
from faststream import BaseMiddleware
from faststream.kafka import KafkaBroker

from shared.contracts.topic_names import ACTIVITY
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.library_internals import ask_for_topic, close_what_cannot_start

if TYPE_CHECKING:
    from faststream import PublishCommand

REQUEST_MS_MAX = 20_000
"""How long the brokers may take to acknowledge, retries included."""
TRIES = 3
"""Brokers that are asked whether Kafka is there, each chosen by chance, before it is said to be away."""
TRY_AGAIN_SECONDS = 0.5

Encoded = tuple[bytes, bytes, Sequence[tuple[str, bytes]]]
"""Key, value and headers of a record. The headers are UTF-8."""


class OurHeadersAlone(BaseMiddleware):
    """Leaves out the header by which FastStream traces a message."""

    async def publish_scope(self, call_next: Callable[[PublishCommand], Awaitable[Any]], cmd: PublishCommand) -> Any:
        """Publish without a correlation id."""
        cmd.correlation_id = None
        return await call_next(cmd)


class PublishingBroker(KafkaBroker):
    """A broker that only publishes: each record is acknowledged by all replicas, and none is there twice by a retry.

    `settings` are those of FastStream's `KafkaBroker`: linger, batch size. Connect it by `async with`.
    """

    def __init__(self, access: KafkaAccess, **settings: Any) -> None:
        super().__init__(
            access.servers,
            security=access.security,
            acks="all",
            enable_idempotence=True,
            allow_auto_create_topics=False,
            request_timeout_ms=REQUEST_MS_MAX,
            middlewares=[OurHeadersAlone],
            logger=None,
            **settings,
        )
        close_what_cannot_start(self)

    async def append(self, topic: str, record: Encoded, partition: int, timestamp_ms: int) -> asyncio.Future[Any]:
        """Append a record; what is returned ends with its acknowledgement, or with a `KafkaError`."""
        key, value, headers = record
        texts = {name: text.decode() for name, text in headers}
        return await self.publish(  # type: ignore[no-any-return, unused-ignore]
            value, topic, key=key, partition=partition, timestamp_ms=timestamp_ms, headers=texts, no_confirm=True
        )

    async def __aenter__(self) -> Self:
        """Connect; what is open when that fails is closed again."""
        try:
            return await super().__aenter__()
        except BaseException:
            await self.stop()
            raise

    async def answers(self) -> None:
        """Ask Kafka whether it answers; a `KafkaError` when it does not.

        FastStream's `ping` asks for all topics and partitions that there are. This asks for one topic, and so often another
        broker as one that is away is not all of Kafka.
        """
        admin = self.config.admin.admin_client
        if admin is None:
            raise KafkaConnectionError("is not connected")
        for left in reversed(range(TRIES)):
            try:
                await ask_for_topic(admin, ACTIVITY)
            except KafkaError:
                if not left:
                    raise
                await asyncio.sleep(TRY_AGAIN_SECONDS)
            else:
                return
