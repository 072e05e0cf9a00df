"""What a digest tells, as plain records: `build.py` fills them, `render.py` puts them into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.contracts import DigestItem
from shared.texts.language import Language, language
from shared.texts.sentences import SOMEBODY

WHOLE_MAX: Final = 12
"""What one list of a mail shows where nothing leads to the rest."""


@dataclass(frozen=True, slots=True)
class Note:
    """The member's own words about a person."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One follow-up: who, why now, the last note, one action."""

    followup_id: str
    rule: str
    contact_id: str
    name: str
    due_at: datetime
    what: str = ""
    """The words of a reminder, or of a promise."""
    text: str = ""
    """The follow-up's own line, of a rule that the digest does not know, or that is about several people."""
    headline: str = ""
    note: Note | None = None
    profile: str = ""
    """The address of the person's page: `https` or empty."""
    promised_for: datetime | None = None
    """When the promise is due that it is about."""
    on_day: datetime | None = None
    """The day to remember that it is about, at its midnight."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A meeting that is agreed."""

    meeting_id: str
    contact_id: str
    names: tuple[str, ...]
    count: int
    """How many people there are to meet, of whom `names` names the first."""
    kind: str
    at: datetime
    zone: str
    place: str = ""
    note: Note | None = None
    prepare: bool = False
    """Its questions are not prepared yet."""
    profiles: tuple[str, ...] = ()
    """Where the pages of those are whom `names` names: `https` or empty."""


@dataclass(frozen=True, slots=True)
class RetractionEntry:
    """One invite that may be let go."""

    invite_id: str
    contact_id: str
    name: str
    at: datetime
    """When it was sent, in a proposal; when it will be pulled back, in a notice."""
    profile: str = ""
    """The address of the person's page: `https` or empty."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A rule that has gone quiet, and when."""

    rule: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Theme:
    """Why somebody connected, and with whom."""

    text: str
    names: tuple[str, ...]
    count: int
    """How many people it is about, of whom `names` names the first."""
    profiles: tuple[str, ...] = ()
    """Where the pages of these are: `https` or empty."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a person did for the member, and the member for them, in the member's own words."""

    contact_id: str
    name: str
    received: tuple[str, ...]
    given: tuple[str, ...]
    profile: str = ""
    """The address of the person's page: `https` or empty."""


@dataclass(frozen=True, slots=True)
class Month:
    """What the month before looks like."""

    at: datetime
    """Its first day, at midnight UTC: a name rather than an instant."""
    mine: tuple[Theme, ...] = ()
    mine_more: int = 0
    theirs: tuple[Theme, ...] = ()
    theirs_more: int = 0
    exchanges: tuple[Exchange, ...] = ()
    exchanges_more: int = 0


@dataclass(frozen=True, slots=True)
class DigestContent:
    """A digest, complete: whatever renders it needs nothing else."""

    name: str
    """The member's name, empty when it is not known."""
    period: str
    zone: str
    at: datetime
    """The instant for which it was prepared: dates in it are seen from there."""
    due: tuple[Entry, ...] = ()
    due_more: int = 0
    """How many are due beyond those."""
    due_rest: tuple[Entry, ...] = ()
    """The first of these: a page behind a link lists them, or a mail without links."""
    meetings: tuple[Appointment, ...] = ()
    meetings_more: int = 0
    coming: tuple[Entry, ...] = ()
    coming_more: int = 0
    proposed: tuple[RetractionEntry, ...] = ()
    proposed_more: int = 0
    """How many others the proposal has."""
    proposed_rest: tuple[RetractionEntry, ...] = ()
    """The first of these by name."""
    proposed_at: datetime | None = None
    proposal_id: str = ""
    noticed: tuple[RetractionEntry, ...] = ()
    noticed_more: int = 0
    quiet: tuple[Quiet, ...] = ()
    member: str = ""
    """The member's id: pages of the product may need it."""
    month: Month | None = None
    """None: nothing to tell, or told already."""
    locale: str = "en"
    """What the member set as theirs: a BCP 47 tag, of any language."""

    @property
    def every(self) -> str:
        """`weekly` or `daily`."""
        return every_of(self.period)

    def shown_due(self, *, linked: bool) -> tuple[Entry, ...]:
        """Return what a mail shows of what is due; one without links leads nowhere, so it shows more by itself."""
        return self.due if linked else (*self.due, *self.due_rest[: WHOLE_MAX - len(self.due)])

    def shown_proposed(self, *, linked: bool) -> tuple[RetractionEntry, ...]:
        """Return the invites of the proposal that a mail names, likewise."""
        return self.proposed if linked else (*self.proposed, *self.proposed_rest[: WHOLE_MAX - len(self.proposed)])

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        lists = (self.due, self.meetings, self.coming, self.proposed, self.noticed, self.quiet)
        return not any(lists) and self.month is None

    def items(self) -> tuple[DigestItem, ...]:
        """Return what the digest lists, for its `digest.prepared`: ids, names and counts, no personal words.

        Of what is due it names those that every mail shows, with links or without.
        """
        items = [*_followup_items("due", self.due, self.due_more)]
        items += (
            DigestItem(
                kind="meeting",
                meeting_id=one.meeting_id,
                contact_id=one.contact_id or None,
                name=one.names[0],
                at=one.at,
            )
            for one in self.meetings
        )
        items += _more_items("meeting", self.meetings_more)
        items += _followup_items("coming", self.coming, self.coming_more)
        if self.proposed:
            count = len(self.proposed) + self.proposed_more
            items.append(DigestItem(kind="proposal", proposal_id=self.proposal_id, at=self.proposed_at, count=count))
        items += (
            DigestItem(kind="notice", invite_id=one.invite_id, contact_id=one.contact_id, name=one.name, at=one.at)
            for one in self.noticed
        )
        items += _more_items("notice", self.noticed_more)
        items += (DigestItem(kind="quiet", rule=one.rule, at=one.at) for one in self.quiet)
        if self.month is not None:
            items.append(DigestItem(kind="month", at=self.month.at))
        return tuple(_named(one, language(self.locale)) for one in items)


def every_of(period: str) -> str:
    """Return how often a digest of such a period comes: `weekly` or `daily`."""
    return "weekly" if "W" in period else "daily"


def _named(item: DigestItem, lang: Language) -> DigestItem:
    """Return an item in which whoever has no name is said in the member's language."""
    return item.model_copy(update={"name": lang(SOMEBODY)}) if item.name == SOMEBODY else item


def _followup_items(kind: str, entries: Sequence[Entry], more: int) -> Iterable[DigestItem]:
    for one in entries:
        yield DigestItem(
            kind=kind,
            rule=one.rule,
            followup_id=one.followup_id,
            contact_id=one.contact_id or None,
            name=one.name or None,
            at=one.due_at,
        )
    yield from _more_items(kind, more)


def _more_items(kind: str, more: int) -> Iterable[DigestItem]:
    if more:
        yield DigestItem(kind=f"{kind}_more", count=more)
