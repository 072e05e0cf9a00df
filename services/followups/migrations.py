"""How what an older version of *followups* has stored becomes what the next one stores (`shared.stored.migration`)."""

from __future__ import annotations

from typing import Final

from shared.stored.migration import Migrations, read_alike

MIGRATIONS: Final[Migrations] = {
    21: read_alike(remembers_more=True),  # to whom the member has written
    22: read_alike(remembers_more=True),  # answers can be taken back: what an earlier one counts as stays
    23: read_alike(remembers_more=True),  # who is done with thanks or a message waits, too
    24: read_alike(remembers_more=True),  # more turns in whose place one stands; what was put off pushes out no answer
}
"""By state version, from that of the first release on."""
