"""The stored form of what there is most of: subjects and candidates, each instant and each id once.

An event that told of a subject stands in several of its fields: as the first of its type, as what introduced the person,
as the reason of a cycle. Stored, it stands once, and fields name its place. What most subjects do not have is stored as
it is. `packed` and `unpacked` are each other's inverse; the form is part of the state version.

- A subject: `[0, [event, ...], seen, person, slots, about, rest]`, without empty ends (`shared.stored.packing`).
- Candidates: `[1, {contact id: [event, code, ...]}]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, get_args

import msgspec
from msgspec.structs import astuple, fields, replace

from services.followups.model.answers import TouchAnswer
from services.followups.model.slot import Slot, Stage
from services.followups.model.state import CONTACT, Candidate, Candidates, Item, Subject
from services.followups.model.values import LoggedEvent, Mark, Person, Seen
from shared.stored.item_names import key_named, stored_name
from shared.stored.packing import EventTable, event_in, id_of, stored_event, without_ends

_SUBJECT: Final = 0
_CANDIDATES: Final = 1
_STAGES: Final[tuple[str, ...]] = get_args(Stage)
"""Stages are stored by their place, so a new one comes last."""
_STAGE_PLACES: Final = {stage: place for place, stage in enumerate(_STAGES)}
_RULES: Final = (
    "no_answer_yet", "say_why", "thank", "second_meeting", "stay_in_touch", "give_back", "reconnect", "own_reminder",
)  # fmt: skip
"""Rules that there is much of, stored by their place: a new one comes last, and others are stored by their names."""
_RULE_PLACES: Final = {rule: place for place, rule in enumerate(_RULES)}
_BECAUSE: Final = 3
"""The place of `Slot.because` among its fields, `stage` being the first."""
_PUT_OFF, _BEFORE, *_TUPLES = (
    Slot.__struct_fields__.index(name) - _BECAUSE - 1 for name in ("put_off", "before", "between", "lapsed_as")
)
"""The places of those fields behind it."""
_CANDIDATE_FIELDS: Final = len(Candidate.__struct_fields__) - 1
"""All but the first."""
Events = Sequence[tuple[datetime, str]]
"""The events of a subject, by their places."""
_ITS_DAY: Final = 0
"""Stands for a cycle's name, where that is the day in UTC of the event that is its reason."""
_PACKED: Final = frozenset({"seen", "person", "slots", "about"})
_REST: Final = tuple(one.name for one in fields(Subject) if one.name not in _PACKED)
_rest_of: Final = attrgetter(*_REST)
_NO_REST: Final = _rest_of(Subject())


def packed(key: str, item: Item) -> Item | list[Any]:
    """Return what is stored of an item: a list, or the item itself where it has no form of its own."""
    if isinstance(item, Subject):
        return _packed_subject(key, item)
    if isinstance(item, Candidates):
        return [_CANDIDATES, {contact_id: _packed_candidate(candidate) for contact_id, candidate in item.by_id.items()}]
    return item


def unpacked(key: str, stored: Sequence[Any]) -> Item:
    """Return the item that a list stands for."""
    if stored[0] == _CANDIDATES:
        return Candidates({contact_id: _unpacked_candidate(events) for contact_id, events in stored[1].items()})
    _, events, seen, person, slots, about, rest = (*stored, *_ENDS[len(stored) :])
    events = [event_in(one) for one in events]
    subject = Subject(
        seen={code: _unpacked_seen(events, one) for code, one in seen.items()},
        person=None if person is None else _unpacked_person(key, events, person),
        slots={
            rule if isinstance(rule, str) else _RULES[rule]: _unpacked_slot(events, one) for rule, one in slots.items()
        },
        about=tuple(key_named(name) for name in about),
    )
    if rest is None:
        return subject
    more = msgspec.convert(rest, Subject)
    return replace(subject, **dict(zip(_REST, _rest_of(more), strict=True)))


_ENDS: Final[tuple[Any, ...]] = (_SUBJECT, (), {}, None, {}, (), None)
"""What is not stored at the end of a subject's list."""
_SEEN_ENDS: Final[tuple[Any, ...]] = (0, "", None, 0, "", None)
"""The same, of the events of one type: the first, and the last by its place and 1 where it is another."""


def _packed_subject(key: str, subject: Subject) -> list[Any]:
    events, person = EventTable(), subject.person
    stored: list[Any] = [
        _SUBJECT,
        events.events,
        {code: _packed_seen(events, one) for code, one in subject.seen.items()},
        None if person is None else _packed_person(key, events, person),
        {_RULE_PLACES.get(rule, rule): _packed_slot(events, slot) for rule, slot in subject.slots.items()},
        [stored_name(other) for other in subject.about],
        None if _rest_of(subject) == _NO_REST else replace(subject, seen={}, person=None, slots={}, about=()),
    ]
    return without_ends(stored)


def _packed_seen(events: EventTable, seen: Seen) -> int | str | list[Any]:
    """Return a place, or the code under which the first of all events counts, where either says it all."""
    first, last = seen.first, seen.last
    at = events.index(first.time, first.id)
    if last is None and seen.logged == first.time and seen.last_logged is None and not (at and first.counted):
        return first.counted or at
    behind = (0, "") if last is None else (events.index(last.time, last.id) + 1, last.counted)
    logged = None if seen.logged == first.time else seen.logged
    return without_ends([at, first.counted, logged, *behind, seen.last_logged])


def _unpacked_seen(events: Events, stored: int | str | list[Any]) -> Seen:
    if not isinstance(stored, list):
        first = _mark(events[stored]) if isinstance(stored, int) else _mark(events[0], stored)
        return Seen(first.time, first)
    at, counted, logged, last, last_counted, last_logged = (*stored, *_SEEN_ENDS[len(stored) :])
    first = _mark(events[at], counted)
    latest = _mark(events[last - 1], last_counted) if last else None
    return Seen(logged or first.time, first, latest, last_logged)


def _mark(event: tuple[datetime, str], counted: str = "") -> Mark:
    time, event_id = event
    return Mark(time, event_id, counted)


def _packed_person(key: str, events: EventTable, person: Person) -> str | list[Any]:
    """Return the name alone, where it is a contact's own, as the first of the events told it."""
    index = events.index(person.time, person.id)
    if key != f"{CONTACT}/{person.contact_id}":
        return [index, person.name, person.contact_id]
    return [index, person.name] if index or not person.name else person.name


def _unpacked_person(key: str, events: Events, stored: str | list[Any]) -> Person:
    index, name, *other = (0, stored) if isinstance(stored, str) else stored
    return Person(*events[index], other[0] if other else key.partition("/")[2], name)


def _packed_slot(table: EventTable, slot: Slot) -> list[Any]:
    stored: list[Any] = list(astuple(slot))
    if slot.before is not None:
        stored[_BECAUSE + 1 + _BEFORE] = _packed_slot(table, slot.before)
    stored[0] = _STAGE_PLACES[slot.stage]
    stored[_BECAUSE] = because = table.named(slot.because)
    if isinstance(because, int) and slot.cycle == _day_of(table.times[because]):
        stored[1] = _ITS_DAY
    return without_ends(stored, _BECAUSE + 1)


def _unpacked_slot(events: Events, stored: list[Any]) -> Slot:
    stage, cycle, number, because, *more = stored
    if more and isinstance(more[0], str):  # a wall time, `Slot.base`
        more[0] = datetime.fromisoformat(more[0])
    if len(more) > _PUT_OFF and more[_PUT_OFF] is not None:  # a pair of instants
        more[_PUT_OFF] = tuple(more[_PUT_OFF])
    if len(more) > _BEFORE and more[_BEFORE] is not None:
        more[_BEFORE] = _unpacked_slot(events, more[_BEFORE])
    for place in _TUPLES:
        if len(more) > place:
            more[place] = tuple(more[place] or ())
    if cycle == _ITS_DAY:
        cycle = _day_of(events[because][0])
    return Slot(_STAGES[stage], cycle, number, id_of(events, because), *more)


def _day_of(time: datetime) -> str:
    return time.date().isoformat()


def _packed_candidate(candidate: Candidate) -> list[Any]:
    touched, *more = astuple(candidate)
    more[-1] = [astuple(one) for one in candidate.answers]
    event = [None, ""] if touched is None else [stored_event(touched.time, touched.id), touched.code]
    return without_ends([*event, *more], 2)


def _unpacked_candidate(stored: list[Any]) -> Candidate:
    event, code, *more = stored
    if len(more) == _CANDIDATE_FIELDS:
        more[-1] = tuple(TouchAnswer(*one) for one in more[-1])
    if event is None:
        return Candidate(None, *more)
    time, event_id = event_in(event)
    return Candidate(LoggedEvent(time, event_id, time, code), *more)
