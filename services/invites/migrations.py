"""How what an older version of *invites* has stored becomes what the next one stores (`shared.stored.migration`)."""

from __future__ import annotations

from typing import Final

from shared.stored.migration import Migrations, read_alike

MIGRATIONS: Final[Migrations] = {
    13: read_alike(),  # a yes may wait: none did
}
"""By state version, from that of the first release on."""
