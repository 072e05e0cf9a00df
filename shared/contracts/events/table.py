"""The table of all events by type: what is not here is skipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shared.contracts.events.event import EventData
from shared.contracts.events.member import channel, imports, member, pursuit, reminder
from shared.contracts.events.own import digest, followup, push, retraction, upkeep
from shared.contracts.events.people import contact, gathering, interactions, invite, meeting, promise
from shared.contracts.topic_names import OWN_TOPICS

EVENTS: Final[dict[str, type[EventData]]] = {
    kind.TYPE: kind
    for module in (
        member, channel, invite, contact, interactions, meeting, promise, gathering, pursuit, imports, reminder,
        retraction, followup, digest, push, upkeep,
    )
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, EventData) and kind.TYPE
}  # fmt: skip
"""By CloudEvents `type`, in the order in which the modules define them."""


def by_code(kinds: Iterable[type[EventData]]) -> dict[str, type[EventData]]:
    """Return the events that services remember, by their codes; refuse two that have the same one."""
    found: dict[str, type[EventData]] = {}
    for kind in kinds:
        if kind.CODE and (other := found.setdefault(kind.CODE, kind)) is not kind:
            raise TypeError(
                f"{other.__name__} and {kind.__name__} have the same CODE {kind.CODE!r}: stored items would take the one "
                "for the other, so give the newer one a code of its own"
            )
    return found


CODES: Final = by_code(EVENTS.values())
"""By the code under which services remember them."""
_TOPICS_OF: Final = {kind: frozenset({kind.TOPIC}) if kind.TOPIC else OWN_TOPICS for kind in EVENTS.values()}


def topics_of(kind: type[EventData]) -> frozenset[str]:
    """Return the topics on which an event of this type may stand."""
    return _TOPICS_OF[kind]
