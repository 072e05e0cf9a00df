"""What an upload holds: its events packed for the store, and what a person is shown of them."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from services.gateway.api.importing.apart.frames import NOTHING, Answer, Content, Opened, Order, Progress, Refused
from services.gateway.api.importing.status import NAMES_MAX
from shared.contracts import Contact, Event
from shared.contracts.cloudevents.structured import from_json_line, to_json
from shared.importing.existing.activity import Existing
from shared.importing.importer import FileImport
from shared.importing.refusals import ArchiveError
from shared.importing.upload import read_upload

BLOCK_EVENTS: Final = 500
"""Events that are packed, and later published, together."""
EVENTS_A_TURN: Final = 25
"""Events that are unpacked before others have their turn in the event loop."""
PACKED_BYTES_MAX: Final = 4 * 1024 * 1024
"""Of all events of an import, as they stand in the store: some 60,000."""
PROGRESS_SECONDS: Final = 0.25
"""Between two words of how far it is."""
TOO_MUCH: Final = "it holds more than can be kept here: import it with `rapport import`"
TOO_HEAVY: Final = "to read it takes more than there is here: import it with `rapport import`"
__all__ = [
    "BLOCK_EVENTS", "NOTHING", "PACKED_BYTES_MAX", "TOO_HEAVY", "TOO_MUCH", "answer", "blocks_of", "content_of", "events_of",
]  # fmt: skip


def answer(order: Order, existing: Callable[[], Existing], send: Callable[[Answer], None]) -> None:
    """Read a file and send what it holds, or why it is refused: whatever it brings an importer to, it is only this file."""
    try:
        uploaded = read_upload(
            Path(order.path),
            member=order.member,
            now=order.now,
            me=order.me,
            own_zone=order.zone,
            progress=_often_enough(send),
        )
        compared = Existing()
        if uploaded.compares:
            send(Opened())
            compared = existing()
        made: Answer = content_of(uploaded, compared)
    except ArchiveError as error:
        made = Refused(str(error))
    except MemoryError:
        made = Refused(TOO_HEAVY, "MemoryError")
    except Exception as error:  # noqa: BLE001 - a file may bring an importer to anything
        made = Refused(f"it cannot be read ({type(error).__name__})", type(error).__name__)
    send(made)


def content_of(uploaded: FileImport, existing: Existing) -> Content:
    """Return what a file holds; `ArchiveError` where it is too much."""
    blocks, lines, size = list[bytes](), list[bytes](), 0
    events, people = Counter[str](), dict[str, str]()

    def close_block() -> None:
        nonlocal size
        blocks.append(zlib.compress(b"\n".join(lines)))
        lines.clear()
        size += len(blocks[-1])
        if size > PACKED_BYTES_MAX:
            raise ArchiveError(TOO_MUCH)

    for event in uploaded.events(existing):
        lines.append(msgspec.json.encode(to_json(event)))
        events[event.type.removeprefix("rapport.")] += 1
        contact = getattr(event.data, "contact", None)
        if isinstance(contact, Contact) and contact.name:
            people.setdefault(contact.id, contact.name)
        if len(lines) == BLOCK_EVENTS:
            close_block()
    if lines:
        close_block()
    return Content(
        uploaded.kind, msgspec.msgpack.encode(blocks), dict(sorted(events.items())), len(people),
        list(people.values())[:NAMES_MAX], uploaded.found(),
    )  # fmt: skip


def blocks_of(packed: bytes) -> list[bytes]:
    """Return the blocks in which events are packed."""
    return msgspec.msgpack.decode(packed, type=list[bytes])


async def events_of(block: bytes) -> list[Event]:
    """Return the events of a block."""
    found = []
    for line in zlib.decompress(block).split(b"\n"):
        found.append(from_json_line(msgspec.json.decode(line)))
        if len(found) % EVENTS_A_TURN == 0:
            await asyncio.sleep(0)
    return found


def _often_enough(send: Callable[[Answer], None]) -> Callable[[int, int], None]:
    due = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + PROGRESS_SECONDS
            send(Progress(done, total))

    return progress
