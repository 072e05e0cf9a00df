"""Free ports on loopback, the same ones from run to run where possible.

A port that is free now may be taken a moment later: whoever starts a server on it starts again with another one.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path

from shared.embedded.folder.private import write_private

LOOPBACK = "127.0.0.1"


def choose(file: Path, names: Sequence[str], *, afresh: bool = False) -> dict[str, int]:
    """Return a free port per name: those that `file` remembers, as far as they are free, and remember the choice."""
    remembered = {} if afresh else _remembered(file)
    ports: dict[str, int] = {}
    for name in names:
        wish = remembered.get(name, 0)
        ports[name] = wish if wish and wish not in ports.values() and is_free(wish) else _any_free(list(ports.values()))
    write_private(file, json.dumps(ports))
    return ports


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port now."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closed server's port in TIME_WAIT is free
        try:
            server.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _any_free(taken: Collection[int]) -> int:
    with ExitStack() as held:  # a port that is taken stays bound meanwhile, so that the next question gives another
        for _ in range(len(taken) + 1):
            server = held.enter_context(socket.socket())
            server.bind((LOOPBACK, 0))
            port: int = server.getsockname()[1]
            if port not in taken:
                return port
    raise AssertionError("one of n + 1 different ports is not among n")


def _remembered(file: Path) -> dict[str, int]:
    try:
        ports = json.loads(file.read_text())
        return {str(name): int(port) for name, port in ports.items() if 1024 <= int(port) <= 65535}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # never written, or not by us: any port will do
