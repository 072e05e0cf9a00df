"""The year as a picture: what happened with whom in which month, of the last twelve. Nothing is counted or compared.

The picture has a row for each person and a column for each month; below it the same is said in words, month by month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

from services.gateway.personal.content.cards import Making, line
from services.gateway.personal.content.cards import Person as Named
from services.gateway.personal.content.words import CONNECTED, HAPPENED
from services.gateway.projection.model.people import CONTACT, Person
from services.gateway.reading.meetings import contacts_of, starts_at, status_of
from services.gateway.reading.open_followups import contact_of, still_open
from services.gateway.reading.view import ProjectionView, invites, meetings, name_of, promises
from shared.calendar import local
from shared.contracts import ContactConnected, MeetingHeld
from shared.contracts.events.table import CODES
from shared.links import ToPerson
from shared.texts.message import Text
from shared.texts.sentences import SOMEBODY

READS: Final = ("followups", "reminders", "meetings", "promises", "invites")
MONTHS: Final = 12
PEOPLE_MAX: Final = 100
"""People who are looked at: those of meetings, promises, follow-ups and invites, in this order."""
ROWS_MAX: Final = 12
"""People in the picture: those with whom something happened last. All of them stand in the words."""
ROW_NAME_CHARS_MAX: Final = 17
"""Of a name in the picture; whole it stands in the words."""
Kind = Literal["connected", "met", "other"]


class Mark(NamedTuple):
    """That something happened with a person, in one of the twelve months."""

    month: int
    kind: Kind


class Row(NamedTuple):
    """A person of the picture."""

    name: str
    marks: tuple[Mark, ...]


class Line(NamedTuple):
    """Something that happened, in words, and with whom."""

    says: str
    who: Named


class Month(NamedTuple):
    """A month of which there is something to tell."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """All of the page."""

    columns: tuple[str, ...]
    """What stands above each month: a few letters."""
    rows: tuple[Row, ...]
    months: tuple[Month, ...]
    """The latest one first."""


class _Event(NamedTuple):
    at: datetime
    contact_id: str
    type: str


def year(making: Making) -> Year:
    """Return the page of the twelve months that end with this one."""
    view, here = making.view, local(making.now, making.zone).date()
    view.all_of(READS)
    contacts = _people(view)
    first = _months_before(here, MONTHS - 1)
    by_month: dict[int, dict[tuple[str, str], None]] = {}
    latest: dict[str, datetime] = {}
    for event in sorted(_events(view, contacts)):
        month = _months_between(first, local(event.at, making.zone).date())
        if event.at <= making.now and 0 <= month < MONTHS:
            by_month.setdefault(month, {})[event.contact_id, event.type] = None  # once: nothing is counted
            latest[event.contact_id] = event.at
    names = {one: line(name_of(contacts[one]) or "") for one in latest}
    lang = making.lang
    return Year(
        tuple(lang.sentence(lang.month(_months_before(here, MONTHS - 1 - one)))[:3] for one in range(MONTHS)),
        _rows(making, by_month, latest, names),
        tuple(
            Month(
                lang.sentence(lang.month_and_year(_months_before(here, MONTHS - 1 - month))),
                tuple(_line(making, contact, kind, names[contact]) for contact, kind in happened),
            )
            for month, happened in sorted(by_month.items(), reverse=True)
        ),
    )


def _people(view: ProjectionView) -> dict[str, Person]:
    """Return people of whom there may be something to tell."""
    ids = [contact for one in meetings(view).by_id.values() for contact in contacts_of(one)]
    ids += [one.made.contact_id for one in promises(view).by_id.values() if one.made is not None]
    ids += [contact for key, one in still_open(view) if (contact := contact_of(key, one))]
    ids += [one.sent.contact_id for one in invites(view).by_id.values() if one.sent is not None]
    wanted = list(dict.fromkeys(one for one in ids if one))[:PEOPLE_MAX]
    found = view.all_of([CONTACT + one for one in wanted])
    return {one: item for one, item in zip(wanted, found, strict=True) if isinstance(item, Person)}


def _events(view: ProjectionView, contacts: dict[str, Person]) -> Iterator[_Event]:
    """Give what is known to have happened with each of them: the last of it, all meetings, and that they connected."""
    for contact_id, one in contacts.items():
        if one.connected is not None and one.connected.value:
            yield _Event(one.connected.time, contact_id, ContactConnected.TYPE)
        for event in one.lately:
            if event.code != MeetingHeld.CODE:  # which may be told long after
                yield _Event(event.time, contact_id, CODES[event.code].TYPE)
    for meeting in meetings(view).by_id.values():
        if meeting.status is not None and status_of(meeting) == "held":
            at = starts_at(meeting) or meeting.status.time
            yield from (_Event(at, one, MeetingHeld.TYPE) for one in contacts_of(meeting) if one in contacts)


def _rows(
    making: Making,
    by_month: dict[int, dict[tuple[str, str], None]],
    latest: dict[str, datetime],
    names: dict[str, str],
) -> tuple[Row, ...]:
    """Return the rows, by when something happened first, so that the picture reads from its corner on."""
    shown = sorted(latest, key=lambda one: (latest[one], one), reverse=True)[:ROWS_MAX]
    marks: dict[str, list[Mark]] = {}
    for month, happened in sorted(by_month.items()):
        for contact, kind in happened:
            if contact in shown:
                marks.setdefault(contact, []).append(Mark(month, _kind(kind)))
    return tuple(
        Row(line(names[one] or making.somebody(), ROW_NAME_CHARS_MAX), tuple(dict.fromkeys(found)))
        for one, found in marks.items()
    )


def _line(making: Making, contact_id: str, kind: str, name: str) -> Line:
    lang = making.lang
    text: Text = CONNECTED if kind == ContactConnected.TYPE else HAPPENED[kind]
    says = lang.named(lang(text, name=lang.apart(name) if name else lang(SOMEBODY)))
    return Line(says, Named(name or making.somebody(), making.seal(ToPerson(making.view.member, contact_id))))


def _kind(kind: str) -> Kind:
    return "connected" if kind == ContactConnected.TYPE else "met" if kind == MeetingHeld.TYPE else "other"


def _months_before(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def _months_between(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month
