"""The files of an export that are looked at, wherever they come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

WANTED: Final = re.compile(r"(connections|invitations|messages)[ _-]?\(?\d{0,4}\)?\.csv", re.IGNORECASE)
"""`Connections.csv`, `Connections_1.csv` (Complete archives), `Connections (1).csv` (browsers)."""
NOTHING_FOUND: Final = "holds neither Connections.csv, Invitations.csv nor messages.csv"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive that is to be read."""

    name: str
    size: int
    """Bytes unpacked, as declared."""
    packed: int | None
    """Bytes packed, as declared; None when it is not packed."""
    open: Callable[[], IO[bytes]]
