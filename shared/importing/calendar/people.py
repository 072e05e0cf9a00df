"""Who stands in a meeting of a calendar, and which of them is the member."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from icalendar import Component

from shared.contracts.limits import NAME_CHARS_MAX

_NO_PERSON: Final = frozenset({"RESOURCE", "ROOM"})
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b\u2060\ufeff]+")
_ADDRESS: Final = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:]+")
_RESOURCE_DOMAINS: Final = ("resource.calendar.google.com", "group.calendar.google.com")
"""Where Google keeps rooms and shared calendars, whatever CUTYPE says."""


@dataclass(frozen=True, slots=True)
class Person:
    """One who stands in a meeting."""

    address: str
    """Lower-cased."""
    name: str
    """As written; empty where none stands."""
    answer: str
    """PARTSTAT in capitals: ACCEPTED, DECLINED, TENTATIVE, NEEDS-ACTION; empty where none stands."""
    group: bool = False
    """Whether it stands for several people."""


def address_of(text: str) -> str:
    """Return an address in lower case, without its scheme; empty for what is none."""
    bare = text.strip().removeprefix("mailto:").removeprefix("MAILTO:").strip().lower()
    return bare if _ADDRESS.fullmatch(bare) else ""


def people_of(component: Component) -> list[Person]:
    """Return all who stand in an event, each once: rooms are none. The organizer has agreed unless they said otherwise."""
    found: dict[str, Person] = {}
    for value in _all(component, "ATTENDEE"):
        if (person := _person(value)) is not None:
            found[person.address] = person
    for value in _all(component, "ORGANIZER"):
        if (person := _person(value)) is not None and person.address not in found:
            found[person.address] = Person(person.address, person.name, "ACCEPTED", person.group)
    return list(found.values())


def clean(text: str) -> str:
    """Return a text fit for one line of a mail, cut to the length of a name; empty where nothing is left."""
    return " ".join(_CONTROLS.sub(" ", text).split())[:NAME_CHARS_MAX].strip()


def _all(component: Component, name: str) -> Iterable[Any]:
    value = component.get(name, [])
    return value if isinstance(value, list) else [value]


def _person(value: Any) -> Person | None:
    parameters = getattr(value, "params", {})
    address = address_of(str(value)) or address_of(str(parameters.get("EMAIL", "")))
    kind = str(parameters.get("CUTYPE", "")).upper()
    if not address or kind in _NO_PERSON or address.rpartition("@")[2] in _RESOURCE_DOMAINS:
        return None
    name = clean(str(parameters.get("CN", "")))
    return Person(
        address,
        "" if address_of(name) else name,
        str(parameters.get("PARTSTAT", "")).upper(),
        group=kind == "GROUP",
    )
