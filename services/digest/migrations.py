"""How what an older version of *digest* has stored becomes what the next one stores (`shared.stored.migration`)."""

from __future__ import annotations

from typing import Final

from shared.stored.migration import Migrations, read_alike

MIGRATIONS: Final[Migrations] = {
    17: read_alike(remembers_more=True),  # quiet hours, for channels: nobody had one, but hours of their own
}
"""By state version, from that of the first release on."""
