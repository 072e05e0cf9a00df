"""Open files: how many this process may have, and how many of them a server may take."""

from __future__ import annotations

import errno
import resource
import socket
import time
from dataclasses import dataclass
from typing import Any, Final

WANTED: Final = 65_536
"""Far more than is ever needed; a soft limit of 1,024 is common, and the hard one above it is free to take."""
OF_THE_SERVICES: Final = 200
"""What the services themselves hold open: 148 were counted in a process with all of them."""
SCARCE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
GONE_MS: Final = 60_000
"""Until the kernel ends a connection whose other side confirms nothing of what was sent: a machine that has vanished."""
RETRY_SECONDS: Final = 1.0
"""asyncio looks again at a listening socket after so long."""


@dataclass(frozen=True, slots=True)
class Room:
    """What one server may take."""

    connections: int
    accepted: int
    """Accepted in one turn of the event loop before the first of them is looked at, and waiting in the kernel's queue."""
    long: int = 0
    """Connections with an answer that goes on for long, beside the others."""


def raise_limit() -> int:
    """Raise the soft limit of open files as far as the hard one lets us, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):  # macOS has a limit of its own below an infinite one
            return soft
        return most
    return WANTED if soft == resource.RLIM_INFINITY else soft


def room(connections: int, accepted: int, share: int, limit: int, long: int = 0) -> Room:
    """Return what a server may take of `limit` files: a `share`-th of what the services leave, and as wished at most.

    A connection that is closed keeps its file for up to three turns of the event loop, in each of which `accepted` more
    may come. So a server has `connections`, `long` and three times `accepted` open at worst: with shares of 8 and, without
    `long`, of 16, less than nine tenths of what is left.
    """
    part = max((limit - OF_THE_SERVICES) // share, 4)
    return Room(min(connections, part), min(accepted, part), min(long, part))


class Listener(socket.socket):
    """A listening socket that says once a second at most that there is no descriptor left.

    asyncio asks it `backlog` times in a row, and for each refusal writes a line and begins one more wait.
    """

    _scarce_until = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection; while descriptors are scarce there is none, and the first refusal is raised."""
        if time.monotonic() < self._scarce_until:
            raise BlockingIOError(errno.EAGAIN, "descriptors are scarce")
        try:
            return super().accept()
        except OSError as error:
            if error.errno in SCARCE:
                self._scarce_until = time.monotonic() + RETRY_SECONDS / 2
            raise


def bound(host: str, port: int, backlog: int) -> Listener:
    """Bind now, so that a port that is taken is an `OSError` here and not the end of a server."""
    made = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=backlog
    )
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; what is accepted has it, too
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_MS)
    return Listener(fileno=made.detach())
