"""How what an older version of *invites* has stored becomes what the next one stores (`shared.migration`)."""

from __future__ import annotations

from typing import Final

from shared.migration import Migrations

MIGRATIONS: Final[Migrations] = {}
"""By state version, from that of the first release on."""
