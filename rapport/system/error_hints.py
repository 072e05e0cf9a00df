"""Why a command could not do its work, in one line: what clients raise says little, so the way in is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.terminal.failure import Failure

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.runtime.kafka.connection import KafkaAccess

OF_THE_STORE = "store:"
"""Uncertain outcomes of the store begin with it."""


async def _unseen(error: Exception, access: KafkaAccess) -> list[str]:
    """Return the topics that this principal may not see: aiokafka waits for those as for any that have no leader yet."""
    from aiokafka.errors import KafkaError, KafkaTimeoutError

    from shared.contracts import DEAD_LETTERS, EVENT_TOPICS, REPLAY
    from shared.runtime.kafka_admin.permissions import hidden

    if not isinstance(error, KafkaTimeoutError):
        return []
    try:
        return sorted(await hidden(access, [*EVENT_TOPICS, REPLAY, DEAD_LETTERS]))
    except (KafkaError, OSError, TimeoutError):
        return []


async def reason_for(error: Exception, settings: Settings) -> str:
    """Return one line for an error of Kafka or the store."""
    from redis.exceptions import RedisError

    from rapport.system.endpoints import kafka_access, redis_address
    from shared.runtime.diagnostics.kafka_diagnosis import forbidden, kafka_trouble
    from shared.runtime.diagnostics.redis_diagnosis import redis_trouble

    if (denied := forbidden(error)) is not None:
        return denied
    of_the_store = isinstance(error, RedisError) or str(error).startswith(OF_THE_STORE)
    try:
        trouble = await (
            redis_trouble(redis_address(settings)) if of_the_store else kafka_trouble(kafka_access(settings))
        )
    except Failure as failure:
        return str(failure)
    if trouble is not None:
        return f"{'store' if of_the_store else 'Kafka'}: {trouble.says}"
    if not of_the_store and type(error).__module__.startswith("aiokafka"):
        if unseen := await _unseen(error, kafka_access(settings)):
            return f"Kafka does not allow this principal to see {', '.join(unseen)}"
        return f"Kafka: {type(error).__name__}"
    return f"store: {type(error).__name__}" if isinstance(error, RedisError) else str(error) or type(error).__name__
