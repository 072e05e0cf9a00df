"""Facts as JSON objects (CloudEvents' structured form): what people send, and what programs print.

On topics facts stand in binary mode only (`codec`); this form is for lines of JSON in files and pipes.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import ValidationError

from shared.contracts import limits
from shared.contracts.codec import value_of
from shared.contracts.envelope import CONTENT_TYPE, SPECVERSION, attributes_of, fact_of, is_json, kind_of
from shared.contracts.fact import EventData, Fact
from shared.contracts.fields import AT_THE_EDGE
from shared.contracts.refusal import Unreadable, refusal_of

_ATTRIBUTES: Final = (
    "specversion", "id", "source", "type", "time", "memberid", "origin", "causationid", "expirytime", "place",
    "traceparent", "tracestate",
)  # fmt: skip


def from_json_line(event: Any) -> Fact:
    """Return the fact that a JSON object tells; it stands on no topic yet, so `logged` is its `time`.

    `specversion` may be left out (1.0), and `data` where an event has no required field; everything else that
    CloudEvents or this language requires must stand there. Raises Unreadable with the field and the reason, also for an
    unknown type.
    """
    if not isinstance(event, dict):
        raise Unreadable("must be a JSON object")
    attributes = _texts(event)
    kind = kind_of(attributes, None)
    if kind is None:
        raise Unreadable("is not known", "type")
    if "data_base64" in event:
        raise Unreadable("is not read: data must be a JSON object", "data_base64")
    return fact_of(attributes, _data(kind, event.get("data", {})), None)


def to_json(fact: Fact) -> dict[str, Any]:
    """Return a fact as an object for `json.dumps`, which `from_json_line` reads again."""
    event: dict[str, Any] = {**attributes_of(fact), "datacontenttype": CONTENT_TYPE}
    if fact.number is not None:
        event["number"] = fact.number
    event["data"] = json.loads(value_of(fact.data))
    return event


def _texts(event: dict[str, Any]) -> dict[str, str]:
    attributes = {"specversion": SPECVERSION}
    for name in _ATTRIBUTES:
        if (value := event.get(name)) is not None:
            if not isinstance(value, str):
                raise Unreadable("must be a text", name)
            if not _is_unicode(value):
                raise Unreadable("is not Unicode", name)
            attributes[name] = value
    if (number := event.get("number")) is not None:
        if not isinstance(number, int) or isinstance(number, bool):
            raise Unreadable("must be a whole number", "number")
        attributes["number"] = str(number)
    content_type = event.get("datacontenttype", CONTENT_TYPE)
    if not isinstance(content_type, str) or not is_json(content_type):
        raise Unreadable(f"must be {CONTENT_TYPE}", "datacontenttype")
    return attributes


def _is_unicode(text: str) -> bool:
    """JSON can escape one half of a surrogate pair alone, which no encoding can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _data(kind: type[EventData], value: Any) -> EventData:
    try:
        data = kind.model_validate_json(json.dumps(value, allow_nan=False), strict=True, context=AT_THE_EDGE)
    except ValidationError as failure:
        raise refusal_of(failure) from None
    except (ValueError, RecursionError):
        raise Unreadable("holds a number or a depth that JSON does not allow", "data") from None
    if (size := len(value_of(data))) > limits.VALUE_BYTES_MAX:
        raise Unreadable(f"is {size} bytes, {limits.VALUE_BYTES_MAX} are allowed", "data")
    return data
