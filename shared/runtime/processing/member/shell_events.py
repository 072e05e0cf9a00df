"""The events that mean something of every member to the shell itself, whatever its decider makes of them."""

from __future__ import annotations

from typing import Final

from shared.contracts import EventData, MemberErased, MemberJoined, Parked
from shared.decider import Decider, I, P


class Unparked(EventData):
    """An operator wants a parked item to be tried again. It is made of a request and stands on no topic."""

    item: str


FOLDED_BY_THE_SHELL: Final[frozenset[type[EventData]]] = frozenset({MemberErased, MemberJoined, Parked})
"""Their types in topics."""
NOTED: Final = FOLDED_BY_THE_SHELL | {Unparked}
"""All of them."""


def applied_by(decider: Decider[P, I]) -> frozenset[type[EventData]] | None:
    """Return the types of events in the inputs that need to be read; None: all."""
    return None if decider.applies is None else decider.applies | FOLDED_BY_THE_SHELL


def source_of(decider: Decider[P, I]) -> str:
    """Return the CloudEvents `source` of a service's own events."""
    return f"/rapport/{decider.name}"
