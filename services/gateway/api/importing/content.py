"""What an upload holds, read in a thread of its own: its events packed for the store, and what a person is shown of them."""

from __future__ import annotations

import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from services.gateway.api.importing.spool import Spool
from services.gateway.api.importing.status import NAMES_MAX
from shared.contracts import Contact, Event
from shared.contracts.cloudevents.structured import from_json_line, to_json
from shared.importing.existing.activity import Existing
from shared.importing.refusals import ArchiveError
from shared.importing.upload import Found, Uploaded, read_upload

SECONDS_MAX: Final = 120.0
"""For one file, both readings of it."""
BLOCK_EVENTS: Final = 500
"""Events that are packed, and later published, together."""
PACKED_BYTES_MAX: Final = 4 * 1024 * 1024
"""Of all events of an import, as they stand in the store: some 60,000."""
NOTHING: Final = msgspec.msgpack.encode([])
"""In the place of events that are published."""
TOO_LONG: Final = f"it takes longer than {SECONDS_MAX:.0f} s to read: import it with `rapport import`"
TOO_MUCH: Final = "it holds more than can be kept here: import it with `rapport import`"


class Meter:
    """How far the reading is, as another thread sees it; it ends what takes too long, or what nobody waits for."""

    def __init__(self) -> None:
        self.done = 0.0
        """The part of it that is read."""
        self.ended = threading.Event()
        self._until = time.monotonic() + SECONDS_MAX

    def tell(self, done: int, total: int) -> None:
        """Take note of bytes read; `ArchiveError` when the time is over."""
        self.done = done / max(total, 1)
        self.check()

    def check(self) -> None:
        """Raise `ArchiveError` when the time is over."""
        if time.monotonic() > self._until or self.ended.is_set():
            raise ArchiveError(TOO_LONG)


@dataclass(slots=True)
class Content:
    """What is kept of an upload."""

    packed: bytes = NOTHING
    events: Counter[str] = field(default_factory=Counter)
    people: dict[str, str] = field(default_factory=dict)
    """Names by id."""
    found: Found = field(default_factory=lambda: Found(0))

    @property
    def names(self) -> list[str]:
        """The first people of it."""
        return list(self.people.values())[:NAMES_MAX]


def opened(spool: Spool, member: str, now: datetime, me: str | None, meter: Meter) -> Uploaded:
    """Read a file; `ArchiveError` where it can not be."""
    return read_upload(spool.path, member=member, now=now, me=me, progress=meter.tell)


def content_of(uploaded: Uploaded, known: Existing, meter: Meter) -> Content:
    """Return what a file holds; `ArchiveError` where it is too much or takes too long."""
    content, blocks, lines, size = Content(), list[bytes](), list[bytes](), 0

    def close_block() -> None:
        nonlocal size
        blocks.append(zlib.compress(b"\n".join(lines)))
        lines.clear()
        size += len(blocks[-1])
        if size > PACKED_BYTES_MAX:
            raise ArchiveError(TOO_MUCH)

    for event in uploaded.events(known):
        meter.check()
        lines.append(msgspec.json.encode(to_json(event)))
        content.events[event.type.removeprefix("rapport.")] += 1
        contact = getattr(event.data, "contact", None)
        if isinstance(contact, Contact) and contact.name:
            content.people.setdefault(contact.id, contact.name)
        if len(lines) == BLOCK_EVENTS:
            close_block()
    if lines:
        close_block()
    content.packed, content.found = msgspec.msgpack.encode(blocks), uploaded.found()
    return content


def blocks_of(packed: bytes) -> list[bytes]:
    """Return the blocks in which events are packed."""
    return msgspec.msgpack.decode(packed, type=list[bytes])


def events_in(block: bytes) -> Iterator[Event]:
    """Give the events of a block."""
    for line in zlib.decompress(block).split(b"\n"):
        yield from_json_line(msgspec.json.decode(line))
