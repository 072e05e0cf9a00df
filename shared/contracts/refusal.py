"""Why something can not be read: the field and the reason, never the value, because values hold personal words."""

from __future__ import annotations

import re
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.fields import (
    CHANNEL_MESSAGE_PATTERN,
    EMAIL_PATTERN,
    LOCALE_PATTERN,
    NAME_OF_RULE_PATTERN,
    PLAIN_PATTERN,
    SEALED_PATTERN,
    TYPE_PATTERN,
    URL_PATTERN,
)

FAULTS_MAX: Final = 20
"""Of one event, that are named."""
FORMS: Final = {
    PLAIN_PATTERN: "must not hold control characters or line separators",
    NAME_OF_RULE_PATTERN: "must be the name of a rule, such as own_reminder: small letters, digits and _",
    TYPE_PATTERN: "must be a type without rapport., such as invite.sent",
    URL_PATTERN: "must be an address without blanks, such as https://example.org/ada",
    EMAIL_PATTERN: "must be one plain mail address, such as ada@example.org",
    LOCALE_PATTERN: "must be a language tag, such as en or pt-BR",
    CHANNEL_MESSAGE_PATTERN: "must be the id of a message in a channel: at most 64 letters, digits, - and _",
    SEALED_PATTERN: "must be an address that the API has sealed: letters, digits, - and _",
}
"""By the pattern of a field: the form that it requires."""

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
        self.others: tuple[Unreadable, ...] = ()
        """What else is wrong, where that was asked for."""
        super().__init__(reason if field is None else f"{field}: {reason}")


def refusal_of(failure: ValidationError) -> Unreadable:
    """Return the first of pydantic's complaints about an event's data."""
    return refusals_of(failure)[0]


def refusals_of(failure: ValidationError) -> list[Unreadable]:
    """Return all of pydantic's complaints about an event's data, `FAULTS_MAX` at most."""
    return [_refusal(fault) for fault in failure.errors(include_url=False, include_input=False)[:FAULTS_MAX]]


def form_of(pattern: str) -> str:
    """Return what a pattern requires, in words where there are any."""
    return FORMS.get(pattern) or f"must have the form {pattern}"


def _refusal(fault: ErrorDetails) -> Unreadable:
    if fault["type"] == "json_invalid":
        return Unreadable(f"is not JSON ({fault['msg'].removeprefix('Invalid JSON: ')})", "data")
    path = ".".join(["data", *(_part(step) for step in fault["loc"][:_PATH_PARTS_MAX] if step != "[key]")])
    if fault["type"] == "string_pattern_mismatch":
        return Unreadable(form_of(fault["ctx"]["pattern"]), path)
    if fault["type"] == "missing":
        return Unreadable("is missing", path)
    if fault["type"] == "extra_forbidden":
        return Unreadable("is not known", path)
    return Unreadable(in_our_words(fault["msg"]), path)


def in_our_words(message: str) -> str:
    """Return what pydantic says of a value as the other reasons read: `must have at least 1 item`."""
    return _COUNTED.sub("", _SHOULD.sub("must ", message.removeprefix("Value error, ")))


def _part(step: str | int) -> str:
    """Keys of a mapping come from outside: one that does not look like a name of ours is not repeated."""
    return str(step) if isinstance(step, int) or _FIELD_NAME.fullmatch(step) else "*"
