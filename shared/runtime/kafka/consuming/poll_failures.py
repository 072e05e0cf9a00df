"""Polls that fail: how many, why, whether they do so now, and whether the consumer still fetches at all."""

from __future__ import annotations

import time
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from shared.runtime.kafka.library_internals import fetching_has_ended

SHOWN_SECONDS = 10.0
"""For so long a poll that failed is named: between two failures there are recoveries, and polls that bring nothing."""
LOGGED_SECONDS = 60.0
"""Between two log lines about polls that fail."""
REASON_CHARS_MAX = 200
"""Of what a client says of a poll that failed. aiokafka names topics, partitions and offsets there, no content."""


class PollFailures:
    """What is known of the polls of one consumer that failed."""

    def __init__(self, **bound: Any) -> None:
        self.count = 0
        """Since the start."""
        self.fetching = True
        """Whether the consumer fetches, or will. Once that has ended, only another consumer does."""
        self._last: tuple[float, str] | None = None
        self._logged_at = -LOGGED_SECONDS
        self._log = structlog.get_logger(**bound)

    def note(self, error: Exception) -> str:
        """Note that a poll has failed, say so now and then, and return why."""
        now, reason = time.monotonic(), f"{type(error).__name__}: {error}"[:REASON_CHARS_MAX]
        self.count += 1
        self._last = now, reason
        if now - self._logged_at >= LOGGED_SECONDS:
            self._logged_at = now
            self._log.error("a poll failed: its partitions are read anew", reason=reason, failures=self.count)
        return reason

    @property
    def failing(self) -> str | None:
        """Why polls fail, while they do."""
        return None if self._last is None or time.monotonic() - self._last[0] > SHOWN_SECONDS else self._last[1]

    def check_fetching(self, consumer: AIOKafkaConsumer) -> None:
        """Raise when the task that fetches has ended: aiokafka does not look, and polls would bring nothing for ever."""
        if fetching_has_ended(consumer):
            self.fetching = False
            raise KafkaError("fetching has ended")
