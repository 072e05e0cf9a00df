"""Posts again what stands on the topics from an instant on: for a receiver that has lost something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from rapport.system.reading import existing_records
from rapport.terminal.failure import Failure
from rapport.webhooks.delivering.delivery import Post
from rapport.webhooks.delivering.endpoints import Endpoint
from rapport.webhooks.delivering.gate import retry_seconds
from rapport.webhooks.delivering.message import Message, message_of
from shared.delivery.attempts import Guarantee, Next, next_of
from shared.delivery.outcome import Delivered, Outcome, Rejected
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import to_ms

ATTEMPTS_MAX: Final = 3


async def replay(
    access: KafkaAccess,
    endpoint: Endpoint,
    post: Post,
    since: datetime,
    member: str | None = None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> int:
    """Post what was appended from `since` on, topic by topic, in order; return how many events were taken.

    The group's offsets stay: what waits there is posted as before. One that is not taken at the third attempt ends it with a
    `Failure`; begun again, it posts again what was taken, which the receiver knows by its ids.
    """
    taken = 0
    for topic in sorted(endpoint.topics()):
        async for records in existing_records(access, [topic]):
            for record in records:
                message = message_of(record) if record.logged_ms >= to_ms(since) else None
                if message is None or not endpoint.wants(message.type) or member not in {None, message.member}:
                    continue
                outcome = await _tried(post, endpoint, message, sleep)
                if not isinstance(outcome, Delivered):
                    raise Failure(f"{endpoint.name} {outcome.reason}, at {message.id}; {taken} were taken before it")
                taken += 1
    return taken


async def _tried(
    post: Post, endpoint: Endpoint, message: Message, sleep: Callable[[float], Awaitable[object]]
) -> Outcome:
    for number in range(ATTEMPTS_MAX - 1):
        outcome = await post(endpoint, message)
        if next_of(Guarantee.AT_LEAST_ONCE, outcome) is not Next.AGAIN:
            return outcome
        asked = outcome.wait_seconds if isinstance(outcome, Rejected) else 0.0
        await sleep(max(retry_seconds(number), asked))
    return await post(endpoint, message)
