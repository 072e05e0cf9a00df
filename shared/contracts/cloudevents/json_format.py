"""Events in CloudEvents' JSON format, one object with attributes and data: a line, or a record in structured mode.

Attributes become the texts that binary mode has in headers, and data becomes JSON again, so all that follows is one way.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from shared.contracts import limits
from shared.contracts.cloudevents.envelope import ATTRIBUTES, CONTENT_TYPE, is_json
from shared.contracts.refusal import Unreadable

NO_DATA: Final = b"{}"
"""What an event without data says where none is required."""


def object_of(value: bytes | None) -> Mapping[str, Any]:
    """Return the JSON object that a record's value holds. Raises Unreadable."""
    if not value:
        raise Unreadable("is empty, and in structured mode holds the event", "value")
    if len(value) > limits.VALUE_BYTES_MAX:
        raise Unreadable(f"is {len(value)} bytes, {limits.VALUE_BYTES_MAX} are allowed", "value")
    try:
        event = json.loads(value.decode())
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8", "value") from None
    except (ValueError, RecursionError):
        raise Unreadable("is not JSON", "value") from None
    if not isinstance(event, dict):
        raise Unreadable("must be a JSON object (structured mode)", "value")
    return event


def attributes_in(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes of an event; null is as not there, and those that nobody here knows are passed over."""
    attributes = {}
    for name in ATTRIBUTES:
        if (value := event.get(name)) is not None:
            if not isinstance(value, str):
                raise Unreadable("must be a text", name)
            if not _is_unicode(value):
                raise Unreadable("is not Unicode", name)
            attributes[name] = value
    content_type = event.get("datacontenttype") or CONTENT_TYPE
    if not isinstance(content_type, str) or not is_json(content_type):
        raise Unreadable(f"must be {CONTENT_TYPE}", "datacontenttype")
    return attributes


def data_in(event: Mapping[str, Any]) -> bytes:
    """Return the data of an event as JSON; `data_base64` holds its bytes, and null is as no data."""
    encoded, data = event.get("data_base64"), event.get("data")
    if encoded is not None:
        if data is not None:
            raise Unreadable("stands beside data: only one of them may", "data_base64")
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise Unreadable("is not base64", "data_base64") from None
    try:
        return NO_DATA if data is None else json.dumps(data, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise Unreadable("holds a number or a depth that JSON does not allow", "data") from None


def _is_unicode(text: str) -> bool:
    """JSON can escape one half of a surrogate pair alone, which no encoding can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
