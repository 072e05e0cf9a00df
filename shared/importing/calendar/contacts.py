"""Whom a meeting's people are among the member's contacts: by address, then by an exact name; nobody is merged on a guess.

A contact whose id is the address is that person. Else a name counts, where it stands once among the contacts and belongs to
one address in the calendar. Whoever is neither becomes a contact of their own, by their address.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from shared.contracts.limits import ID_CHARS_MAX
from shared.importing.calendar.known import Known
from shared.importing.calendar.people import Person
from shared.importing.people import folded

PREFIX: Final = "mail:"
"""Of the id of a contact that an address alone makes."""


class Contacts:
    """The ids of all people of one calendar."""

    def __init__(self, known: Known, people: Iterable[Person]) -> None:
        self._known = known
        self._by_address = {one.casefold(): one for one in known.contacts if "@" in one and not one.startswith(PREFIX)}
        named = [(folded(name), one) for one, name in known.contacts.items() if not one.startswith(PREFIX)]
        once = Counter(name for name, _ in named)
        self._by_name = {name: one for name, one in named if once[name] == 1}
        addresses: dict[str, set[str]] = defaultdict(set)
        for person in people:
            if person.name:
                addresses[folded(person.name)].add(person.address)
        self._sure = {name for name, of in addresses.items() if len(of) == 1}
        self._told: set[str] = set()

    def id_of(self, person: Person) -> str:
        """Return a person's contact id."""
        if (found := self._by_address.get(person.address)) is not None:
            return found
        name = folded(person.name)
        if name in self._sure and (found := self._by_name.get(name)) is not None:
            return found
        made = PREFIX + person.address
        return made if len(made) <= ID_CHARS_MAX else PREFIX + hashlib.sha256(person.address.encode()).hexdigest()[:32]

    def new_name(self, person: Person) -> str | None:
        """Return the name to be told of a person whom nobody has named yet, once; else None.

        Without a name in the calendar it is the address: that is what the member knows them by.
        """
        made = self.id_of(person)
        if made in self._known.contacts or made in self._told:
            return None
        self._told.add(made)
        return person.name or person.address
