"""Lines of a file or of a pipe that is still being written to, each as soon as it is whole, and never too long a one."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from rapport.terminal.failure import Failure

LINE_BYTES_MAX = 1024 * 1024
"""Four times the largest value of an event. A longer line is given as None."""
SKIPPED_BYTES_MAX = 1024 * 1024 * 1024
"""Of one line, that are read to find its end. What goes on longer, such as a device, has none."""
CHUNK_BYTES = 256 * 1024


def require_input(file: str) -> None:
    """Raise `Failure` when `file` is stdin and the shell has closed it (`<&-`)."""
    if file == "-" and sys.stdin is None:
        raise Failure("stdin is closed: there is nothing to read")


async def numbered_lines(file: str) -> AsyncIterator[tuple[int, bytes | None]]:
    """Give (number from 1, line without its end), and None for a line that is too long; `-` is stdin.

    `Failure` when a line goes on beyond `SKIPPED_BYTES_MAX`.
    """
    number, held, too_long, skipped = 0, bytearray(), False, 0
    async for chunk in _chunks(file):
        *whole, rest = chunk.split(b"\n")
        skipped = len(rest) if whole else skipped + len(rest)
        if skipped > SKIPPED_BYTES_MAX:
            raise Failure(f"{file}: line {number + len(whole) + 1} goes on for more than {SKIPPED_BYTES_MAX:,} bytes")
        for part in whole:
            held += part
            number += 1
            yield number, None if too_long or len(held) > LINE_BYTES_MAX else bytes(held)
            held.clear()
            too_long = False
        held += rest
        if len(held) > LINE_BYTES_MAX:
            held.clear()
            too_long = True
    if held or too_long:
        yield number + 1, None if too_long else bytes(held)


async def _chunks(file: str) -> AsyncIterator[bytes]:
    with _opened(file) as descriptor:
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)):
            while chunk := os.read(descriptor, CHUNK_BYTES):
                yield chunk
            return
        reader = asyncio.StreamReader()
        # The transport closes its file: it gets one of its own.
        pipe = os.fdopen(os.dup(descriptor), "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                yield chunk
        finally:
            transport.close()


@contextmanager
def _opened(file: str) -> Iterator[int]:
    if file == "-":
        require_input(file)
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(Path(file), os.O_RDONLY)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)
