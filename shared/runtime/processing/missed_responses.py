"""Answers that named what nobody knew when they were read: how many there were, and the last of them.

They change nothing of what the log means: an answer may come before its item, and counts when that comes. But a product that
answers with wrong ids would never hear of it, so a partition's meta in the store keeps a count and a few ids, in the very
commit that applies the answers; `rapport doctor` tells them. No words or ids of people are kept: an erasure owes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.contracts import Event

FIELD: Final = "missed"
"""Of a partition's meta."""
LAST_MAX: Final = 3
"""Examples that are kept for a partition."""


class Example(msgspec.Struct, frozen=True, array_like=True):
    """One such answer."""

    type: str
    id: str
    """Of the event."""
    logged: str
    """When, in ISO 8601."""


class Missed(msgspec.Struct, frozen=True, array_like=True):
    """What a partition knows of them."""

    count: int = 0
    last: tuple[Example, ...] = ()
    """The latest `LAST_MAX`, oldest first."""

    def joined(self, events: Sequence[Event]) -> Missed:
        """Return it after some more."""
        examples = (Example(event.type, event.id, event.logged.isoformat()) for event in events[-LAST_MAX:])
        return Missed(self.count + len(events), (*self.last, *examples)[-LAST_MAX:])

    def text(self) -> str:
        """Return it as a field of the meta."""
        return msgspec.json.encode(self).decode()


def missed_of(text: str) -> Missed:
    """Read the field; of a store that has none, nothing was missed."""
    return msgspec.json.decode(text, type=Missed) if text else Missed()
