"""What was told before about the member's people, meetings and days, as far as an import asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from shared.calendar import instant_of
from shared.contracts import (
    Contact,
    ContactConnected,
    ContactDateSet,
    ContactNamed,
    ContactRemoved,
    Event,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    MemberErased,
)

CALENDAR_PREFIX: Final = "cal-"
"""Of the ids of meetings that an import of a calendar has told."""


@dataclass(frozen=True, slots=True)
class PublishedMeeting:
    """What was told last about one meeting of a calendar."""

    event_id: str
    content: str
    """All of its plan, to be compared; empty where its end was told without."""
    at: datetime
    """When it begins, as told; of an end without a plan, when that was told."""
    first_at: datetime
    """The same, as it was told first."""
    ended: str = ""
    """The type of the event by which it ended; empty: it has not."""


@dataclass(slots=True)
class Existing:
    """People by id with their names, meetings of calendars by id, and days to remember."""

    contacts: dict[str, str] = field(default_factory=dict)
    meetings: dict[str, PublishedMeeting] = field(default_factory=dict)
    days: dict[tuple[str, str], tuple[tuple[int, int], str]] = field(default_factory=dict)
    """By contact and label: (month, day), and the id of the event that told it last."""


def existing_of(events: Iterable[Event]) -> Existing:
    """Return what one member's activity says, in the order of its topic, each event once by its id.

    An erasure forgets what came before.
    """
    existing, seen = Existing(), set()
    for event in events:
        if event.id in seen:  # told again: it says nothing of what is so now
            continue
        seen.add(event.id)
        data = event.data
        if isinstance(data, MemberErased):
            existing, seen = Existing(), {event.id}
        elif isinstance(data, ContactRemoved):
            existing.contacts.pop(data.contact_id, None)
        elif isinstance(data, ContactNamed):
            existing.contacts[data.contact_id] = data.name
        elif isinstance(data, ContactDateSet):
            existing.days[data.contact_id, data.label] = ((data.month, data.day), event.id)
        else:
            contact = getattr(data, "contact", None)
            if isinstance(contact, Contact) and (
                contact.id not in existing.contacts or isinstance(data, ContactConnected)
            ):
                existing.contacts[contact.id] = contact.name
            _of_meeting(existing, event)
    return existing


def plan_of(data: MeetingScheduled | MeetingRescheduled) -> str:
    """Return all of a meeting's plan as one text."""
    return data.model_dump_json(include={"contact_ids", "kind", "starts", "zone", "minutes", "place"})


def _of_meeting(existing: Existing, event: Event) -> None:
    data = event.data
    if not isinstance(data, MeetingScheduled | MeetingRescheduled | MeetingCancelled | MeetingHeld | MeetingMissed):
        return
    if not data.meeting_id.startswith(CALENDAR_PREFIX):
        return
    before = existing.meetings.get(data.meeting_id)
    if isinstance(data, MeetingScheduled | MeetingRescheduled):
        content, at, ended = plan_of(data), instant_of(data.starts, data.zone), ""
    else:
        content, at, ended = (before.content, before.at, data.TYPE) if before else ("", event.time, data.TYPE)
    first_at = at if before is None else before.first_at
    existing.meetings[data.meeting_id] = PublishedMeeting(event.id, content, at, first_at, ended)
