"""How what an older version of the projection has stored becomes what the next one stores (`shared.stored.migration`)."""

from __future__ import annotations

from typing import Final

from shared.stored.migration import Migrations, read_alike

MIGRATIONS: Final[Migrations] = {
    6: read_alike(),  # channels of members came: nobody had one
    7: read_alike(),  # answers can be taken back: nobody had
    8: read_alike(remembers_more=True),  # what an answer has ended
    9: read_alike(),  # until when what is let go waits: minutes, and then it is gone
    10: read_alike(remembers_more=True),  # which promises are done by the member's answer
}
"""By state version, from that of the first release on."""
