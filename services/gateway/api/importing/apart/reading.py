"""Has a file read by a process of its own, so that no file holds up or ends the gateway: what it takes has a limit."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from services.gateway.api.importing.apart import frames
from services.gateway.api.importing.apart.content import TOO_HEAVY, TOO_MUCH
from services.gateway.api.importing.apart.frames import Content, Opened, Order, Progress, Refused
from shared.importing.existing.activity import Existing
from shared.importing.refusals import ArchiveError

SECONDS_MAX: Final = 120.0
"""For one file, from the start of its process on."""
CPU_SECONDS_MAX: Final = 130
"""For a process whose gateway was killed: none else lives so long."""
MEMORY_MAX: Final = 384 * 1024 * 1024
"""Bytes of the process that reads: a calendar of 16 MiB takes some 350. Beside it the gateway has room in 512 MiB."""
TOO_LONG: Final = f"it takes longer than {SECONDS_MAX:.0f} s to read: import it with `rapport import`"
NO_PROCESS: Final = "no process can be started to read it now: upload it again"
MODULE: Final = "services.gateway.api.importing.apart.child"
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL", "TZ")
"""Of the environment: no address, no password, no secret."""
Reads = Callable[[Order, Callable[[], Awaitable[Existing]], Callable[[int, int], None]], Awaitable[Content]]

ZoneOf = Callable[[str], Awaitable[str | None]]
"""Returns the IANA zone of a member's clocks; None where it is not known."""


async def no_zone(_member: str) -> None:
    """Return that no member's zone is known."""


async def read_apart(
    order: Order, existing: Callable[[], Awaitable[Existing]], progress: Callable[[int, int], None]
) -> Content:
    """Return what a file holds; `ArchiveError` says why it cannot be imported, or that it takes too much.

    `existing` is asked where a file is to be compared, and what it raises is raised. `progress` is called with bytes read and
    to read. When this returns, or is cancelled, the process has ended.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", MODULE, str(MEMORY_MAX), str(CPU_SECONDS_MAX),
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )  # fmt: skip
    except OSError as error:
        raise ArchiveError(NO_PROCESS) from error
    clock = asyncio.timeout(SECONDS_MAX)
    try:
        async with clock:
            return await _content_from(child, order, existing, progress)
    except TimeoutError:
        if clock.expired():
            raise ArchiveError(TOO_LONG) from None
        raise
    finally:
        await _end(child)


async def _content_from(
    child: Process, order: Order, existing: Callable[[], Awaitable[Existing]], progress: Callable[[int, int], None]
) -> Content:
    """Give the order, and return what comes of it."""
    await _give(child, order)
    while True:
        match await _next(child):
            case Progress(done, total):
                progress(done, total)
            case Opened():
                await _give(child, await existing())
            case Refused(reason, error):
                if error:
                    structlog.get_logger(service="gateway").warning("an upload was not understood", error=error)
                raise ArchiveError(reason)
            case Content() as content:
                return content


async def _give(child: Process, message: Order | Existing) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(frames.framed(message))
        await child.stdin.drain()
    except frames.TooLarge:
        raise ArchiveError(TOO_MUCH) from None
    except ConnectionError:
        raise ArchiveError(TOO_HEAVY) from None


async def _next(child: Process) -> frames.Answer:
    """Return the next answer; `ArchiveError` where the process has ended without one: by its limits, or the kernel's."""
    assert child.stdout is not None
    try:
        head = await child.stdout.readexactly(frames.LENGTH_BYTES)
        return frames.answer_in(await child.stdout.readexactly(frames.length_of(head)))
    except (asyncio.IncompleteReadError, ConnectionError, frames.TooLarge, msgspec.DecodeError):
        raise ArchiveError(TOO_HEAVY) from None


async def _end(child: Process) -> None:
    with suppress(ProcessLookupError):
        child.kill()
    await child.communicate()  # what it had still sent, so that nothing of it stays open
