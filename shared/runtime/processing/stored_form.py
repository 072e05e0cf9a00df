"""How what is known of a member becomes bytes in the store, and what it is again.

An item is MessagePack: a map that its type tells, or a list of the decider's own making (`Decider.pack`). What is long is
compressed as an LZ4 block: a list of many things of one kind says much the same again and again. The first byte tells
which it is, as MessagePack's maps and lists begin with other ones.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Generic

import msgspec
from cramjam import lz4

from shared.decider import Decider, I, P

COMPRESSED_FROM_BYTES: Final = 256
"""Shorter values hold little that repeats, and cost as much to compress."""
_COMPRESSED: Final = 0xC1
"""No value of MessagePack begins with it."""
_SIZE_BYTES: Final = 4
_MAPS: Final = frozenset((*range(0x80, 0x90), 0xDE, 0xDF))
"""What maps of MessagePack begin with."""


_ENCODE: Final = msgspec.msgpack.Encoder().encode
_LIST: Final = msgspec.msgpack.Decoder(list[Any])


@cache  # of the types of a few deciders; each step of each partition asks for them
def _decoder_of(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


class StoredForm(Generic[P, I]):
    """The stored form of one decider's items and profiles."""

    def __init__(self, decider: Decider[P, I]) -> None:
        self._pack, self._unpack = decider.pack, decider.unpack
        self._item: msgspec.msgpack.Decoder[I] = _decoder_of(decider.item)
        self._profile: msgspec.msgpack.Decoder[P] = _decoder_of(type(decider.profile))

    def of_item(self, key: str, item: I) -> bytes:
        """Return the bytes of an item."""
        return _compressed(_ENCODE(self._pack(key, item)))

    def item(self, key: str, stored: bytes) -> I:
        """Return the item that bytes stand for. Raises `msgspec.DecodeError` where they are none."""
        told = _whole(stored)
        if self._unpack is None or told[0] in _MAPS:
            return self._item.decode(told)
        return self._unpack(key, _LIST.decode(told))

    def of_profile(self, profile: P) -> bytes:
        """Return the bytes of a profile."""
        return _compressed(_ENCODE(profile))

    def profile(self, stored: bytes) -> P:
        """Return the profile that bytes stand for."""
        return self._profile.decode(_whole(stored))


def _compressed(value: bytes) -> bytes:
    if len(value) < COMPRESSED_FROM_BYTES:
        return value
    block = bytes(lz4.compress_block(value, store_size=False))
    if len(block) + 1 + _SIZE_BYTES >= len(value):
        return value
    return bytes((_COMPRESSED,)) + len(value).to_bytes(_SIZE_BYTES) + block


def _whole(stored: bytes) -> bytes:
    if stored[0] != _COMPRESSED:
        return stored
    begin = 1 + _SIZE_BYTES
    return bytes(lz4.decompress_block(stored[begin:], output_len=int.from_bytes(stored[1:begin])))
