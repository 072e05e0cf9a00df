"""The records of a batch as its producer packed them: any of Kafka's codecs, and never more than fits in memory.

aiokafka unpacks whatever stands in a batch, however much that is: a megabyte of zeros packed well is a gigabyte. Here the
room is made first, and what does not fit is refused before the memory is gone. The room grows with what needs it: to make
all of it for each small batch takes two milliseconds.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import cramjam

UNPACKED_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one batch. A broker takes batches of 1 MiB by default, packed; producers fill them with 16 KiB to 1 MiB, unpacked.
More than 16 times what a broker takes is no batch of events."""

ROOM_BYTES_MIN: Final = 64 * 1024
"""The smallest room that is made for what a batch unpacks to."""
ROOM_TIMES: Final = 8
"""How many times larger than packed the first room is; then it is doubled until it suffices."""

HEAD_BYTES: Final = 61
"""Of a batch, before its records (Kafka's record batch, magic 2)."""
_ATTRIBUTES: Final = struct.Struct(">h")
_ATTRIBUTES_AT: Final = 21
_CODEC_MASK: Final = 0x07
_SNAPPY: Final = 2
_INTO: Final[dict[int, Any]] = {1: cramjam.gzip, 3: cramjam.lz4, 4: cramjam.zstd}
_CODECS: Final = {1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
_BLOCKED: Final = b"\x82SNAPPY\x00"
"""How snappy data begins that comes in blocks, as Java's clients write it: 16 bytes, then length and block in turn."""
_BLOCKS_AT: Final = 16
_LENGTH: Final = struct.Struct(">i")


class Unpackable(Exception):
    """A batch whose records nobody can unpack, and why."""


def plain(batch: bytes | memoryview) -> bytes | memoryview:
    """Return the batch with its records unpacked, or as it is where they are not packed.

    `batch` is a whole record batch of magic 2. Raises `Unpackable` for a codec that Kafka does not have, for damaged
    data, and for more than `UNPACKED_BYTES_MAX`.
    """
    attributes = _ATTRIBUTES.unpack_from(batch, _ATTRIBUTES_AT)[0]
    codec = attributes & _CODEC_MASK
    if codec == 0:
        return batch
    if codec not in _CODECS:
        raise Unpackable(f"the batch is packed by a codec that is not known ({codec})")
    try:
        records = _unpacked(codec, bytes(batch[HEAD_BYTES:]))
    except Unpackable:
        raise
    except Exception as error:
        if _is_full(error):
            raise _too_large(_CODECS[codec]) from error
        raise Unpackable(f"the batch cannot be unpacked: its {_CODECS[codec]} data is damaged") from error
    head = bytearray(batch[:HEAD_BYTES])
    _ATTRIBUTES.pack_into(head, _ATTRIBUTES_AT, attributes & ~_CODEC_MASK)
    return bytes(head) + records


def _unpacked(codec: int, packed: bytes) -> bytes:
    if codec == _SNAPPY:
        return _snappy(packed)
    size = min(UNPACKED_BYTES_MAX, max(ROOM_BYTES_MIN, ROOM_TIMES * len(packed)))
    while True:
        room = bytearray(size)
        try:
            return bytes(memoryview(room)[: _INTO[codec].decompress_into(packed, room)])
        except cramjam.DecompressionError as error:
            if size == UNPACKED_BYTES_MAX or not _is_full(error):
                raise
        size = min(UNPACKED_BYTES_MAX, 2 * size)


def _is_full(error: Exception) -> bool:
    """Say whether the room was too small: cramjam has one type of error for all that can happen."""
    return "whole buffer" in str(error)


def _snappy(packed: bytes) -> bytes:
    blocks = list(_blocks(packed)) if packed.startswith(_BLOCKED) else [packed]
    if sum(map(cramjam.snappy.decompress_raw_len, blocks)) > UNPACKED_BYTES_MAX:
        raise _too_large("snappy")
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


def _blocks(packed: bytes) -> list[bytes]:
    blocks, at = [], _BLOCKS_AT
    while at < len(packed):
        if packed.startswith(_BLOCKED, at):  # one stream behind the other: snappy-java reads that, too
            at += _BLOCKS_AT
            continue
        size = _LENGTH.unpack_from(packed, at)[0]
        at += _LENGTH.size
        if not 0 < size <= len(packed) - at:
            raise Unpackable("the batch cannot be unpacked: a block of its snappy data has no such length")
        blocks.append(packed[at : at + size])
        at += size
    return blocks


def _too_large(codec: str) -> Unpackable:
    return Unpackable(f"the batch unpacks ({codec}) to more than {UNPACKED_BYTES_MAX:,} bytes")
