"""Where a service runs: its Kafka, its store, its clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from shared.contracts.topics import topic_plan
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import Alarm

SESSION_TIMEOUT_MS = 6_000
"""After so long without a sign of life a process's partitions go to others, unless settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a service runs."""

    kafka: KafkaAccess
    redis: str
    """A URL."""
    clock: Alarm
    clock_margin: timedelta
    session_timeout_ms: int = SESSION_TIMEOUT_MS
    begin_at_earliest: bool = False
    partitions: int = field(default_factory=lambda: topic_plan().partitions)
    """Of every topic."""
    snapshot_every: timedelta | None = None
    """From one round of snapshots to the next; None: there are none, and no topics for them."""
    keep: timedelta | None = None
    """What is older, and covered by everybody's snapshots, is deleted from the topics of events; None: nothing is."""
