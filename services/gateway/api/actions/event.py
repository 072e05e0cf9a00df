"""The event that says what a member does: from an action's path and body, held to the published language's own bounds."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.gateway.actions import SOURCE
from services.gateway.api.actions.table import ID, Action, Named
from services.gateway.api.events.cloudevents import check
from shared.contracts import Event, EventData, Unreadable
from shared.contracts.fields import AT_THE_EDGE, whole_milliseconds
from shared.contracts.limits import EVENT_ID_CHARS_MAX, VALUE_BYTES_MAX
from shared.contracts.refusal import refusals_of


def event_of(action: Action, member: str, item: str, body: dict[str, Any], again: str | None, now: datetime) -> Event:
    """Return the event that says what a member does; `Unreadable` with the field of the body, or of a header."""
    given = body.pop(ID, None)
    if given is not None and again is not None:
        raise Unreadable("stands beside the header Idempotency-Key: only one of them may", ID)
    if unknown := sorted(set(body) - set(action.takes)):
        raise Unreadable(f"is not known; there are {', '.join([*action.takes, ID])}", _name(unknown[0]))
    data = _data(action.kind, {**body, **action.fill(item, now)})
    now = whole_milliseconds(now)
    event = Event(_id(given, again, (member, action.name, item, body)), member, now, now, data, SOURCE)
    check(event, now)
    return event


def _data(kind: type[EventData], fields: Named) -> EventData:
    """Return an event's data. Read from JSON, as a record is: what JSON cannot say is refused by itself."""
    try:
        value = json.dumps(fields, allow_nan=False).encode()
        if len(value) > VALUE_BYTES_MAX:
            raise Unreadable(f"is {len(value)} bytes, {VALUE_BYTES_MAX} are allowed", "body")
        return kind.model_validate_json(value, strict=True, extra="forbid", context=AT_THE_EDGE)
    except ValidationError as failure:
        first, *others = (
            Unreadable(fault.reason, (fault.field or "body").removeprefix("data.")) for fault in refusals_of(failure)
        )
        first.others = tuple(others)
        raise first from None
    except (ValueError, RecursionError):
        raise Unreadable("holds a number, a letter or a depth that JSON does not allow", "body") from None


def _id(given: object, again: str | None, request: tuple[str, str, str, Named]) -> str:
    """Return the event's id: the one that was given, or one made of the key and of the request.

    Of the request, as the event may also say the instant at which it was asked.
    """
    if given is not None:
        if not isinstance(given, str) or not given.isprintable() or not 0 < len(given) <= EVENT_ID_CHARS_MAX:
            raise Unreadable(f"must be a text of 1 to {EVENT_ID_CHARS_MAX} printable letters", ID)
        return given
    if again is None:
        return f"api-{uuid.uuid4().hex}"
    asked = json.dumps([again, *request], sort_keys=True)
    return f"api-{hashlib.sha256(asked.encode()).hexdigest()[:32]}"


def _name(name: str) -> str:
    """A name comes from outside: one that does not look like a field is not repeated."""
    return name if name.isidentifier() and name.isascii() and len(name) <= 64 else "body"
