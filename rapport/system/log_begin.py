"""From when on the topics tell all: those of a log with a retention begin later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.runtime.kafka.connection import KafkaAccess


@dataclass(frozen=True, slots=True)
class LogBegin:
    """Where the topics of a partition begin."""

    lost: bool = False
    """Whether one of them has lost its first records."""
    since: datetime | None = None
    """From then on all of those tell all; None where they have lost nothing, or hold nothing any more."""


WHOLE = LogBegin()


async def log_begin(access: KafkaAccess, topics: Sequence[str], partition: int) -> LogBegin:
    """Return from when on the topics tell all of a partition. Errors are `Uncertain`."""
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.ports.instants import from_ms

    log = KafkaLog(access, "", topics)
    try:
        await log.start()
        begins = {topic: at.begin for topic, at in (await log.bounds(topics, partition)).items() if at.begin > 0}
        firsts: list[datetime] = []
        for topic, begin in begins.items():
            records, _ = await log.read(topic, partition, begin, await log.stable(topic, partition), 1)
            firsts += [from_ms(record.logged_ms) for record in records]
    finally:
        await log.stop()
    return LogBegin(bool(begins), max(firsts, default=None))
