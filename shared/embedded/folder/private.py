"""Files for their owner's eyes alone, whatever the umask of the process: personal data and ways in stand in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Final

MODE: Final = 0o600
UMASK: Final = 0o077
"""Of every process that writes into a data folder."""


def private(path: Path, mode: str = "wb") -> IO[bytes]:
    """Open a file to be written (`wb`) or added to (`ab`), made 0600 where it is new or was open to others."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if mode == "ab" else os.O_TRUNC)
    descriptor = os.open(path, flags, MODE)
    os.fchmod(descriptor, MODE)
    return os.fdopen(descriptor, mode)


def write_private(path: Path, text: str) -> None:
    """Write a text as UTF-8 into such a file."""
    with private(path) as file:
        file.write(text.encode())
