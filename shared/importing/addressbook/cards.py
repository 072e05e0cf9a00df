"""One person of an address book, as far as an import asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from shared.importing.existing.person import Person

BIRTHDAY: Final = "birthday"
ANNIVERSARY: Final = "anniversary"
BYTES_MAX: Final = 64 * 1024**2
"""Photographs stand inside: some ten thousand contacts with one."""
CARDS_MAX: Final = 50_000


@dataclass(frozen=True, slots=True)
class Card:
    """A person, and their days of the year: (month, day) by label."""

    number: int
    """Which one of the file, from 1; of a table the line."""
    person: Person
    days: dict[str, tuple[int, int]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    """What of it could not be read: field and reason."""
