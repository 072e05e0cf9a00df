"""FastStream's broker for what is published outside a transaction: clicks, sent and imported events, an operator's requests.

It has FastStream's own producer and no subscriber. Records leave as `shared.contracts` encodes them: FastStream would add
its header `correlation_id`, which no schema has, so a middleware takes it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaConnectionError
from faststream import BaseMiddleware
from faststream.kafka import KafkaBroker

from shared.runtime.kafka.connection import KafkaAccess

if TYPE_CHECKING:
    from faststream import PublishCommand

REQUEST_MS_MAX = 20_000
"""How long the brokers may take to acknowledge, retries included."""
PING_SECONDS_MAX = 25.0
"""How long Kafka may take to say that it is there: longer than one request may take; a second try may be cut off."""

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

    async def append(self, topic: str, record: Encoded, partition: int, timestamp_ms: int) -> asyncio.Future[Any]:
        """Append a record; what is returned ends with its acknowledgement, or with a `KafkaError`."""
        key, value, headers = record
        texts = {name: text.decode() for name, text in headers}
        return await self.publish(  # type: ignore[no-any-return, unused-ignore]
            value, topic, key=key, partition=partition, timestamp_ms=timestamp_ms, headers=texts, no_confirm=True
        )

    async def answers(self) -> None:
        """Ask Kafka whether it answers; a `KafkaConnectionError` when it does not."""
        if not await self.ping(PING_SECONDS_MAX):
            raise KafkaConnectionError("no broker answers")
