"""Tell accepted invites from pending ones: exports have no status column, so Connections.csv is asked.

An invite is accepted when the other's profile stands among the connections. Where addresses are missing on either side,
the same name counts, but only when it stands once among the connections and once among the invites: two people of one
name are never taken for one. Whatever is not proven stays pending, and the reason is kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from shared.importing.linkedin.messages import Message, Other
from shared.importing.linkedin.people import folded, name_id
from shared.importing.linkedin.recommendations import Recommendation
from shared.importing.linkedin.rows import Connection, Invitation


class Evidence(StrEnum):
    """Why an invite was taken for accepted or pending."""

    PROFILE = "accepted: the profile stands in Connections.csv"
    NAME = "accepted: the name stands in Connections.csv, once"
    ABSENT = "pending: neither profile nor name stands in Connections.csv"
    AMBIGUOUS = "pending: the name stands more than once"
    UNKNOWN = "pending: there is no Connections.csv"


@dataclass(frozen=True, slots=True)
class Match:
    """Whom an invite is with, and whether it was accepted."""

    evidence: Evidence
    contact_id: str
    slug: str | None
    connected: date | None = None
    """The day since when the two are connected; None: the invite is pending."""


@dataclass(slots=True)
class _Named:
    people: int
    slug: str | None
    day: date


_SEVERAL: Final = "\x1f"
"""Stands for several people of one name; no key of an invite holds it."""


class People:
    """What is remembered of all rows to match them: a few short texts for each."""

    def __init__(self) -> None:
        self.any_connections = False
        self._days: dict[str, date] = {}
        self._named: dict[str, _Named] = {}
        self._marks: set[bytes] = set()
        self._invited: dict[str, str] = {}
        self._addressed = False
        self._conversations: dict[str, str] = {}

    def add(self, row: Connection | Invitation | Message | Recommendation) -> None:
        """Remember what is needed of a row to match others: connections first, then invites, then messages."""
        match row:
            case Connection():
                self.add_connection(row)
            case Invitation():
                self.add_invitation(row)
            case Message():
                self._add_message(row)
            case Recommendation():
                pass  # its name says nothing of others

    def add_connection(self, row: Connection) -> None:
        """Remember a connection. All of them come before the first invite."""
        self.any_connections = True
        self._addressed = self._addressed or row.slug is not None
        if row.slug is not None:
            before = self._days.get(row.slug)
            self._days[row.slug] = row.day if before is None else max(before, row.day)
            if before is not None:
                return
        elif row.mark in self._marks:
            return
        else:
            self._marks.add(row.mark)
        name = folded(row.name)
        if name in self._named:
            self._named[name].people += 1
        elif row.name:
            self._named[name] = _Named(1, row.slug, row.day)

    def add_invitation(self, row: Invitation) -> None:
        """Remember an invite, as far as its name may have to speak for it."""
        if row.slug is None or not self._addressed:
            key = row.slug or row.invite_id
            name = folded(row.name)
            if self._invited.setdefault(name, key) != key:
                self._invited[name] = _SEVERAL

    def _add_message(self, row: Message) -> None:
        """Remember whose conversation it is: only the other's own messages carry an address in some eras."""
        for other in row.others if row.conversation else ():
            if other.slug is not None and self._conversations.setdefault(row.conversation, other.slug) != other.slug:
                self._conversations[row.conversation] = _SEVERAL

    def partner(self, row: Message, other: Other) -> str | None:
        """Return the id of the contact that a message was exchanged with, once all rows are remembered; None: open.

        The address counts, then that of the only other one in the conversation, then a name that stands once.
        """
        if other.slug is not None:
            return other.slug
        if (slug := self._conversations.get(row.conversation, _SEVERAL)) != _SEVERAL and len(row.others) == 1:
            return slug
        return self.connection_named(other.name)

    def connection_named(self, name: str) -> str | None:
        """Return the id of the one connection of that name, once all rows are remembered; None for none or several."""
        named = self._named.get(folded(name))
        return None if named is None or named.people > 1 else named.slug or name_id(folded(name))

    def contact_ids(self) -> ContactIds:
        """Return the ids of the connections, to be asked row by row in the order of the files."""
        return ContactIds(self._named)

    def match(self, row: Invitation) -> Match:
        """Return whom an invite is with, once all rows are remembered."""
        if row.slug is not None and row.slug in self._days:
            return Match(Evidence.PROFILE, row.slug, row.slug, self._days[row.slug])
        evidence = self._evidence_of_name(row)
        name = folded(row.name)
        if evidence is Evidence.NAME:
            named = self._named[name]
            return Match(evidence, named.slug or name_id(name), named.slug or row.slug, named.day)
        # A pending invite without an address is with somebody of its own: the name alone merges nobody.
        return Match(evidence, row.slug or name_id(name, row.invite_id[-8:]), row.slug)

    def _evidence_of_name(self, row: Invitation) -> Evidence:
        if not self.any_connections:
            return Evidence.UNKNOWN
        name = folded(row.name)
        if (row.slug is not None and self._addressed) or name not in self._named:
            return Evidence.ABSENT
        once = self._named[name].people == 1 and self._invited.get(name) != _SEVERAL
        return Evidence.NAME if once else Evidence.AMBIGUOUS


class ContactIds:
    """The id of each connection: the slug, else the name, with the day (and a number) for those who share a name."""

    def __init__(self, named: dict[str, _Named]) -> None:
        self._named = named
        self._given: Counter[str] = Counter()

    def of(self, row: Connection) -> str:
        """Return the id of a connection that was remembered before."""
        if row.slug is not None:
            return row.slug
        name = folded(row.name)
        if self._named[name].people == 1:
            return name_id(name)
        day = row.day.isoformat()
        dated = name_id(name, day)
        self._given[dated] += 1
        return dated if self._given[dated] == 1 else name_id(name, day, str(self._given[dated]))
