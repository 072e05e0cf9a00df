"""Runs what a command does against Kafka and the store, and puts what they refuse into one line."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from rapport.system.endpoints import quiet_clients
from rapport.system.error_hints import reason_for
from rapport.terminal.failure import Failure
from shared.config.settings import load

T = TypeVar("T")


def run_against(work: Coroutine[Any, Any, T]) -> T:
    """Run the work of a command to its end; what systems refuse becomes a `Failure`."""
    from aiokafka.errors import KafkaError
    from redis.exceptions import RedisError

    from shared.runtime.kafka_admin.topics import TopicsRefused
    from shared.runtime.ports.interfaces import Refused, Uncertain

    quiet_clients()
    try:
        return asyncio.run(work)
    except Refused as error:
        raise Failure(str(error)) from error
    except TopicsRefused as error:
        if not isinstance(error.__cause__, KafkaError | TimeoutError):
            raise Failure(str(error)) from error
        raise Failure(asyncio.run(reason_for(error.__cause__, load()))) from error
    except (Uncertain, KafkaError, RedisError, TimeoutError) as error:
        raise Failure(asyncio.run(reason_for(error, load()))) from error
