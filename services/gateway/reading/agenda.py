"""The agenda: what is overdue, due, waits for a word, and comes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.gateway.projection.model.followups import Followup
from services.gateway.projection.model.people import Meeting
from services.gateway.reading import answers, invite_states
from services.gateway.reading import meetings as of_meetings
from services.gateway.reading.open_followups import answer_of, contact_of, rule_of, standing, state_of
from services.gateway.reading.pages import LIMIT, Place, page
from services.gateway.reading.view import AGENDA, ProjectionView, findings, followups, invites, meetings, people

STATES: Final[tuple[answers.State, ...]] = ("overdue", "due", "waiting", "coming")
Found = tuple[answers.State, datetime | None, str, Followup | Meeting | None]
"""How it stands, its instant, its id, and what it is; None: an invite."""


def answer(
    view: ProjectionView, now: datetime, only: answers.State | None = None, limit: int = LIMIT, after: str | None = None
) -> answers.MemberAgenda:
    """Return a page of the agenda, of all states or of one."""
    view.all_of(AGENDA)
    found: list[Found] = [(state_of(view, one, now), one.due_at, key, one) for key, one in standing(view)]
    found += [("waiting", None, key, None) for key in invite_states.waiting(view, now)]
    for key, meeting in meetings(view).by_id.items():
        starts = of_meetings.starts_at(meeting)
        if of_meetings.status_of(meeting) == "scheduled" and starts is not None and starts >= now:
            found.append(("coming", starts, key, meeting))
    shown, following = page([one for one in found if only in (None, one[0])], _place, limit, after)
    who = people(view, [contact for one in shown for contact in _contacts(view, one)])
    return answers.MemberAgenda(entries=[_entry(view, one, who) for one in shown], next=following)


def followups_of(
    view: ProjectionView, now: datetime, limit: int = LIMIT, after: str | None = None
) -> answers.MemberFollowups:
    """Return a page of the follow-ups: those that are due longest first; with the first page what ended and is quiet."""
    view.all_of(AGENDA[:2])
    said = followups(view)
    found: list[Found] = [(state_of(view, one, now), one.due_at, key, one) for key, one in standing(view)]
    shown, following = page(found, _place, limit, after)
    who = people(view, [contact for one in shown for contact in _contacts(view, one)])
    listed = [
        answer_of(view, key, one, now, who.get(contact_of(key, one)))
        for _, _, key, one in shown
        if isinstance(one, Followup)
    ]
    ended = [answers.EndedFollowup(id=one.id, how=one.how, at=one.at) for one in reversed(said.ended)]
    return answers.MemberFollowups(open=listed, ended=ended, quiet=said.quiet, next=following)


def _place(one: Found) -> Place:
    state, at, key, _ = one
    return STATES.index(state), at.timestamp() if at is not None else 0.0, key


def _contacts(view: ProjectionView, one: Found) -> list[str]:
    _, _, key, about = one
    if isinstance(about, Followup):
        return [contact_of(key, about)]
    if isinstance(about, Meeting):
        return list(of_meetings.contacts_of(about))[:1]
    return [invite_states.contact_of(key, invites(view), findings(view))]


def _entry(view: ProjectionView, one: Found, who: dict[str, answers.Who]) -> answers.AgendaEntry:
    state, at, key, about = one
    about_whom = who.get(next(iter(_contacts(view, one)), ""))
    if isinstance(about, Followup):
        return answers.AgendaEntry(
            state=state, kind="followup", id=key, at=at, rule=rule_of(key, about), who=about_whom,
            what=about.what or None, text=about.text or None, starts_at=about.starts_at, promised_for=about.promised_for,
            on_day=about.on_day,
        )  # fmt: skip
    if isinstance(about, Meeting):
        place = about.plan.place if about.plan is not None else ""
        return answers.AgendaEntry(
            state=state, kind="meeting", id=key, at=at, starts_at=at, who=about_whom, place=place or None
        )
    return answers.AgendaEntry(state=state, kind="invite", id=key, who=about_whom)
