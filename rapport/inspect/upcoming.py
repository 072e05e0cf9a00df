"""What comes up for a member: what waits for them now, and what comes day by day, as the rules would have it today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from rapport.inspect import words
from rapport.inspect.narration import TEXT_CHARS_MAX, Narrator, line
from services.digest.content.model import Entry as FollowupEntry
from services.digest.model.state import DIGEST, MEETINGS, Meetings
from services.digest.words.phrases import heading
from services.digest.words.texts import meeting_with
from services.followups.engine.events import on_day
from services.followups.model.state import Subject
from services.followups.rules.form.case import Case
from services.followups.rules.table import RULES
from services.invites.rules.proposals import gather
from services.invites.state import INVITE, PROPOSALS, Proposals
from shared.calendar import instant, local
from shared.contracts import (
    DigestPrepared,
    DigestSkipped,
    FollowupDue,
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    RuleQuieted,
    RuleResumed,
)
from shared.contracts.fields import instant_text
from shared.decider import Reason
from shared.texts.sentences import SOMEBODY, sentence

if TYPE_CHECKING:
    from rapport.terminal.output import Bar

ENTRIES_MAX: Final = 2_000
"""Entries of one agenda: the earliest. How many more there are is said."""

Kind = Literal["reminder", "meeting", "invite", "digest"]
_OF_INVITES: Final = (
    InviteIgnored, InviteRetractionProposed, InviteRetractionNoticed, InviteRetracted, InviteExpired,
    InviteReinviteAllowed,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that comes up."""

    kind: Kind
    key: str
    says: str
    why: str
    at: datetime | None = None
    """None: it waits already."""
    rule: str = ""
    days: Mapping[str, str] = field(default_factory=dict)
    """When that is which it is about, by the names that its events have: `starts_at` and `promised_for` as instants, `on_day`
    as a date."""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What comes up until an instant."""

    until: datetime
    waiting: list[Entry]
    days: Mapping[date, list[Entry]]
    """By day of the member's calendar, in order."""
    no_digest: str
    """Why no digest comes, where none does."""
    more: int
    """Entries that are not listed."""


def agenda_of(narrator: Narrator, days: int, bar: Bar) -> Agenda:
    """Return what comes up within so many days."""
    memory = narrator.memory
    until = memory.now + timedelta(days=days)
    found = [*_meetings(narrator), *_asked(narrator)]
    digest = ""
    for name in memory.services:
        keys = memory.keys(name)
        for count, key in enumerate(keys, 1):
            bar.advance(count, len(keys), "looking ahead")
            for reason in memory.reasons(name, key):
                if key == DIGEST and name == "digest" and reason.standing == "silent":
                    digest = words.CODES[reason.code]
                found += _entry(narrator, key, reason)
    coming = sorted((one for one in found if one.at is not None and one.at <= until), key=_order)
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in coming[:ENTRIES_MAX]:
        assert entry.at is not None
        by_day[local(entry.at, memory.zone).date()].append(entry)
    waiting = sorted((one for one in found if one.at is None), key=lambda one: (one.kind, one.says))
    more = max(len(coming) - ENTRIES_MAX, 0) + max(len(waiting) - ENTRIES_MAX, 0)
    return Agenda(until, waiting[:ENTRIES_MAX], by_day, digest, more)


def _order(entry: Entry) -> tuple[datetime, str, str]:
    assert entry.at is not None
    return entry.at, entry.kind, entry.says


def _entry(narrator: Narrator, key: str, reason: Reason) -> Iterator[Entry]:
    """Yield what a rule lets come up: what waits for the member, and what it says next."""
    says, at = reason.says, reason.at
    if reason.standing == "waiting" and reason.code in ("due", "lapses"):
        days = _days_of(narrator, key, reason)
        text = _reminder(narrator, key, reason)
        yield Entry("reminder", key, text, _why(narrator, key, reason), rule=reason.rule, days=days)
    if says is None or at is None:
        return
    at = max(at, narrator.memory.now)
    if isinstance(says, FollowupDue):
        text = line(says.text or says.what or narrator.rule(reason.rule), TEXT_CHARS_MAX)
        yield Entry(
            "reminder", key, text, _why(narrator, key, reason), at, reason.rule, _days_of(narrator, key, reason)
        )
    elif isinstance(says, RuleQuieted | RuleResumed):
        yield Entry("reminder", key, sentence(narrator.happens(says, key)), words.CODES[reason.code], at, reason.rule)
    elif isinstance(says, _OF_INVITES):
        what = narrator.happens(says, key)
        about = f"{words.INVITE_TO.format(name=narrator.name_of(key))}: " if key.startswith(INVITE) else ""
        text = about + what
        yield Entry("invite", key, sentence(text), _why(narrator, key, reason), at, reason.rule)
    elif isinstance(says, DigestPrepared):
        yield Entry("digest", key, words.YOUR_DIGEST, words.CODES[reason.code], at, reason.rule)
    elif isinstance(says, DigestSkipped):
        yield Entry("digest", key, words.YOUR_DIGEST_DAY, words.CODES[reason.notes[0]], at, reason.rule)


def _reminder(narrator: Narrator, key: str, reason: Reason) -> str:
    """Return what waits, as the digest has it in a heading: a promise with whom it was made to, a day with whose it is."""
    what, name = "", narrator.name_of(key)
    subject = narrator.memory.item("followups", key)
    if isinstance(subject, Subject) and subject.request is not None:
        what = line(subject.request.what)
    elif isinstance(subject, Subject) and subject.day is not None:
        what = line(subject.day.label)
    return heading(FollowupEntry("", reason.rule, "", name, narrator.memory.now, what))


def _days_of(narrator: Narrator, key: str, reason: Reason) -> dict[str, str]:
    """Return when that is which a reminder is about, as its events tell it."""
    view = narrator.memory.services["followups"].state.view
    subject = narrator.memory.item("followups", key)
    if not isinstance(subject, Subject):
        return {}
    case = Case(view, key, RULES[reason.rule], subject)
    day = on_day(case)
    found = {
        "starts_at": None if case.starts_at is None else instant_text(case.starts_at),
        "promised_for": None if case.promised_for is None else instant_text(case.promised_for),
        "on_day": None if day is None else day.date().isoformat(),
    }
    return {name: text for name, text in found.items() if text is not None}


def _why(narrator: Narrator, key: str, reason: Reason) -> str:
    """Return why a reminder comes, and what bears on its hour."""
    because = narrator.because(reason.because, key)
    notes = [words.CODES[note] for note in reason.notes if note != "pushed"]
    return "; ".join(part for part in (because, *notes) if part)


def _meetings(narrator: Narrator) -> Iterator[Entry]:
    agreed = narrator.memory.item("digest", MEETINGS)
    for key, one in agreed.by_id.items() if isinstance(agreed, Meetings) else ():
        at = None if one.starts is None else instant(one.starts, one.zone)
        days = {} if at is None else {"starts_at": instant_text(at)}
        if at is not None and at >= narrator.memory.now:
            says = meeting_with(one.kind, narrator.people(one.contact_ids, one.count) or SOMEBODY)
            place = f": {line(one.place)}" if one.place else ""
            yield Entry(
                "meeting", f"meeting/{key}", says + place, narrator.because(one.id, f"meeting/{key}"), at, days=days
            )


def _asked(narrator: Narrator) -> Iterator[Entry]:
    """Yield the invites that the member was asked about and has said nothing of."""
    proposals = narrator.memory.item("invites", PROPOSALS)
    if not isinstance(proposals, Proposals) or proposals.proposed_at is None:
        return
    why = words.ASKED_ON.format(day=narrator.day(proposals.proposed_at))
    for one in gather(narrator.memory.services["invites"].state.view, proposals).listed:
        key = INVITE + one.id
        yield Entry("invite", key, words.KEEP_OR_LET_GO.format(name=narrator.name_of(key)), why)
