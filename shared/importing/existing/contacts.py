"""Whom people of a file are among the member's contacts: by address, then by an exact name; nobody is merged on a guess.

A contact whose id is an address is that person. Else a name counts, where it stands once among the contacts and belongs to
one person in the file. Whoever is neither becomes a contact of their own, by their address, or by their name without one.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from shared.contracts.limits import ID_CHARS_MAX, NAME_CHARS_MAX
from shared.importing.existing.activity import Existing
from shared.importing.existing.person import Person
from shared.importing.linkedin.people import folded, name_id

PREFIX: Final = "mail:"
"""Of the id of a contact that an address alone makes."""


class Contacts:
    """The ids of all people of one file."""

    def __init__(self, existing: Existing, people: Iterable[Person]) -> None:
        self._existing = existing
        self._by_address = {
            one.casefold(): one for one in existing.contacts if "@" in one and not one.startswith(PREFIX)
        }
        named = [(folded(name), one) for one, name in existing.contacts.items() if not one.startswith(PREFIX)]
        once = Counter(name for name, _ in named)
        self._by_name = {name: one for name, one in named if once[name] == 1}
        sharing: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for place, person in enumerate(people):
            if person.name:  # who has no address may be anybody of that name
                sharing[folded(person.name)].add(person.addresses or (str(place),))
        self._sure = {name for name, of in sharing.items() if len(of) == 1}
        self._made: set[str] = set()

    def id_of(self, person: Person) -> str:
        """Return a person's contact id."""
        for address in person.addresses:
            if (found := self._by_address.get(address)) is not None:
                return found
        name = folded(person.name)
        if name in self._sure and (found := self._by_name.get(name)) is not None:
            return found
        mails = [_mail_id(address) for address in person.addresses]
        if not mails:
            return name_id(name)
        return next((one for one in mails if one in self._existing.contacts), mails[0])

    def new_name(self, person: Person) -> str | None:
        """Return the name to be told of a person whom nobody has named yet, once; else None.

        Without a name it is the address: that is what the member knows them by.
        """
        made = self.id_of(person)
        if made in self._existing.contacts or made in self._made:
            return None
        self._made.add(made)
        return person.name or person.addresses[0][:NAME_CHARS_MAX]


def _mail_id(address: str) -> str:
    made = PREFIX + address
    return made if len(made) <= ID_CHARS_MAX else PREFIX + hashlib.sha256(address.encode()).hexdigest()[:32]
