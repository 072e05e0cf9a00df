"""Why something can not be read: the field and the reason, never the value, because values hold personal words."""

from __future__ import annotations

import re
from typing import Final

from pydantic import ValidationError

_FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_SHOULD: Final = re.compile(r"^(Input|String|Tuple|List|Dictionary|Value) should ", re.ASCII)
_COUNTED: Final = re.compile(r" after validation, not (\d+|more)$", re.ASCII)
_PATH_PARTS_MAX: Final = 8


class Unreadable(Exception):
    """A record or a line that is no event of the published language."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        self.reason = reason
        """What is wrong, for a person; it quotes nothing of the value."""
        self.field = field
        """Where: an attribute (`time`), a path in the data (`data.contact.name`), `key`, `value`, or None."""
        super().__init__(reason if field is None else f"{field}: {reason}")


def refusal_of(failure: ValidationError) -> Unreadable:
    """Return the first of pydantic's complaints about an event's data."""
    first = failure.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return Unreadable(f"is not JSON ({first['msg'].removeprefix('Invalid JSON: ')})", "data")
    path = ".".join(["data", *(_part(step) for step in first["loc"][:_PATH_PARTS_MAX] if step != "[key]")])
    if first["type"] == "string_pattern_mismatch":
        return Unreadable("does not have the required form", path)
    if first["type"] == "missing":
        return Unreadable("is missing", path)
    return Unreadable(in_our_words(first["msg"]), path)


def in_our_words(message: str) -> str:
    """Return what pydantic says of a value as the other reasons read: `must have at least 1 item`."""
    return _COUNTED.sub("", _SHOULD.sub("must ", message.removeprefix("Value error, ")))


def _part(step: str | int) -> str:
    """Keys of a mapping come from outside: one that does not look like a name of ours is not repeated."""
    return str(step) if isinstance(step, int) or _FIELD_NAME.fullmatch(step) else "*"
