"""The stored form of what there is most of: each instant and each id once (`shared.stored.packing`).

- A person: `[0, [event, ...], name, headline, note, profile, received, given]`.
- A reason: `[1, [event, ...], why, side, contact id]`, the side as 1 or 2.
- What waits: `[2, [follow-up id, ...], [[number, ...], [due, ...], ...], quiet, pushes, channel off]`, field by field, since
  what stands side by side is alike, and is compressed.

A text that the first of the events set stands there alone, one of another as `[place, text]`; what is not known is None,
and empty ends are left out. `packed` and `unpacked` are each other's inverse; the form is part of the state version.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import astuple

from services.digest.model.push import Push
from services.digest.model.state import Favour, Followup, Item, OpenFollowups, Person, QuietRule, Reason, Text
from shared.stored.packing import EventTable, event_in, without_ends

_PERSON: Final = 0
_REASON: Final = 1
_OPEN: Final = 2
_PERSON_ENDS: Final[tuple[Any, ...]] = (_PERSON, (), None, None, None, None, (), ())
_REASON_ENDS: Final[tuple[Any, ...]] = (_REASON, (), None, None, "")
_OPEN_ENDS: Final[tuple[Any, ...]] = (_OPEN, (), (), {}, {}, None)
_SIDES: Final = {"mine": 1, "theirs": 2}
_SIDE_TEXTS: Final = {place: text for text, place in _SIDES.items()}
_NO_TEXT: Final = Text()


def packed(_key: str, item: Item) -> Item | list[Any]:
    """Return what is stored of an item: a list, or the item itself where it has no form of its own."""
    if isinstance(item, Person):
        return _packed_person(item)
    if isinstance(item, Reason):
        table = EventTable()
        why, side = _packed_text(table, item.why), _packed_text(table, item.side)
        stored_side = _SIDES.get(side, side) if isinstance(side, str) else side
        return without_ends([_REASON, table.events, why, stored_side, item.contact_id])
    if isinstance(item, OpenFollowups):
        columns = [list(values) for values in zip(*map(astuple, item.by_id.values()), strict=True)]
        return without_ends([_OPEN, list(item.by_id), columns, item.quiet, item.pushes, item.channel_off_at])
    return item


def unpacked(_key: str, stored: list[Any]) -> Item:
    """Return the item that a list stands for."""
    if stored[0] == _PERSON:
        return _unpacked_person(stored)
    if stored[0] == _REASON:
        _, events, why, side, contact_id = (*stored, *_REASON_ENDS[len(stored) :])
        decoded = [event_in(one) for one in events]
        side = _SIDE_TEXTS[side] if isinstance(side, int) else side
        return Reason(_text(decoded, why), _text(decoded, side), contact_id)
    _, ids, columns, quiet, pushes, off_at = (*stored, *_OPEN_ENDS[len(stored) :])
    by_id = {one: _followup(values) for one, values in zip(ids, zip(*columns, strict=True), strict=True)}
    return OpenFollowups(
        by_id,
        {rule: QuietRule(*decoded) for rule, decoded in quiet.items()},
        {due_id: Push(*decoded) for due_id, decoded in pushes.items()},
        off_at,
    )


def _followup(values: tuple[Any, ...]) -> Followup:
    """Return a follow-up; its last field is a wall time, which is stored as a text."""
    *fields, on_day = values
    fields.append(on_day if on_day is None else datetime.fromisoformat(on_day))
    return Followup(*fields)


def _packed_person(person: Person) -> list[Any]:
    table = EventTable()
    texts = [_packed_text(table, one) for one in (person.name, person.headline, person.note, person.profile)]
    return without_ends([_PERSON, table.events, *texts, person.received, person.given])


def _unpacked_person(stored: list[Any]) -> Person:
    _, events, *texts, received, given = (*stored, *_PERSON_ENDS[len(stored) :])
    events_of = [event_in(one) for one in events]
    name, headline, note, profile = (_text(events_of, one) for one in texts)
    favours = (tuple(Favour(*one) for one in side) for side in (received, given))
    return Person(name, headline, note, next(favours), profile, next(favours))


def _packed_text(table: EventTable, text: Text) -> str | list[Any] | None:
    if text.time is None:
        return None
    index = table.index(text.time, text.id)
    return text.text if index == 0 and text.text else [index, text.text]


def _text(events: Sequence[tuple[datetime, str]], stored: str | list[Any] | None) -> Text:
    if stored is None:
        return _NO_TEXT
    index, text = (0, stored) if isinstance(stored, str) else stored
    return Text(*events[index], text)
