"""Meetings and promises, as they stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, cast

from services.gateway.projection.model.people import MEETING_OPEN, Meeting, Promise
from services.gateway.reading.forms import answers
from services.gateway.reading.view import ProjectionView, at, meetings, people, promises
from shared.calendar import instant
from shared.contracts import PromiseKept


def starts_at(one: Meeting) -> datetime | None:
    """Return when a meeting starts, where that is told."""
    return None if one.plan is None else instant(one.plan.starts, one.plan.zone)


def status_of(one: Meeting) -> str:
    """Return how a meeting stands; one of which only questions are known is proposed."""
    return "proposed" if one.status is None else str(one.status.value)


def answer(view: ProjectionView, now: datetime) -> answers.MemberMeetings:
    """Return those that come, the next first; then those without an hour, then those that are over, the latest first."""
    view.all_of(("meetings", "promises"))

    def order(pair: tuple[str, Meeting]) -> tuple[int, float, str]:
        key, one = pair
        starts, is_open = starts_at(one), status_of(one) in MEETING_OPEN
        if starts is None:
            return (1 if is_open else 3, 0.0, key)
        return (0, starts.timestamp(), key) if is_open and starts >= now else (2, -starts.timestamp(), key)

    ordered = sorted(meetings(view).by_id.items(), key=order)
    return answers.MemberMeetings(meetings=of(view, dict(ordered)), promises=promised(view, promises(view).by_id))


def of(view: ProjectionView, chosen: dict[str, Meeting]) -> list[answers.MeetingStanding]:
    """Return these meetings in the form of answers."""
    who = people(view, [one for meeting in chosen.values() for one in contacts_of(meeting)])
    return [
        answers.MeetingStanding(
            id=key,
            status=cast("Any", status_of(one)),
            starts_at=starts_at(one),
            zone=one.plan.zone if one.plan else None,
            kind=(one.plan.kind or None) if one.plan else None,
            minutes=(one.plan.minutes or None) if one.plan else None,
            place=(one.plan.place or None) if one.plan else None,
            people=[who[contact] for contact in contacts_of(one)],
            more_people=0 if one.company is None else one.company.count - len(one.company.contact_ids),
            questions=None if one.questions is None else cast("int", one.questions.value),
        )
        for key, one in chosen.items()
    ]


def contacts_of(one: Meeting) -> Collection[str]:
    """Return the ids of the people to meet."""
    return () if one.company is None else one.company.contact_ids


def _ended(one: Promise) -> Literal["kept", "released"]:
    """Return how a promise that is not open has ended: where no event settles it, the member has said that it is done."""
    return "kept" if one.outcome is None or one.outcome.value == PromiseKept.CODE else "released"


def promised(view: ProjectionView, chosen: dict[str, Promise]) -> list[answers.PromiseStanding]:
    """Return these promises in the form of answers: the open ones first, by when they are due."""
    who = people(view, [one.made.contact_id for one in chosen.values() if one.made is not None])
    rows = [
        answers.PromiseStanding(
            id=key,
            state="open" if one.is_open else _ended(one),
            what=(one.made.what or None) if one.made else None,
            due_at=at(view, one.made.due) if one.made else None,
            who=who.get(one.made.contact_id) if one.made else None,
        )
        for key, one in chosen.items()
        if one.made is not None or one.outcome is not None  # an answer that names no promise makes none
    ]
    return sorted(rows, key=lambda one: (one.state != "open", one.due_at is None, one.due_at or 0, one.id))
