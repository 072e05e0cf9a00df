"""A person's page: why the two met, what was promised and done lately, what comes."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from services.gateway.reading import meetings as of_meetings
from services.gateway.reading.forms import answers, rows
from services.gateway.reading.open_followups import answer_of, contact_of, still_open
from services.gateway.reading.view import ProjectionView, meetings, name_of, person, promises
from shared.contracts.events.table import CODES

READS = ("followups", "reminders", "meetings", "promises")


def answer(view: ProjectionView, contact_id: str, now: datetime) -> answers.PersonPage | None:
    """Return what is known of a person; None where nothing is."""
    view.all_of([*READS, f"c/{contact_id}"])
    if view.item(f"c/{contact_id}") is None:
        return None
    one = person(view, contact_id)
    who = rows.Who(contact_id, name_of(one))
    open_ones = [(key, open_one) for key, open_one in still_open(view) if contact_of(key, open_one) == contact_id]
    met = {key: held for key, held in meetings(view).by_id.items() if contact_id in of_meetings.contacts_of(held)}
    made = {key: one for key, one in promises(view).by_id.items() if one.made and one.made.contact_id == contact_id}
    connected = one.connected
    return answers.PersonPage(
        id=contact_id,
        name=who.name,
        connected=None if connected is None else bool(connected.value),
        connected_since=connected.time if connected is not None and connected.value else None,
        muted=one.muted is not None and bool(one.muted.value),
        cadence_days=None if one.every_days is None else cast("int | None", one.every_days.value),
        why=next((mention.why for mention in reversed(one.mentions) if mention.why), None),
        dates={label: _day(cast("int", day.value)) for label, day in sorted(one.dates.items())},
        lately=[
            answers.Happened(type=CODES[happened.code].TYPE, at=happened.time, what=happened.what or None)
            for happened in reversed(one.lately)
        ],
        followups=sorted(
            (
                answers.OpenFollowup.model_validate(
                    answer_of(view, key, open_one, now, who, rows.itself), from_attributes=True
                )
                for key, open_one in open_ones
            ),
            key=lambda open_one: open_one.due_at,
        ),
        meetings=of_meetings.of(view, met),
        promises=of_meetings.promised(view, made),
    )


def _day(number: int) -> str:
    month, day = divmod(number, 100)
    return f"{month:02}-{day:02}"
