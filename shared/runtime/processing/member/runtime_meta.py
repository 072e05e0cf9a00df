"""What the shell itself knows of a member, and which events it has seen lately.

CloudEvents: whatever has the same `source` and `id` is the same event. So what comes again under an id that is remembered
changes nothing, whatever else it says. Memory is bounded: of a member the last `RECENT_MAX` events are remembered, by marks
of eight bytes. Beyond them the *same* event told again is harmless, because the deciders merge; *another* one under an old
id counts as one of its own.

Marks change with each event and notes hardly ever, so marks are plain bytes beside them, and both are stored as one value:
`stored_of` puts the marks first, and the notes behind them only where there are any.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final

import msgspec

from shared.contracts import Event
from shared.decider import State

MARK_BYTES: Final = 8
"""Two different events of one member have the same mark once in 10^18."""


class RuntimeMeta(
    State,
    frozen=True,
    rename={
        "parked": "p",
        "incarnation": "i",
        "erased_at": "e",
        "joined_at": "j",
        "joined_from": "f",
        "turns": "t",
    },
):
    """What the shell itself knows of a member."""

    parked: dict[str, str] = msgspec.field(default_factory=dict)
    """Item key -> the rules under which it could not be said. Under other rules it is tried again."""
    incarnation: int = 0
    """Where the member's present incarnation begins: the offset behind the last erasure in the activity topic; 0: never
    erased. It is kept of who was erased for as long as the store, as what was said before may come late."""
    erased_at: datetime | None = None
    """Log time of that erasure: whatever time it names, it counts from its place in the log. None while only another
    service's event has told of it."""
    joined_at: datetime | None = None
    """Since when events count again, because the member has joined after that erasure: None while they have not."""
    joined_from: int = 0
    """Where that joining stands in the activity topic."""
    turns: bytes = b""
    """The last `TURNS_MAX` joinings and erasures, oldest first, by their marks. One that is told again is the
    same event and stands where it stood first: without this it would erase, or let in, a second time."""

    @property
    def erased(self) -> bool:
        """Events after an erasure are skipped until the member has joined again."""
        return self.incarnation > 0 and self.joined_at is None


NOTHING_NOTED: Final = RuntimeMeta()
_MAP: Final = 0x80
"""The first byte of a map in MessagePack, and more than there are marks."""
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(RuntimeMeta).decode


def mark_of(event: Event) -> bytes:
    """Return what stands for an event: a digest of its source and id."""
    return blake2b(f"{event.source}\n{event.id}".encode(), digest_size=MARK_BYTES).digest()


def holds(marks: bytes, mark: bytes) -> bool:
    """Say whether a mark is among these; what begins in the midst of one is none."""
    found = marks.find(mark)  # `in` takes twice as long: it asks first whether the mark is a number
    while found % MARK_BYTES and found >= 0:
        found = marks.find(mark, found + 1)
    return found >= 0


def marked(marks: bytes, mark: bytes, most: int, *, replayed: bool = False) -> bytes:
    """Return the marks with one more, the last `most` of them.

    What is read again on request becomes the oldest: so it makes no difference among which others somebody asked for it.
    """
    return (mark + marks if replayed else marks + mark)[-most * MARK_BYTES :]


def stored_of(notes: RuntimeMeta, recent: bytes) -> bytes:
    """Return both as one value: how many marks, the marks, the notes where there are any."""
    marks_first = bytes((len(recent) // MARK_BYTES,)) + recent
    return marks_first if notes is NOTHING_NOTED or notes == NOTHING_NOTED else marks_first + _ENCODE(notes)


def noted_in(stored: bytes) -> tuple[RuntimeMeta, bytes]:
    """Return the notes and the marks that a value holds. One that begins as a map is of a state version before."""
    if stored[0] >= _MAP:
        return _DECODE(stored), msgspec.msgpack.decode(stored).get("r", b"")
    end = 1 + stored[0] * MARK_BYTES
    return (_DECODE(stored[end:]) if len(stored) > end else NOTHING_NOTED), stored[1:end]
