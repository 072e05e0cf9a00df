"""The bytes of an answer, unpacked while they come: limits hold for what comes out, not for what is declared."""

from __future__ import annotations

import zlib
from typing import Final

from shared.importing.refusals import ArchiveError
from shared.importing.web.limits import UNPACKED_BYTES_A_TURN

GZIP_BITS: Final = 16 + zlib.MAX_WBITS
"""A window of any size behind the head of a gzip."""
DAMAGED: Final = "its answer is packed, and damaged"


class Unpacked:
    """Collects an answer of at most `limit` bytes; `ArchiveError` once there are more."""

    def __init__(self, limit: int, *, packed: bool) -> None:
        """Take the parts as they are; with `packed` as gzip, in one member or several."""
        self._limit = limit
        self._packed = packed
        self._made = bytearray()
        self._taken = 0
        self._decoder = zlib.decompressobj(wbits=GZIP_BITS)
        self._whole = False

    def take(self, part: bytes) -> None:
        """Take the next part."""
        self._taken += len(part)
        if self._taken > self._limit:  # members of a gzip may hold nothing at all
            raise self._too_large()
        if not self._packed:
            self._keep(part)
            return
        while part:
            if self._whole:
                self._decoder, self._whole = zlib.decompressobj(wbits=GZIP_BITS), False
            try:
                self._keep(self._decoder.decompress(part, UNPACKED_BYTES_A_TURN))
            except zlib.error:
                raise ArchiveError(DAMAGED) from None
            self._whole = self._decoder.eof
            part = self._decoder.unused_data if self._whole else self._decoder.unconsumed_tail

    def content(self) -> bytes:
        """Return all of it; `ArchiveError` where it ends too early."""
        if self._packed and not self._whole:
            raise ArchiveError(DAMAGED)
        return bytes(self._made)

    def _keep(self, part: bytes) -> None:
        if len(self._made) + len(part) > self._limit:
            raise self._too_large()
        self._made += part

    def _too_large(self) -> ArchiveError:
        return ArchiveError(f"its answer is larger than {self._limit / 1024**2:g} MB")
