"""How a process is a member of its service's consumer group."""

from __future__ import annotations

from dataclasses import dataclass

HEARTBEAT_MS = 100
"""Between two signs of life, unless the session timeout is so short that it must be less.

A member hears of a rebalance by the answer, and nobody owns what is to move until the last one has heard.
"""


@dataclass(frozen=True, slots=True)
class Membership:
    """How a process is a member of its service's consumer group. Times in milliseconds."""

    group: str
    session_timeout_ms: int = 6_000
    """The price of a hard death: nobody owns the dead process's partitions until then."""
    heartbeat_interval_ms: int = HEARTBEAT_MS
    rebalance_timeout_ms: int = 15_000
    """How long a rebalance waits for members that are still releasing."""

    @classmethod
    def of(cls, group: str, session_timeout_ms: int) -> Membership:
        """Return a membership whose heartbeats fit the session timeout: several of them before it is over."""
        return cls(
            group,
            session_timeout_ms=session_timeout_ms,
            heartbeat_interval_ms=min(HEARTBEAT_MS, session_timeout_ms // 4),
        )
