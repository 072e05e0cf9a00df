"""Posts again what stands on the topics from an instant on: for a receiver that has lost something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rapport.system.reading import standing
from rapport.terminal.failure import Failure
from rapport.webhooks.delivery import Post
from rapport.webhooks.endpoints import Endpoint
from rapport.webhooks.message import message_of
from shared.contracts.fields import instant_text
from shared.delivery.outcome import Failed, Taken
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import from_ms, to_ms


async def replay(
    access: KafkaAccess,
    endpoint: Endpoint,
    post: Post,
    since: datetime,
    member: str | None = None,
    tell: Callable[[int], None] = lambda count: None,
) -> int:
    """Post what was appended from `since` on, topic by topic, in order; return how many events were taken.

    The group's offsets stay: what waits there is posted as before. The first one that is not taken ends it with a `Failure`
    that says where to begin again.
    """
    taken = 0
    for topic in sorted(endpoint.topics()):
        async for records in standing(access, [topic]):
            for record in records:
                message = message_of(record) if record.logged_ms >= to_ms(since) else None
                if message is None or not endpoint.wants(message.type) or member not in {None, message.member}:
                    continue
                outcome = await post(endpoint, message)
                if not isinstance(outcome, Taken):
                    why = outcome.reason if isinstance(outcome, Failed) else "answers 410"
                    again = instant_text(min(from_ms(record.logged_ms), since) if taken == 0 else since)
                    raise Failure(
                        f"{endpoint.name} {why}, at {message.id}; {taken} were taken before: --since {again} begins again"
                    )
                taken += 1
                tell(taken)
    return taken
