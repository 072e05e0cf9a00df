"""What stands on a service's snapshots topic: the parts of each member's snapshot, and one mark per partition.

A snapshot is all that the store holds of a member, as two compressed blocks, values and timers, that are cut into parts. Each
part says of which snapshot it is and at which position that was taken. Older parts of a member whose snapshot became shorter
stay behind; they are told by their snapshot and passed over.

The mark says from which position on a rebuild has to read. The log keeps only the last record of a key, so it is one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from cramjam import lz4

from shared.runtime.ports.interfaces import Message, Offsets, Record, Refused
from shared.runtime.ports.limits import SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_PARTS_MAX

MARK_KEY: Final = b"mark"
"""No key of a part is the same: those begin with a digit."""
FORM: Final = 1
"""Of these records: another one is refused."""
_SIZE_BYTES: Final = 4


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Up to where an owner had applied its partition."""

    offsets: dict[str, int]
    """Per topic, its own included, the offset of the next record."""
    number: int
    """Of its last own event."""
    checkpoint: str
    """Where that stands, and a digest of it."""
    aside: int
    """Below it, the own topic was looked through for what others have put there."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part of the snapshot of a member."""

    form: int
    member: str
    snapshot: str
    """Tells it from other snapshots of the member: the store's fencing token when it was taken, and a count."""
    part: int
    parts: int
    version: int
    """Of the stored states."""
    rules: str
    position: Position
    chunk: bytes
    incarnation: int
    """The member's: the offset behind their last erasure in the activity topic, 0 where there was none."""
    timers: bytes = b""
    """A piece of the second block. Nothing in all parts: when to look at the items again is to be found out anew."""


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """What the snapshots of a partition cover."""

    form: int
    version: int
    """Of the stored states, when the round was made that it tells of."""
    position: Position | None
    """Each member that was known there has a snapshot of it or of later. None: no round has come to its end."""
    needed: dict[str, int]
    """Per topic, its own included, the offset below which this service never needs a record again."""
    asked: int
    """How many requests to read a record again were answered when this was written: the offset of the next one."""
    began_ms: int
    """When the round began."""
    identities: dict[str, str]
    """Of the topics that the offsets are about, and of the snapshots topic that the mark was written for."""
    members: int = 0
    """So many had a snapshot when the round ended: fewer mean that the topic has lost some."""
    held: dict[str, int] = msgspec.field(default_factory=dict)
    """Of `needed`, what is that low for records that were set aside and may be read again alone."""
    reach: dict[str, int] = msgspec.field(default_factory=dict)
    """Per input, how far it was applied where the newest snapshot was taken, that of a round without an end included."""


T = TypeVar("T", Part, Mark)
NOTHING_COVERED: Final = Mark(FORM, 0, None, {}, 0, 0, {})
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_PART: Final = msgspec.msgpack.Decoder(Part)
_MARK: Final = msgspec.msgpack.Decoder(Mark)
_VALUES: Final = msgspec.msgpack.Decoder(dict[str, bytes])
_TIMERS: Final = msgspec.msgpack.Decoder(list[int | None])
Block = TypeVar("Block", dict[str, bytes], list[int | None])


class TooLarge(Exception):
    """All that is known of a member does not fit into `SNAPSHOT_PARTS_MAX` parts."""


def part_key(member: str, part: int) -> bytes:
    """Return the key of one part of a member's snapshots."""
    return f"{part:03}:{member}".encode()


def of_key(key: bytes | None) -> tuple[str, int] | None:
    """Return member and part that a key names, None for the mark's. Raises `Refused` where it is neither."""
    if key == MARK_KEY:
        return None
    number, _, member = (key or b"").decode("utf-8", "replace").partition(":")
    if not member or not number.isdecimal():
        raise Refused("the snapshots topic holds what this service can not have written")
    return member, int(number)


def messages_of(
    template: Part, values: Mapping[str, bytes], at_ms: int, timers: Mapping[str, int] | None = None
) -> list[Message]:
    """Return the records of one snapshot. `template` says all but part, parts, chunk and timers. Raises `TooLarge`.

    `timers`: by item in milliseconds since 1970; None where they are to be found out anew, as they are where they do not fit.
    """
    block = _block(dict(values))
    both = block if timers is None or timers.keys() - values else block + _block([timers.get(key) for key in values])
    if len(both) > SNAPSHOT_CHUNK_BYTES_MAX * SNAPSHOT_PARTS_MAX:
        both = block
    firsts = range(0, len(both), SNAPSHOT_CHUNK_BYTES_MAX)
    if len(firsts) > SNAPSHOT_PARTS_MAX:
        raise TooLarge
    messages = []
    for number, first in enumerate(firsts):
        piece, values_end = both[first : first + SNAPSHOT_CHUNK_BYTES_MAX], max(0, len(block) - first)
        part = msgspec.structs.replace(
            template, part=number, parts=len(firsts), chunk=piece[:values_end], timers=piece[values_end:]
        )
        messages.append(Message(part_key(template.member, number), _ENCODE(part), (), at_ms))
    return messages


def tombstones(member: str, first: int, at_ms: int) -> list[Message]:
    """Return what takes away every part of the member's snapshots from `first` on."""
    return [Message(part_key(member, part), None, (), at_ms) for part in range(first, SNAPSHOT_PARTS_MAX)]


def mark_message(mark: Mark, at_ms: int) -> Message:
    """Return the record of a mark."""
    return Message(MARK_KEY, _ENCODE(mark), (), at_ms)


def mark_in(record: Record) -> Mark:
    """Return the mark that a record holds. Raises `Refused`."""
    return _of_this_form(_decoded(_MARK, record))


def part_in(record: Record) -> Part:
    """Return the part that a record holds. Raises `Refused`."""
    return _of_this_form(_decoded(_PART, record))


def values_in(parts: Sequence[Part]) -> dict[str, bytes]:
    """Return what all parts of one snapshot say together, in order. Raises `Refused` where they do not fit."""
    return _in_block(_VALUES, b"".join(part.chunk for part in parts))


def timers_in(parts: Sequence[Part], keys: Iterable[str]) -> dict[str, int] | None:
    """Return the timers by item, None where they are not said. `keys`: of `values_in`, in its order.

    Where they can not be read, or are not of these items, they are not said either: they can be found out anew.
    """
    if not (block := b"".join(part.timers for part in parts)):
        return None
    keys = list(keys)
    try:
        found = _in_block(_TIMERS, block)
    except Refused:
        return None
    if len(keys) != len(found):
        return None
    return {key: timer for key, timer in zip(keys, found, strict=True) if timer is not None}


def beyond(one: Offsets, other: Offsets) -> dict[str, int]:
    """Return per topic the higher one of two offsets."""
    return {topic: max(one.get(topic, 0), other.get(topic, 0)) for topic in {**one, **other}}


def has_caught_up(offsets: Offsets, reach: Offsets) -> bool:
    """Say whether an owner has applied of each input what the newest snapshot holds, whoever wrote it.

    Without it, an owner whose store was emptied writes a round from before snapshots of a round that never ended. Neither
    is then behind the other, and the next recovery takes that for a topic that lost its end.
    """
    return all(offsets[topic] >= offset for topic, offset in reach.items() if topic in offsets)


def _block(value: object) -> bytes:
    packed = _ENCODE(value)
    return len(packed).to_bytes(_SIZE_BYTES) + bytes(lz4.compress_block(packed, store_size=False))


def _in_block(decoder: msgspec.msgpack.Decoder[Block], block: bytes) -> Block:
    try:
        size = int.from_bytes(block[:_SIZE_BYTES])
        return decoder.decode(bytes(lz4.decompress_block(block[_SIZE_BYTES:], output_len=size)))
    except Exception as error:  # noqa: BLE001 - whatever the library says, they are no snapshot
        raise Refused(f"a snapshot can not be read: {type(error).__name__}") from None


def _decoded(decoder: msgspec.msgpack.Decoder[T], record: Record) -> T:
    try:
        return decoder.decode(record.value or b"")
    except msgspec.DecodeError:
        raise Refused(f"{record.topic} holds at offset {record.offset} what can not be read") from None


def _of_this_form(read: T) -> T:
    if read.form != FORM:
        raise Refused(f"the snapshots have form {read.form}, this version reads {FORM}")
    return read
