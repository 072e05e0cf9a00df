"""How every Kafka client of a process connects, and how their errors become `Uncertain`.

One place, so that TLS and SASL reach FastStream's broker and aiokafka's own clients alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext

from shared.runtime.kafka.errors import kind_of_kafka
from shared.runtime.kafka.fetching.fetched_batches import read_any_batch
from shared.runtime.ports.interfaces import Uncertain

CLOSE_SECONDS_MAX = 10.0
"""How long a client that is no longer needed may take to close. It is closed behind the work, never in its way."""


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """Where the brokers are ("host:port,host:port") and how to enter (None: plaintext)."""

    servers: str
    security: BaseSecurity | None = None

    @classmethod
    def by_password(cls, servers: str, user: str, password: str) -> KafkaAccess:
        """Return how to enter by SASL/PLAIN without TLS, as on the loopback of one machine."""
        return cls(servers, SASLPlaintext(user, password, use_ssl=False))

    def connection(self) -> dict[str, Any]:
        """Return the arguments that every aiokafka client takes."""
        return {"bootstrap_servers": self.servers, **parse_security(self.security)}

    def reader(self, **settings: Any) -> AIOKafkaConsumer:
        """Make a consumer without a group: it owns nothing, so it disturbs nobody."""
        read_any_batch()
        return AIOKafkaConsumer(**self.connection(), group_id=None, enable_auto_commit=False, **settings)


@contextmanager
def uncertain(what: str) -> Iterator[None]:
    """Turn any error of the block into `Uncertain` that says what was tried and the error's type, never its content.

    A client that is being closed cancels its own futures; that is an error like any other. Only the cancellation of
    the running task itself passes.
    """
    try:
        yield
    except Uncertain:
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Uncertain(f"{what}: the client was closed") from error
    except Exception as error:
        raise Uncertain(f"{what}: {type(error).__name__}", kind_of_kafka(error)) from error


class Background:
    """Tasks that nobody waits for (the closing of old clients), held by a strong reference until they end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, object], seconds: float = CLOSE_SECONDS_MAX) -> None:
        """Start `work`; what it raises is of no interest, and it ends after `seconds`."""
        task = asyncio.create_task(self._quiet(work, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drained(self) -> None:
        """Wait for all that runs; each has its own limit."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    @staticmethod
    async def _quiet(work: Coroutine[Any, Any, object], seconds: float) -> None:
        with suppress(Exception):
            await asyncio.wait_for(work, seconds)
