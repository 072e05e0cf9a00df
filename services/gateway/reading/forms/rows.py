"""The long lists as structs: the same fields as their forms in `answers`, made and encoded at a tenth of the cost.

A page has up to 200 entries, each of what is known already, so nothing of it needs to be validated. The OpenAPI document
describes the forms; a test holds these to them, field by field and byte by byte. `I` is how instants are told: as
`datetime` for whoever computes with them, as text for whoever sends them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Generic, Literal, TypeVar

import msgspec

from services.gateway.reading.forms.answers import InviteState, State

I = TypeVar("I", datetime, str)  # noqa: E741 - an instant


class Row(msgspec.Struct, omit_defaults=True, frozen=True):
    """What is not known is None, and left out."""


class Who(Row, frozen=True):
    """`answers.Who`."""

    id: str
    name: str | None = None


class AgendaEntry(Row, Generic[I], frozen=True):
    """`answers.AgendaEntry`."""

    state: State
    kind: Literal["followup", "meeting", "invite"]
    id: str
    at: I | None = None
    rule: str | None = None
    who: Who | None = None
    what: str | None = None
    text: str | None = None
    starts_at: I | None = None
    promised_for: I | None = None
    on_day: date | None = None
    place: str | None = None


class MemberAgenda(Row, Generic[I], frozen=True):
    """`answers.MemberAgenda`."""

    entries: list[AgendaEntry[I]]
    next: str | None = None


class OpenFollowup(Row, Generic[I], frozen=True):
    """`answers.OpenFollowup`."""

    id: str
    state: State
    rule: str
    due_at: I
    attempt: int
    pushed: bool
    who: Who | None = None
    what: str | None = None
    text: str | None = None
    starts_at: I | None = None
    promised_for: I | None = None
    lapses_at: I | None = None
    on_day: date | None = None
    instead_of: I | None = None


class EndedFollowup(Row, Generic[I], frozen=True):
    """`answers.EndedFollowup`."""

    id: str
    how: Literal["completed", "cancelled", "lapsed"]
    at: I


class MemberFollowups(Row, Generic[I], frozen=True):
    """`answers.MemberFollowups`."""

    open: list[OpenFollowup[I]]
    ended: list[EndedFollowup[I]]
    quiet: dict[str, I]
    next: str | None = None


class InviteStanding(Row, Generic[I], frozen=True):
    """`answers.InviteStanding`."""

    id: str
    state: InviteState
    side: Literal["sent", "received"] | None = None
    sent_at: I | None = None
    who: Who | None = None
    why: str | None = None
    kept_until: I | None = None
    retract_at: I | None = None
    may_invite_again_since: I | None = None


class OpenProposal(Row, Generic[I], frozen=True):
    """`answers.OpenProposal`."""

    id: str
    at: I
    attempt: int
    invite_ids: list[str]
    more: int


class MemberInvites(Row, Generic[I], frozen=True):
    """`answers.MemberInvites`."""

    invites: list[InviteStanding[I]]
    counts: dict[InviteState, int]
    proposal: OpenProposal[I] | None = None
    next: str | None = None


encoded: Final = msgspec.json.Encoder().encode
"""Returns the JSON of an answer whose instants are texts."""


def itself(instant: datetime) -> datetime:
    """Tell an instant as it is."""
    return instant
