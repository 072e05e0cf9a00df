"""What follows an attempt: the one rule by which everything is tried again, or not.

Where a receiver knows what it has already, by an id, another attempt does no harm, and is made until one succeeds: at least
once. A mail cannot be asked about, and twice is worse than late: once its bytes are on their way, no other attempt is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import TypeVar

from shared.delivery.outcome import Delivered, Outcome, Rejected, Unknown


class Guarantee(Enum):
    """What is promised of something that is to be delivered."""

    AT_LEAST_ONCE = auto()
    """The receiver deduplicates."""
    AT_MOST_ONCE = auto()
    """Nobody can ask what became of it."""


class Next(Enum):
    """What follows an attempt."""

    DONE = auto()
    AGAIN = auto()
    """After a pause."""
    GIVEN_UP = auto()
    """The receiver wants no more of this."""
    LEFT_OPEN = auto()
    """Its fate is unknown, and stays so."""


def next_of(guarantee: Guarantee, outcome: Outcome) -> Next:
    """Return what follows an attempt that has ended so."""
    match outcome:
        case Delivered():
            return Next.DONE
        case Rejected(permanent=True):
            return Next.GIVEN_UP
        case Rejected():
            return Next.AGAIN
        case Unknown():
            return Next.AGAIN if guarantee is Guarantee.AT_LEAST_ONCE else Next.LEFT_OPEN


T = TypeVar("T")


def pause_after(pauses: Sequence[T], failures: int) -> T:
    """Return the pause after so many failures in a row, at least one; the last one again and again."""
    return pauses[min(failures, len(pauses)) - 1]
