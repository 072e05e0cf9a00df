"""Who stands in a meeting of a calendar, and what they answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from icalendar import Component

from shared.importing.existing.person import Person, address_of, clean

_NO_PERSON: Final = frozenset({"RESOURCE", "ROOM"})
_NO_PERSONS_DOMAIN: Final = "calendar.google.com"
"""With those below it: where Google keeps rooms, shared calendars and organizers that it does not know."""


@dataclass(frozen=True, slots=True)
class Attendee:
    """One who stands in a meeting."""

    person: Person
    answer: str
    """PARTSTAT in capitals: ACCEPTED, DECLINED, TENTATIVE, NEEDS-ACTION; empty where none stands."""
    group: bool = False
    """Whether it stands for several people."""

    @property
    def address(self) -> str:
        """The one address by which they stand there."""
        return self.person.addresses[0]


def people_of(component: Component) -> list[Attendee]:
    """Return all who stand in an event, each once: rooms are none. The organizer has agreed unless they said otherwise."""
    found: dict[str, Attendee] = {}
    for value in _all(component, "ATTENDEE"):
        if (attendee := _attendee(value)) is not None:
            found[attendee.address] = attendee
    for value in _all(component, "ORGANIZER"):
        if (attendee := _attendee(value)) is not None and attendee.address not in found:
            found[attendee.address] = Attendee(attendee.person, "ACCEPTED", attendee.group)
    return list(found.values())


def _all(component: Component, name: str) -> Iterable[Any]:
    value = component.get(name, [])
    return value if isinstance(value, list) else [value]


def _belongs_to_google(address: str) -> bool:
    domain = address.rpartition("@")[2]
    return domain == _NO_PERSONS_DOMAIN or domain.endswith(f".{_NO_PERSONS_DOMAIN}")


def _attendee(value: Any) -> Attendee | None:
    parameters = getattr(value, "params", {})
    address = address_of(str(value)) or address_of(str(parameters.get("EMAIL", "")))
    kind = str(parameters.get("CUTYPE", "")).upper()
    if not address or kind in _NO_PERSON or _belongs_to_google(address):
        return None
    name = clean(str(parameters.get("CN", "")))
    person = Person((address,), "" if address_of(name) else name)
    return Attendee(person, str(parameters.get("PARTSTAT", "")).upper(), group=kind == "GROUP")
