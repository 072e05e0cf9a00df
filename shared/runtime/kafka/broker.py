"""FastStream's broker for a service: it only consumes, by a consumer of ours, and is told at its start where Kafka is.

A module declares its subscribers when it is imported; which Kafka it is, settings say when it starts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.fetching.fetched_batches import read_any_batch
from shared.runtime.kafka.library_internals import BrokerWithConsumer

METADATA_MS_MAX: Final = 30_000
"""After so long a consumer asks anew which topics and partitions there are: a group that a deleted topic has left with
nothing learns by that alone that it is there again. The client's own 5 minutes are a long time to do nothing."""
NOWHERE: Final = "localhost:9092"
"""Shown in FastStream's own documents; nothing connects to it."""


class ServiceBroker(BrokerWithConsumer):
    """A broker that only consumes: events go out through transactional producers of our own.

    `consumer` makes its consumer, from the arguments of the connection and of the subscriber. `access` must be set before it
    starts.
    """

    def __init__(self, consumer: Callable[..., AIOKafkaConsumer], access: KafkaAccess | None = None) -> None:
        super().__init__(
            access.servers if access else NOWHERE,
            consumer_only=True,
            logger=None,
            apply_types=False,  # events are read by the partition tasks, once, with a reason for each that cannot be
        )
        self.access = access
        self._make = consumer

    def maker(self) -> Callable[..., AIOKafkaConsumer]:
        """Return what makes the consumer. `RuntimeError` before `access` is set."""
        if self.access is None:
            raise RuntimeError("a broker was started before it was told where Kafka is")
        read_any_batch()
        return partial(self._make, **self.access.connection(), metadata_max_age_ms=METADATA_MS_MAX)
