"""The agenda: what is overdue, due, waits for a word, and comes.

All that stands on it is ordered by plain sort keys; only what a page shows becomes an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeAlias

from services.gateway.projection.model.followups import Findings, Followup
from services.gateway.projection.model.people import Invites, Meeting
from services.gateway.reading import invite_states
from services.gateway.reading import meetings as of_meetings
from services.gateway.reading.forms import answers, rows
from services.gateway.reading.forms.pages import LIMIT, SortKey, page
from services.gateway.reading.forms.rows import I
from services.gateway.reading.open_followups import answer_of, contact_of, heard_at, rule_of, state_of, still_open
from services.gateway.reading.view import (
    AGENDA,
    ProjectionView,
    findings,
    followups,
    invites,
    meetings,
    remembered,
    rows_of,
)
from shared.contracts.fields import instant_text

STATES: Final[tuple[answers.State, ...]] = ("overdue", "due", "waiting", "coming")
_ORDER: Final = {state: number for number, state in enumerate(STATES)}
_WAITING: Final = _ORDER["waiting"]
_COMING: Final = _ORDER["coming"]
About: TypeAlias = Followup | Meeting | None
"""What it is; None: an invite."""


def answer(
    view: ProjectionView, now: datetime, only: answers.State | None = None, limit: int = LIMIT, after: str | None = None
) -> rows.MemberAgenda[datetime]:
    """Return a page of the agenda, of all states or of one."""
    return _answer(view, now, only, limit, after, rows.itself)


def as_text(
    view: ProjectionView, now: datetime, only: answers.State | None = None, limit: int = LIMIT, after: str | None = None
) -> rows.MemberAgenda[str]:
    """Return what `answer` does, to be sent."""
    return _answer(view, now, only, limit, after, instant_text)


def _answer(
    view: ProjectionView, now: datetime, only: answers.State | None, limit: int, after: str | None,
    as_instant: Callable[[datetime], I],
) -> rows.MemberAgenda[I]:  # fmt: skip
    def find() -> tuple[list[tuple[SortKey, About]], list[str], str | None]:
        found = _found(view, now) if only is None else (one for one in _found(view, now) if one[0][0] == _ORDER[only])
        shown, following = page(found, limit, after)
        by_member, by_service = invites(view), findings(view)
        return shown, [_contact(sort_key[2], about, by_member, by_service) for sort_key, about in shown], following

    shown, whom, following = remembered(view, f"agenda/{only or ''}", AGENDA, (now, limit, after), find)
    who = rows_of(view, whom)
    entries = [
        _entry(view, STATES[sort_key[0]], sort_key[2], about, who.get(contact), as_instant)
        for (sort_key, about), contact in zip(shown, whom, strict=True)
    ]
    return rows.MemberAgenda(entries, following)


def followups_of(
    view: ProjectionView, now: datetime, limit: int = LIMIT, after: str | None = None
) -> rows.MemberFollowups[datetime]:
    """Return a page of the follow-ups: those that are due longest first; with the first page what ended and is quiet."""
    return _followups(view, now, limit, after, rows.itself)


def followups_as_text(
    view: ProjectionView, now: datetime, limit: int = LIMIT, after: str | None = None
) -> rows.MemberFollowups[str]:
    """Return what `followups_of` does, to be sent."""
    return _followups(view, now, limit, after, instant_text)


def _followups(
    view: ProjectionView, now: datetime, limit: int, after: str | None, as_instant: Callable[[datetime], I]
) -> rows.MemberFollowups[I]:
    shown, following = remembered(
        view, "followups", AGENDA[:2], (now, limit, after), lambda: page(_open(view, now), limit, after)
    )
    whom = [contact_of(sort_key[2], one) for sort_key, one in shown]
    who, state = rows_of(view, whom), followups(view)
    listed = [
        answer_of(view, sort_key[2], one, now, who.get(contact), as_instant)
        for (sort_key, one), contact in zip(shown, whom, strict=True)
    ]
    ended = [rows.EndedFollowup(one.id, one.how, as_instant(one.at)) for one in reversed(state.ended)]
    return rows.MemberFollowups(listed, ended, {rule: as_instant(at) for rule, at in state.quiet.items()}, following)


def _open(view: ProjectionView, now: datetime) -> Iterator[tuple[SortKey, Followup]]:
    """Yield the follow-ups that are open."""
    for key, one in still_open(view):
        order = _ORDER[state_of(view, one, now)] if one.attempt else _COMING
        yield (order, one.due_at.timestamp(), key), one


def _found(view: ProjectionView, now: datetime) -> Iterator[tuple[SortKey, About]]:
    """Yield all that stands on the agenda."""
    for (order, _, key), one in _open(view, now):
        yield (order, heard_at(view, one).timestamp(), key), one
    for key in invite_states.waiting(view, now):
        yield (_WAITING, 0.0, key), None
    for key, meeting in meetings(view).by_id.items():
        starts = of_meetings.starts_at(meeting)
        if of_meetings.status_of(meeting) == "scheduled" and starts is not None and starts >= now:
            yield (_COMING, starts.timestamp(), key), meeting


def _contact(key: str, about: About, by_member: Invites, by_service: Findings) -> str:
    """Return the id of the person whom it is about, or of the first one; empty where there is none."""
    if isinstance(about, Followup):
        return contact_of(key, about)
    if isinstance(about, Meeting):
        return next(iter(of_meetings.contacts_of(about)), "")
    return invite_states.contact_of(key, by_member, by_service)


def _entry(
    view: ProjectionView, state: answers.State, key: str, about: About, who: rows.Who | None,
    as_instant: Callable[[datetime], I],
) -> rows.AgendaEntry[I]:  # fmt: skip
    if isinstance(about, Followup):
        return rows.AgendaEntry(
            state=state, kind="followup", id=key, at=as_instant(heard_at(view, about)), rule=rule_of(key, about),
            who=who, what=about.what or None, text=about.text or None,
            starts_at=as_instant(about.starts_at) if about.starts_at else None,
            promised_for=as_instant(about.promised_for) if about.promised_for else None, on_day=about.on_day,
        )  # fmt: skip
    if isinstance(about, Meeting):
        starts = of_meetings.starts_at(about)
        at = None if starts is None else as_instant(starts)
        place = about.plan.place if about.plan is not None else ""
        return rows.AgendaEntry(state=state, kind="meeting", id=key, at=at, who=who, starts_at=at, place=place or None)
    return rows.AgendaEntry(state=state, kind="invite", id=key, who=who)
