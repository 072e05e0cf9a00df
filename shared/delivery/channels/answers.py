"""What an answer means of a receiver that does not know what it has already."""

from __future__ import annotations

from typing import Final

from shared.delivery.channels.reasons import REFUSED
from shared.delivery.outcome import Delivered, Outcome, Rejected, Unknown

_TAKES_NOTHING: Final = frozenset({401, 403, 404, 410})
_LATER: Final = frozenset({408, 425, 429, 503})
"""Statuses that say that it was not taken, and may be tried again."""


def of_channel(status: int, wait_seconds: float) -> Outcome:
    """Return what an answer means of a receiver that does not know what it has: an error in the middle says nothing."""
    if 200 <= status < 300:
        return Delivered()
    if status in _TAKES_NOTHING:
        return Rejected(f"{REFUSED}: answers {status}", permanent=True)
    if status in _LATER:
        return Rejected(f"answers {status}", wait_seconds=wait_seconds)
    if status >= 500:
        return Unknown(f"answers {status}")
    return Rejected(f"answers {status}", permanent=True)
