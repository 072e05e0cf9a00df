"""How what an older version of *digest* has stored becomes what the next one stores (`shared.stored.migration`)."""

from __future__ import annotations

from typing import Final

from shared.stored.migration import Migrations, read_alike

MIGRATIONS: Final[Migrations] = {
    17: read_alike(remembers_more=True),  # channels, which nobody had, and quiet hours, which members had
    18: read_alike(),  # ids of messages that a channel has taken: what went before stays there
}
"""By state version, from that of the first release on."""
