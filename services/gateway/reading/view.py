"""The items of a member, as the projection knows them; what is not known is empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from services.gateway.projection.model.followups import DIGESTS, FINDINGS, FOLLOWUPS, Digests, Findings, Followups
from services.gateway.projection.model.people import (
    CONTACT,
    INVITES,
    MEETINGS,
    PROMISES,
    REMINDERS,
    Invites,
    Item,
    Meetings,
    Mention,
    Person,
    Profile,
    Promises,
    Reminders,
)
from services.gateway.reading.forms import answers, rows
from shared.calendar import instant
from shared.decider import View

ProjectionView: TypeAlias = View[Profile, Item]
I = TypeVar("I", bound=Item)  # noqa: E741 - an item
T = TypeVar("T")
AGENDA: tuple[str, ...] = (FOLLOWUPS, REMINDERS, MEETINGS, INVITES, FINDINGS, DIGESTS)
"""What stands behind an agenda: asked for at once, so that it is loaded at once."""


def _item(view: ProjectionView, key: str, kind: type[I]) -> I:
    found = view.item(key)
    return found if isinstance(found, kind) else kind()


def followups(view: ProjectionView) -> Followups:
    return _item(view, FOLLOWUPS, Followups)


def findings(view: ProjectionView) -> Findings:
    return _item(view, FINDINGS, Findings)


def digests(view: ProjectionView) -> Digests:
    return _item(view, DIGESTS, Digests)


def invites(view: ProjectionView) -> Invites:
    return _item(view, INVITES, Invites)


def meetings(view: ProjectionView) -> Meetings:
    return _item(view, MEETINGS, Meetings)


def promises(view: ProjectionView) -> Promises:
    return _item(view, PROMISES, Promises)


def reminders(view: ProjectionView) -> Reminders:
    return _item(view, REMINDERS, Reminders)


def person(view: ProjectionView, contact_id: str) -> Person:
    return _item(view, CONTACT + contact_id, Person)


def name_of(one: Person) -> str | None:
    """Return what a person is called."""
    mention = _naming(one)
    return None if mention is None else mention.name


def named_at(one: Person) -> datetime | None:
    """Return when the last event was said that calls a person what they are called."""
    mention = _naming(one)
    return None if mention is None else mention.time


def _naming(one: Person) -> Mention | None:
    return next((mention for mention in reversed(one.mentions) if mention.name), None)


def names(view: ProjectionView, ids: Iterable[str]) -> dict[str, str | None]:
    """Return what these people are called, by id; those without an id are left out."""
    wanted = list(dict.fromkeys(one for one in ids if one))
    found = view.all_of([CONTACT + one for one in wanted])
    return {one: name_of(item) if isinstance(item, Person) else None for one, item in zip(wanted, found, strict=True)}


def people(view: ProjectionView, ids: Iterable[str]) -> dict[str, answers.Who]:
    """Return who these people are, by id, as `names` does."""
    return {one: answers.Who(id=one, name=name) for one, name in names(view, ids).items()}


def rows_of(view: ProjectionView, ids: Iterable[str]) -> dict[str, rows.Who]:
    """Return who these people are, by id, as `names` does, for long lists."""
    return {one: rows.Who(one, name) for one, name in names(view, ids).items()}


def remembered(
    view: ProjectionView, name: str, items: Sequence[str], asked: tuple[object, ...], find: Callable[[], T]
) -> T:
    """Return what `find` finds out of the profile, these items and what was asked, without finding it twice.

    A question is asked again when more is loaded for it. What is the same still is not looked at again.
    """
    about = (asked, view.profile, view.all_of(items))
    kept = view.memo.get(name)
    if kept is None or kept[0] != about:
        kept = view.memo[name] = about, find()
    found: T = kept[1]
    return found


def at(view: ProjectionView, moment: datetime, zone: str | None = None) -> datetime:
    """Return the instant of a moment that may be wall time, in a zone or the member's own."""
    return moment if moment.tzinfo is not None else instant(moment, zone or view.profile.preferences.zone)
