"""Fetches that a broker refuses for one partition, while it answers for others: aiokafka only logs them and asks again.

A damaged index or segment, a disk that a broker cannot read, a leader that is nowhere: the partition stands, nothing is
raised, and polls bring the others' records as ever. So each reply to a fetch is looked at on its way in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import for_code

from shared.runtime.kafka.library_internals import look_at_replies

FAILING_SECONDS: Final = 3.0
"""A partition is named after so long without a fetch that brought anything: a leader that moves takes less."""
SHOWN_SECONDS: Final = 10.0
"""It is named for so long after the last failure: one that is not asked for any more fails no more."""
PAUSE_SECONDS: Final = 0.1
"""After a reply with a failure, which comes at once: else the same question would be asked thousands of times a second."""
_FETCH: Final = 1
"""Kafka's key of the request."""


@dataclass(slots=True)
class _Failing:
    since: float
    last: float
    error: str
    logged: bool = False


class FetchFailures:
    """The partitions of one consumer whose fetches fail, by `topic/partition`."""

    def __init__(self, **bound: Any) -> None:
        self._failing: dict[tuple[str, int], _Failing] = {}
        self._log = structlog.get_logger(**bound)

    def watch(self, consumer: AIOKafkaConsumer) -> None:
        """Look at the replies to the consumer's fetches from now on. aiokafka has no hook there."""
        look_at_replies(consumer, self._look)

    async def _look(self, reply: Any) -> None:
        if getattr(reply, "API_KEY", None) == _FETCH and self.note(reply.topics):
            await asyncio.sleep(PAUSE_SECONDS)

    def note(self, topics: Any) -> bool:
        """Take in what a reply says of each partition; return whether one of them failed."""
        now, failed = time.monotonic(), False
        for topic, partitions in topics:
            for partition, code, *_ in partitions:
                if code:
                    failed = True
                    self._note_failure(topic, partition, for_code(code).__name__, now)
                elif self._failing:
                    self._failing.pop((topic, partition), None)
        return failed

    def _note_failure(self, topic: str, partition: int, error: str, now: float) -> None:
        one = self._failing.setdefault((topic, partition), _Failing(now, now, error))
        if now - one.last > SHOWN_SECONDS:
            one.since, one.logged = now, False
        one.last, one.error = now, error
        if not one.logged and now - one.since >= FAILING_SECONDS:
            one.logged = True
            self._log.error("fetches of a partition fail", topic=topic, partition=partition, reason=error)

    @property
    def failing(self) -> Mapping[str, str]:
        """Return why the fetches of each partition fail that have failed for a while, and do so now."""
        now = time.monotonic()
        return {
            f"{topic}/{partition}": one.error
            for (topic, partition), one in sorted(self._failing.items())
            if one.last - one.since >= FAILING_SECONDS and now - one.last <= SHOWN_SECONDS
        }
