"""The files of an export that are looked at, wherever they come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

WANTED: Final = re.compile(
    r"(connections|invitations|messages|profile|recommendations[ _](?:received|given))[ _-]?\(?\d{0,4}\)?\.csv",
    re.IGNORECASE,
)
"""`Connections.csv`, `Connections_1.csv` (Complete archives), `Connections (1).csv` (browsers)."""
ONLY_LIKE_MESSAGES: Final = re.compile(
    r".*(coach|guide|role[ _-]?play)[ _-]?messages[ _-]?\(?\d{0,4}\)?\.csv", re.IGNORECASE
)
"""`learning_coach_messages.csv`, `guide_messages.csv` and their like have the columns of messages.csv, and hold what was
asked of LinkedIn's own assistants."""
NO_TALK: Final = "is what was asked of LinkedIn's own assistants: no talk between people"
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
    refused: str | None = None
    """Why it is not even opened."""
