"""What rules have in common: where they begin, and from where they count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final

from services.followups.case import Anchor, Case
from services.followups.records import Seen
from shared.calendar import local
from shared.contracts import EventData

HORIZON: Final = timedelta(days=14)
"""A fact that was told later than so long after it happened starts nothing: importing ten thousand connections does not
make ten thousand reminders."""
MORNING: Final = time(9)


def first_of(*types: type[EventData]) -> Callable[[Case], Anchor | None]:
    """Return what finds the fact of these types that was told first."""

    def find(case: Case) -> Anchor | None:
        told = (told_first(fact, seen) for fact in types if (seen := case.subject.saw(fact)) is not None)
        return min(told, default=None)

    return find


def told_first(fact: type[EventData], seen: Seen) -> Anchor:
    """Return the fact of a type that was told first, as an anchor."""
    return Anchor(seen.logged, seen.first.time, seen.first.id, seen.first.named(fact))


def anchored(case: Case, anchor: Anchor) -> datetime:
    """Count from what clocks showed when the anchor happened."""
    return local(anchor.time, case.zone).replace(microsecond=0)
