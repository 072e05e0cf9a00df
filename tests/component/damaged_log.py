"""Damage to a partition where it lies: the embedded Kafka's own files, changed under it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from aiokafka.record.util import calc_crc32c

HEAD_BYTES = 61
_LENGTH_AT, _CHECKSUM_AT, _SUMMED_FROM = 8, 17, 21


def damage(folder: Path, topic: str, partition: int, number: int, change: Callable[[bytearray], None]) -> None:
    """Change one batch (`number` counts from 0) in place; its length must stay.

    A broker hands out what stands in the file, without a look at it.
    """
    path = folder / "kafka" / "log" / f"{topic}-{partition}" / f"{0:020}.log"
    log, at = path.read_bytes(), 0
    for _ in range(number):
        at += _end(log, at)
    batch = bytearray(log[at : at + _end(log, at)])
    size = len(batch)
    change(batch)
    assert len(batch) == size
    with path.open("r+b") as file:
        file.seek(at)
        file.write(batch)


def _end(log: bytes, at: int) -> int:
    return 12 + int(struct.unpack_from(">i", log, at + _LENGTH_AT)[0])


def flip_the_last_byte(batch: bytearray) -> None:
    """Make the checksum wrong."""
    batch[-1] ^= 0xFF


def name_a_codec_that_is_none(batch: bytearray) -> None:
    """Say that it is packed with codec 7, under a checksum that is right."""
    batch[_SUMMED_FROM + 1] |= 0x07
    seal(batch)


def lose_a_record(batch: bytearray) -> None:
    """Say that its first record is one byte longer than it is, under a checksum that is right."""
    batch[HEAD_BYTES] += 2
    seal(batch)


def seal(batch: bytearray) -> None:
    """Make the checksum right."""
    struct.pack_into(">I", batch, _CHECKSUM_AT, calc_crc32c(bytes(batch[_SUMMED_FROM:])))


def lie_about_the_length(batch: bytearray) -> None:
    """Say that it is shorter than any batch: the broker itself stumbles over it when it looks for an offset."""
    struct.pack_into(">i", batch, _LENGTH_AT, 3)
