"""Rows into events, with ids that are the same in every import of the same rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.contracts import (
    Contact,
    ContactConnected,
    Event,
    EventData,
    HelpGiven,
    HelpReceived,
    ImportCompleted,
    InviteAccepted,
    InviteReceived,
    InviteSent,
    MessageReceived,
    MessageSent,
)
from shared.importing.linkedin.matching import Match
from shared.importing.linkedin.messages import Message, Other
from shared.importing.linkedin.people import profile_url
from shared.importing.linkedin.recommendations import Recommendation
from shared.importing.linkedin.rows import OUTGOING, Connection, Invitation, digest, midnight

SOURCE: Final = "/linkedin/export"
ORIGIN: Final = "import"
LINKEDIN: Final = "linkedin"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Events:
    """Events about one member, of one import."""

    member: str
    imported_at: datetime

    def invited(self, row: Invitation, match: Match) -> Event:
        """Return that an invite was sent or received."""
        kind = InviteSent if row.direction == OUTGOING else InviteReceived
        contact = _contact(match.contact_id, row.label, match.slug)
        return self._event(kind(invite_id=row.invite_id, contact=contact, note=row.note), row.sent, row.invite_id)

    def accepted(self, row: Invitation, match: Match) -> Event | None:
        """Return that an invite was accepted, on the day of the connection but never before it was sent; or None."""
        if match.connected is None:
            return None
        return self._event(
            InviteAccepted(invite_id=row.invite_id, contact_id=match.contact_id),
            max(midnight(match.connected), row.sent),
            row.invite_id,
            causation=self._id(ContactConnected.TYPE, match.contact_id, match.connected.isoformat()),
        )

    def connected(self, row: Connection, contact_id: str, invite_id: str | None) -> Event:
        """Return that two are connected, by an invite where one was found."""
        contact = _contact(contact_id, row.label, row.slug, row.headline)
        connected = ContactConnected(contact=contact, via_invite=invite_id)
        return self._event(connected, midnight(row.day), contact_id, row.day.isoformat())

    def exchanged(self, row: Message, other: Other, contact_id: str) -> Event:
        """Return that a message was sent or received. Its words stay where they are: who and when is all it tells."""
        kind = MessageSent if row.direction == OUTGOING else MessageReceived
        return self._event(kind(contact_id=contact_id), row.at, row.conversation, other.key, row.wall)

    def recommended(self, row: Recommendation, contact_id: str) -> Event:
        """Return that somebody has recommended the member, or the member them: help, without its words."""
        kind = HelpReceived if row.received else HelpGiven
        return self._event(kind(contact_id=contact_id), row.at, contact_id, row.wall)

    def completed(self, import_id: str, counts: Counter[str]) -> Event:
        """Return that all other events of this import were reported."""
        completed = ImportCompleted(import_id=import_id, source=LINKEDIN, counts=dict(counts))
        return self._event(completed, self.imported_at, import_id)

    def _event(self, event: EventData, time: datetime, *key: str, causation: str | None = None) -> Event:
        return Event(
            id=self._id(event.TYPE, *key),
            member=self.member,
            time=time,
            logged=self.imported_at,
            data=event,
            source=SOURCE,
            origin=ORIGIN,
            causation=causation,
        )

    def _id(self, kind: str, *key: str) -> str:
        return f"{LINKEDIN}-{digest(self.member, kind, *key)}"


class Introductions:
    """Which invite led to which connection: the last one that was sent by the end of the day of the connection."""

    def __init__(self) -> None:
        self._invites: dict[str, tuple[datetime, str]] = {}

    def add(self, row: Invitation, match: Match) -> None:
        """Take note of an accepted invite."""
        if match.connected is not None and row.sent < midnight(match.connected) + _DAY:
            found = (row.sent, row.invite_id)
            self._invites[match.contact_id] = max(self._invites.get(match.contact_id, found), found)

    def invite_of(self, contact_id: str) -> str | None:
        """Return the id of the invite that led to a connection."""
        found = self._invites.get(contact_id)
        return found and found[1]


def _contact(contact_id: str, name: str, slug: str | None, headline: str | None = None) -> Contact:
    return Contact(id=contact_id, name=name, headline=headline, profile_url=slug and profile_url(slug))
