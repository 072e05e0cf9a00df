"""What one row of Recommendations_Received.csv or Recommendations_Given.csv says: who and when, never the words.

A recommendation is help. The files have neither an address nor a zone: the name has to stand once among the connections, and
times are read as `Sent At` is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared import calendar
from shared.contracts.fields import whole_milliseconds
from shared.importing.files.table import Row, check_cells
from shared.importing.linkedin.dates import wall_time_of
from shared.importing.linkedin.people import name_of
from shared.importing.linkedin.rows import Reading
from shared.importing.refusals import RowRefused

_WRITTEN: Final = frozenset({"", "VISIBLE", "HIDDEN"})
"""Hidden by its owner, it was written all the same. Anything else (`PENDING`) is not published."""


class Unpublished(StrEnum):
    """Why a good row is no help."""

    PENDING = "recommendations that are not published"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommendation between the member and somebody who is known by name alone."""

    received: bool
    name: str
    at: datetime
    wall: str
    """`Creation Date` as it was written, in one spelling: it identifies the row."""


def read_recommendation(row: Row, reading: Reading, *, received: bool) -> Recommendation | Unpublished | None:
    """Return the recommendation of a row; why it is set aside; None where its other side is hidden."""
    check_cells(row)
    name = name_of(f"{row['firstname']} {row['lastname']}", "First Name, Last Name")
    wall = wall_time_of(row["creationdate"], "Creation Date")
    at = whole_milliseconds(calendar.instant(wall, reading.zone_sent))
    if at > reading.latest:
        raise RowRefused("Creation Date: lies after the import")
    if row["status"].strip().upper() not in _WRITTEN:
        return Unpublished.PENDING
    return Recommendation(received, name, at, wall.isoformat()) if name else None
