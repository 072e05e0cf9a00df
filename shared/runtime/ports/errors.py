"""What an uncertain outcome is about: a small fixed set, to be counted. Whatever the kind, a recovery follows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class UncertainKind(StrEnum):
    """Why an owner stopped believing what it knows."""

    FENCED_AT_LOAD = "fenced-at-load"
    """The store went back, or somebody else has written: seen before anything was decided."""
    FENCED_AT_COMMIT = "fenced-at-commit"
    """The same, seen by the store when it was asked to commit: the commit was refused."""
    LOG_FENCED = "log-fenced"
    """A newer producer of the partition has shut this one out."""
    LOG_EXPIRED = "log-expired"
    """Kafka has forgotten this producer: it said nothing for longer than `transactional.id.expiration.ms`."""
    LOG_MOVED = "log-moved"
    """An append did not land where the own topic was read to."""
    GROUP = "group"
    """The consumer group no longer knows this member, or is just moving partitions."""
    STALE = "stale"
    """Records were fetched before a seek, or not handed out in order."""
    STORE_UNREACHABLE = "store-unreachable"
    STORE_FULL = "store-full"
    """The store refuses to write: `maxmemory` is reached, or its disk takes nothing. It answers questions all the same."""
    KAFKA_UNREACHABLE = "kafka-unreachable"
    OTHER = "other"


UNREACHABLE: Final = frozenset(
    {UncertainKind.STORE_UNREACHABLE, UncertainKind.STORE_FULL, UncertainKind.KAFKA_UNREACHABLE}
)
"""Kinds that every partition meets at once in an outage: one line for all says it (`health_monitor.py`)."""
