"""A whole address book: read, compared with what was told, reported.

Only who has a day to remember is told, so an address book with thousands of people makes no thousands of contacts.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from shared.contracts import ContactDateSet, ContactNamed, Event, EventData
from shared.contracts.fields import whole_milliseconds
from shared.importing.addressbook import tables, vcard
from shared.importing.addressbook.cards import BYTES_MAX, Card
from shared.importing.existing.activity import Existing
from shared.importing.existing.contacts import Contacts
from shared.importing.limits import REJECTED_KEPT_MAX
from shared.importing.linkedin.events import ORIGIN
from shared.importing.refusals import ArchiveError, shown

SOURCE: Final = "/contacts/import"
NO_DAY: Final = "no day to remember"
NOBODY: Final = "neither name nor address"
SEVERAL: Final = "one person with different days: which one is right is not told"


class AddressBookImport:
    """The cards of an address book. `events` compares them with what was told before."""

    def __init__(self, member: str, now: datetime, cards: list[Card], place: str) -> None:
        """`place`: what the number of a card counts, `card` or `line`."""
        self.place = place
        self._member = member
        self._now = now
        self._cards = cards
        self._events: Counter[str] = Counter()
        self._rejected = [(card.number, fault) for card in cards for fault in card.faults]
        self._aside: Counter[str] = Counter()
        self._dated = [card for card in cards if self._counts(card)]

    def events(self, existing: Existing) -> Iterator[Event]:
        """Give what is to be told now; nothing where all of it was told before."""
        self._events = Counter()
        contacts = Contacts(existing, [card.person for card in self._cards])
        for card, label, day in self._agreed(contacts):
            contact_id = contacts.id_of(card.person)
            before = existing.days.get((contact_id, label))
            if before is not None and before[0] == day:
                continue
            if (name := contacts.new_name(card.person)) is not None:
                yield self._event(ContactNamed(contact_id=contact_id, name=name), "")
            dated = ContactDateSet(contact_id=contact_id, label=label, month=day[0], day=day[1])
            yield self._event(dated, "" if before is None else before[1])

    def report(self) -> dict[str, Any]:
        """Return what was read, and the events that were given so far by type: the object that `--json` prints."""
        report: dict[str, Any] = {
            "cards_read": len(self._cards),
            "cards_rejected": [{"card": number, "reason": why} for number, why in self._rejected[:REJECTED_KEPT_MAX]],
            "set_aside": dict(sorted(self._aside.items())),
            "events": dict(sorted(self._events.items())),
        }
        if (more := len(self._rejected) - REJECTED_KEPT_MAX) > 0:
            report["cards_rejected_more"] = more
        return report

    def _counts(self, card: Card) -> bool:
        if not card.person.name and not card.person.addresses:
            self._aside[NOBODY] += 1
        elif not card.days and not card.faults:
            self._aside[NO_DAY] += 1
        return bool(card.days) and bool(card.person.name or card.person.addresses)

    def _agreed(self, contacts: Contacts) -> Iterator[tuple[Card, str, tuple[int, int]]]:
        """Give each day of each person once; nothing of a day on which cards of one person differ."""
        found: dict[tuple[str, str], dict[tuple[int, int], Card]] = defaultdict(dict)
        for card in self._dated:
            for label, day in card.days.items():
                found[contacts.id_of(card.person), label].setdefault(day, card)
        self._aside.pop(SEVERAL, None)
        for (_, label), by_day in found.items():
            if len(by_day) > 1:
                self._aside[SEVERAL] += 1
                continue
            for day, card in by_day.items():
                yield card, label, day

    def _event(self, data: EventData, before: str) -> Event:
        key = f"{self._member}\n{data.TYPE}\n{data.model_dump_json()}\n{before}"
        self._events[data.TYPE.removeprefix("rapport.")] += 1
        return Event(
            id="contacts-" + hashlib.sha256(key.encode()).hexdigest()[:32],
            member=self._member, time=self._now, logged=self._now, data=data, source=SOURCE, origin=ORIGIN,
        )  # fmt: skip


def read_address_book(path: Path, *, member: str, now: datetime) -> AddressBookImport:
    """Read the vCards, or the table of Google or Outlook, in the file at `path`: its content says which.

    `ArchiveError` when it cannot be read, is none of these or is larger than `BYTES_MAX`; `ValueError` when `now` is naive.
    """
    label = shown(path.name)
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise ArchiveError(f"{label}: cannot be read: {error.strerror}") from error
    if len(content) > BYTES_MAX:
        raise ArchiveError(f"{label}: is larger than {BYTES_MAX // 1024**2} MB")
    if vcard.is_vcard(content):
        return AddressBookImport(member, whole_milliseconds(now), vcard.cards(content, label), "card")
    if tables.is_table(content):
        return AddressBookImport(member, whole_milliseconds(now), tables.cards(content, label), "line")
    raise ArchiveError(f"{label}: is no address book: neither vCards nor a table of Google Contacts or Outlook")
