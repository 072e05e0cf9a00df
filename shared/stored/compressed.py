"""Values of the store as bytes: what is long is compressed as an LZ4 block.

A list of many things of one kind says much the same again and again. The first byte tells which it is, as MessagePack's
maps and lists begin with other ones.
"""

from __future__ import annotations

from typing import Final

from cramjam import lz4

COMPRESSED_FROM_BYTES: Final = 256
"""Shorter values hold little that repeats, and cost as much to compress."""
_COMPRESSED: Final = 0xC1
"""No value of MessagePack begins with it."""
_SIZE_BYTES: Final = 4


def compressed(value: bytes) -> bytes:
    """Return what is stored of a value."""
    if len(value) < COMPRESSED_FROM_BYTES:
        return value
    block = bytes(lz4.compress_block(value, store_size=False))
    if len(block) + 1 + _SIZE_BYTES >= len(value):
        return value
    return bytes((_COMPRESSED,)) + len(value).to_bytes(_SIZE_BYTES) + block


def whole(stored: bytes) -> bytes:
    """Return the value that stored bytes stand for."""
    if stored[0] != _COMPRESSED:
        return stored
    begin = 1 + _SIZE_BYTES
    return bytes(lz4.decompress_block(stored[begin:], output_len=int.from_bytes(stored[1:begin])))
