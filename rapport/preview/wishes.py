"""`--set name=value`: a member's preferences as the event `rapport.member.preferences_set` has them, one name at a time.

Names are the event's fields, joined by dots (`quiet_hours.from`, `rules.thank.on`); `retraction` alone is its policy, and
`digest` alone how often it comes. Values are checked by the event itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, get_args

from pydantic import BaseModel

from rapport.inspect.rule_preferences import WISHES
from shared.contracts import Event, MemberJoined, MemberPreferencesSet, Unreadable, from_json_line
from shared.contracts.events.member.member import RulePreferences

SOURCE: Final = "/rapport/preview"
SHORT: Final = {"retraction": "retraction.policy", "digest": "digest.every"}
RULES: Final = "rules"
LISTS: Final = ("offsets_days", "offsets_hours")
"""Preferences with several values: separated by commas, where they do not stand as JSON."""
Wishes = dict[str, Any]
"""A part of the data of a preferences event, as JSON."""


class WrongWish(Exception):
    """A `--set` that is none of a member's preferences, or has no such value; the message names it and the reason."""


def wishes_of(settings: Sequence[str]) -> Wishes:
    """Return the preferences that these `name=value` set together, which may be none. `WrongWish` says what is wrong."""
    wishes: Wishes = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = SHORT.get(name, name)
        if not equals or not name:
            raise WrongWish("must be name=value, such as retraction=auto")
        path = _path(name)
        held = wishes
        for part in path[:-1]:
            held = held.setdefault(part, {})
        if path[-1] in held:
            raise WrongWish(f"{name}: is set twice")
        held[path[-1]] = _value(path, text)
    if wishes:
        _check(wishes)
    return wishes


def wish_event(wishes: Wishes, member: str, at: datetime) -> Event:
    """Return the event by which a member says so."""
    data = MemberPreferencesSet.model_validate(wishes)
    return Event(id="preview/preferences", member=member, time=at, logged=at, data=data, source=SOURCE)


def without(event: Event, wishes: Wishes) -> Event:
    """Return a told event without its own word about the same preferences: what is wished holds for the whole look."""
    if not wishes or not isinstance(event.data, MemberJoined | MemberPreferencesSet):
        return event
    fields = event.data.model_dump(mode="json", by_alias=True, exclude_none=True)
    left = _left(fields, wishes)
    if left == fields:
        return event
    return Event(
        id=event.id, member=event.member, time=event.time, logged=event.logged, data=type(event.data).model_validate(left),
        source=event.source, origin=event.origin, causation=event.causation,
    )  # fmt: skip


def _left(fields: dict[str, Any], wishes: Wishes) -> dict[str, Any]:
    left = {}
    for name, value in fields.items():
        wish = wishes.get(name)
        if isinstance(wish, dict) and isinstance(value, dict):
            left[name] = _left(value, wish)
        elif name not in wishes:
            left[name] = value
    return left


def _path(name: str) -> list[str]:
    """Return the way to a preference of that name."""
    path = name.split(".")
    of_rule = path[0] == RULES and len(path) == 3
    if of_rule and path[1] not in WISHES:
        raise WrongWish(f"{name}: is no rule; there are {', '.join(sorted(WISHES))}")
    shape = [RULES, "RULE", *path[2:]] if of_rule else path
    if ".".join(shape) not in (names := list(_names(MemberPreferencesSet))):
        raise WrongWish(f"{name}: is no preference; there are {', '.join(names)}")
    if of_rule and path[2] not in (read := WISHES[path[1]]):
        raise WrongWish(f"{name}: would change nothing; of {path[1]} there are {', '.join(read)}")
    return path


def _names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Yield the names of all preferences of a model."""
    for name, field in model.model_fields.items():
        called = before + (field.alias or name)
        inner = next((one for one in get_args(field.annotation) if isinstance(one, type)), None)
        if called == RULES:
            yield from _names(RulePreferences, f"{RULES}.RULE.")
        elif inner is not None and issubclass(inner, BaseModel):
            yield from _names(inner, f"{called}.")
        else:
            yield called


def _value(path: Sequence[str], text: str) -> Any:
    """Return a value as JSON has it; what is no JSON is a text."""
    if path[-1] in LISTS and not text.startswith("["):
        text = f"[{text}]"
    try:
        text.encode()
        value = json.loads(text, parse_constant=lambda constant: constant)
    except UnicodeEncodeError:
        raise WrongWish(f"{'.'.join(path)}: is not Unicode") from None
    except (ValueError, RecursionError):
        return text
    if value is None:
        raise WrongWish(f"{'.'.join(path)}: must have a value")
    return value


def _check(wishes: Wishes) -> None:
    probe = {
        "id": "1", "source": SOURCE, "type": MemberPreferencesSet.TYPE, "time": "2026-01-01T00:00:00Z", "memberid": "1",
        "data": wishes,
    }  # fmt: skip
    try:
        from_json_line(probe)
    except Unreadable as error:
        raise WrongWish(f"{(error.field or 'value').removeprefix('data.')}: {error.reason}") from None
