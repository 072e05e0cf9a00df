"""What the gateway and the process that reads a file say to each other: msgpack, each message behind its length."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO, Final, TypeVar

import msgspec

from shared.importing.existing.activity import Existing
from shared.importing.importer import Found

LENGTH_BYTES: Final = 4
FRAME_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one message: the events of a file (`content.PACKED_BYTES_MAX`), or what is known of a member with very many people."""
NOTHING: Final = msgspec.msgpack.encode([])
"""In the place of events that are published, or that there are none of."""


class TooLarge(Exception):
    """A message is larger than `FRAME_BYTES_MAX`."""


class Order(msgspec.Struct, frozen=True):
    """Which file is to be read, and for whom."""

    path: str
    member: str
    now: datetime
    me: str | None
    zone: str | None = None
    """That of the member's own clocks; None: it is not known."""


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How far it is: bytes."""

    done: int
    total: int


class Opened(msgspec.Struct, frozen=True, tag=True):
    """A file is read that is to be compared: what is known of the member is asked for."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A file cannot be imported. No word of it is in the reason."""

    reason: str
    error: str = ""
    """The type of what was raised, where nobody expected it."""


class Content(msgspec.Struct, frozen=True, tag=True):
    """What is kept of a file."""

    kind: str
    packed: bytes
    events: dict[str, int]
    people: int
    names: list[str]
    found: Found


Answer = Progress | Opened | Refused | Content
T = TypeVar("T")
_ANSWER: Final = msgspec.msgpack.Decoder(Answer)


def framed(message: Order | Existing | Answer) -> bytes:
    """Return a message as it is sent; `TooLarge` where it is."""
    content = msgspec.msgpack.encode(message)
    if len(content) > FRAME_BYTES_MAX:
        raise TooLarge
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def length_of(head: bytes) -> int:
    """Return how many bytes come; `TooLarge` where they are too many."""
    if (length := int.from_bytes(head, "big")) > FRAME_BYTES_MAX:
        raise TooLarge
    return length


def answer_in(content: bytes) -> Answer:
    """Return what the process says; `msgspec.DecodeError` where it is nothing of that."""
    return _ANSWER.decode(content)


def received(file: BinaryIO, kind: type[T]) -> T:
    """Return the next message; `EOFError` where none comes any more."""
    head = file.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        raise EOFError
    return msgspec.msgpack.decode(file.read(length_of(head)), type=kind)
