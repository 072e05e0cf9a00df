"""What the owner of a partition knows of the ends of the topics that its service ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.retained import ENDED_BY
from shared.decider import Decider
from shared.runtime.ports.limits import RETENTION_LOOK_SECONDS, RETENTION_LOOKS


@dataclass(slots=True)
class Retention:
    """What the owner of a partition knows of the ends of its topics."""

    keep: timedelta
    """What is younger stays, whoever needs it."""
    topics: Sequence[str]
    next_look: datetime | None = None
    """None: at once."""
    failed: str = ""
    """Why the last look has deleted nothing from one of the topics; "" where it went well."""
    deleted: dict[str, int] = field(default_factory=dict)
    """By topic, how many offsets this owner has deleted."""

    @property
    def pause(self) -> timedelta:
        """From one look to the next."""
        return min(timedelta(seconds=RETENTION_LOOK_SECONDS), self.keep / RETENTION_LOOKS)


def retention_of(decider: Decider[Any, Any], keep: timedelta | None) -> Retention | None:
    """Return what a service is to delete, None where that is nothing."""
    topics = [topic for topic, own in ENDED_BY.items() if own == decider.own]
    return Retention(keep, topics) if keep is not None and topics else None
