"""The process that reads one file, and nothing else: `python -m services.gateway.api.importing.apart.child MEMORY SECONDS`.

A file from outside may bring who reads it to any length of time and any amount of memory. So it is read where both have an
end, with no secrets around: orders come on its standard input, answers go to its standard output (`frames`).
"""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.gateway.api.importing.apart.content import TOO_MUCH, answer
from services.gateway.api.importing.apart.frames import Answer, Order, Refused, TooLarge, framed, received
from shared.importing.existing.activity import Existing

NICE: Final = 10
"""The event loop of the gateway goes first."""


def limit(memory: int, seconds: int) -> None:
    """Give this process an end: bytes of memory, seconds of CPU. Where memory runs out, the kernel ends it and no other."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),  # the words of a file stand nowhere else
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
    ):
        with suppress(ValueError, OSError):  # macOS has no RLIMIT_AS; or it is less already
            resource.setrlimit(what, (most, most))
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    """Read the file that is ordered."""
    limit(int(sys.argv[1]), int(sys.argv[2]))
    with os.fdopen(os.dup(1), "wb") as out, Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # what a library prints is no answer

        def send(made: Answer) -> None:
            try:
                content = framed(made)
            except TooLarge:
                content = framed(Refused(TOO_MUCH))
            out.write(content)
            out.flush()

        source = sys.stdin.buffer
        answer(received(source, Order), lambda: received(source, Existing), send)


if __name__ == "__main__":
    main()
