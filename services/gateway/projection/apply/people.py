"""What is known of a person: what they are called, what the member decided about them, what happened lately."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final, cast

from msgspec.structs import replace

from services.gateway.projection.model.people import (
    CONTACT,
    DATES_MAX,
    LATELY_MAX,
    MEETING_PEOPLE_MAX,
    Happened,
    Mention,
    Person,
)
from services.gateway.projection.model.registers import later, stamp, stamp_of, stated
from shared.contracts import (
    AboutContact,
    AboutPromise,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    ContactJobChanged,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    Event,
    EventData,
    GatheringAttended,
    Interaction,
    InviteAccepted,
    InviteReceived,
    InviteSent,
    MeetingHeld,
    PromiseKept,
    PromiseMade,
    introduced,
)
from shared.merge import last_of

WORDS_CHARS_MAX: Final = 140
"""How much of the member's words about one happening is shown: a product that wants all of them has them."""
HAPPENINGS: Final = (
    Interaction, ContactJobChanged, GatheringAttended, MeetingHeld, PromiseMade, PromiseKept,
)  # fmt: skip
"""What is remembered of a person as having been between the two."""


def people_of(event: Event) -> Iterable[str]:
    """Return the keys of the people whom an event is about, each once."""
    data = event.data
    named = [one.id for one in introduced(data)]
    if _names_one(type(data)):
        named.append(cast("AboutContact | AboutPromise | InviteAccepted", data).contact_id)
    elif isinstance(data, MeetingHeld):
        named += data.contact_ids[:MEETING_PEOPLE_MAX]
    return dict.fromkeys(CONTACT + one for one in named)


@cache  # of types of events alone, as each event is asked
def _names_one(kind: type[EventData]) -> bool:
    return issubclass(kind, AboutContact | AboutPromise | InviteAccepted)


def know(key: str, person: Person, event: Event) -> Person:
    """Return what is known of a person after an event."""
    contact_id = key.removeprefix(CONTACT)
    person = _call(person, contact_id, event)
    data = event.data
    if isinstance(data, HAPPENINGS):
        what = (getattr(data, "what", None) or "")[:WORDS_CHARS_MAX]
        one = Happened(stamp_of(event), data.CODE, what)
        person = replace(person, lately=last_of(person.lately, one, LATELY_MAX, stamp))
    match data:
        case ContactConnected() | InviteAccepted():
            return replace(person, connected=later(person.connected, stated(event, True)))
        case ContactRemoved():
            return replace(person, connected=later(person.connected, stated(event, False)))
        case ContactMuted() | ContactUnmuted():
            return replace(person, muted=later(person.muted, stated(event, isinstance(data, ContactMuted))))
        case ContactCadenceSet(every_days=days):
            return replace(person, every_days=later(person.every_days, stated(event, days)))
        case ContactDateSet():
            return _date(person, data, event)
        case _:
            return person


def _call(person: Person, contact_id: str, event: Event) -> Person:
    """Return them after what an event calls them: name and reason, each by the last event that has it."""
    data = event.data
    names = [one.name for one in introduced(data) if one.id == contact_id]
    if not names:
        return person
    why = (data.why or data.note or "")[:WORDS_CHARS_MAX] if isinstance(data, InviteSent | InviteReceived) else ""
    mentions = (*person.mentions, Mention(stamp_of(event), names[0], why))
    name = max((one for one in mentions if one.name), key=_by_stamp, default=None)
    reason = max((one for one in mentions if one.why), key=_by_stamp, default=None)
    held: dict[bytes, Mention] = {}
    if name is not None:
        held[name.stamp] = Mention(name.stamp, name.name)
    if reason is not None:
        held[reason.stamp] = replace(held.get(reason.stamp, Mention(reason.stamp)), why=reason.why)
    return replace(person, mentions=tuple(held[at] for at in sorted(held)))


def _by_stamp(one: Mention) -> tuple[bytes, str, str]:
    return one.stamp, one.name, one.why


def _date(person: Person, data: ContactDateSet, event: Event) -> Person:
    one = later(person.dates.get(data.label), stated(event, data.month * 100 + data.day))
    dates = {**person.dates, data.label: one}
    if len(dates) > DATES_MAX:
        del dates[min(dates, key=lambda label: (dates[label].stamp, label))]
    return replace(person, dates=dates)
