"""What is refused in a rule, when its module is imported: a `ValueError` names the part and says what to do."""

from __future__ import annotations

from services.followups.model.event_codes import CODES
from shared.contracts import EventData

EventTypes = tuple[type[EventData], ...]
Coded = tuple[tuple[type[EventData], str], ...]
"""Types of events, each with its code: looked for in each evaluation, so they are put together once."""


def check(holds: bool, where: str, otherwise: str) -> None:
    """Refuse a rule by `ValueError` where something does not hold."""
    if not holds:
        raise ValueError(f"{where}: {otherwise}")


def some(where: str, types: EventTypes) -> EventTypes:
    """Return the types, of which there is one at least, all of them remembered."""
    check(bool(types), where, "name at least one type of event")
    remembered(where, types)
    return types


def coded(types: EventTypes) -> Coded:
    """Return types of events with the codes under which subjects remember them."""
    return tuple((one, CODES[one]) for one in types)


def remembered(where: str, types: EventTypes) -> None:
    """Refuse types of events that no subject remembers."""
    for one in types:
        check(one in CODES, where, f"declare a CODE beside the TYPE of {one.__name__}, so that it is remembered")
