"""What one attempt to deliver something may end in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver said that it has it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It was refused, or nobody knows: the receiver deduplicates, so another attempt does no harm."""

    reason: str
    """In plain words, without anything that the receiver has answered but its status."""
    wait_seconds: float = 0.0
    """How long the receiver asked to be left alone."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver wants no more of this, ever (410)."""


Outcome: TypeAlias = Taken | Failed | Gone
