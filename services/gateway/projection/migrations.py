"""How what an older version of the projection has stored becomes what the next one stores (`shared.stored.migration`)."""

from __future__ import annotations

from typing import Final

from shared.stored.migration import Migrations

MIGRATIONS: Final[Migrations] = {}
"""By state version, from that of the first release on."""
