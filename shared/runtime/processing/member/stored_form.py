"""How what is known of a member becomes bytes in the store, and what it is again.

An item is MessagePack: a map that its type tells, or a list of the decider's own making (`Decider.pack`). What is long is
compressed (`shared.stored.compressed`).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Generic

import msgspec

from shared.decider import Decider, I, P
from shared.stored.compressed import COMPRESSED_FROM_BYTES, compressed, whole

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
        value = _ENCODE(self._pack(key, item))
        return value if len(value) < COMPRESSED_FROM_BYTES else compressed(value)  # most are short

    def item(self, key: str, stored: bytes) -> I:
        """Return the item that bytes stand for. Raises `msgspec.DecodeError` where they are none."""
        plain = whole(stored)
        if self._unpack is None or plain[0] in _MAPS:
            return self._item.decode(plain)
        return self._unpack(key, _LIST.decode(plain))

    def of_profile(self, profile: P) -> bytes:
        """Return the bytes of a profile."""
        return compressed(_ENCODE(profile))

    def profile(self, stored: bytes) -> P:
        """Return the profile that bytes stand for."""
        return self._profile.decode(whole(stored))
