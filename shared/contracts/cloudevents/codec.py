"""Events as Kafka records: CloudEvents 1.0.

What Rapport says is in binary mode: attributes stand in `ce_*` headers and the data as JSON in the value (CloudEvents'
Kafka protocol binding, section 3.2), so that a reader skips a type that it does not know without parsing it. Equal events
have equal bytes. A product's events are read in structured mode, too, where the value holds everything (section 3.3); the
media type tells which it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Final

from pydantic import ValidationError

from shared.contracts import limits
from shared.contracts.cloudevents.dead_letters import dead_letter
from shared.contracts.cloudevents.envelope import (
    ATTRIBUTES,
    CONTENT_TYPE,
    attributes_of,
    believed,
    event_of,
    is_json,
    is_structured,
    kind_of,
)
from shared.contracts.cloudevents.fast_path import glance
from shared.contracts.cloudevents.json_format import NO_DATA, attributes_in, data_in, object_of
from shared.contracts.events.event import Event, EventData
from shared.contracts.fields import whole_milliseconds
from shared.contracts.refusal import Unreadable, refusal_of

__all__ = ["Unreadable", "dead_letter", "decode", "encode", "value_of"]

_JSON: Final = CONTENT_TYPE.encode()
_CONTENT_TYPE: Final = "content-type"
_ATTRIBUTES: Final = {f"ce_{name}": name for name in ATTRIBUTES} | {_CONTENT_TYPE: _CONTENT_TYPE}
"""The headers that records of ours have: of most records all of them are read by one look at this table."""
_HEADER: Final = {name: f"ce_{name}" for name in ATTRIBUTES}
_NOTHING: Final = (b"", b"null")
_NOTHING_BYTES_MAX: Final = len(b"null")
_HEADER_NAME: Final = re.compile(r"[a-z0-9-]{1,20}", re.ASCII)


def encode(event: Event) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return the key, value and headers of an event's record. `logged` is not among them: it is the record's timestamp.

    The value may exceed `VALUE_BYTES_MAX`; whoever appends looks at its size and splits the event.
    """
    headers = [(_HEADER[name], text.encode()) for name, text in attributes_of(event).items()]
    headers.append(("content-type", _JSON))
    return event.member.encode(), value_of(event.data), headers


def value_of(data: EventData) -> bytes:
    """Return an event's data as compact JSON in the order of its fields, without those that are None."""
    # `model_dump_json` does the same, and makes a text of the bytes in between.
    return data.__pydantic_serializer__.to_json(data, by_alias=True, exclude_none=True, exclude=_left_out(data))


def _left_out(data: EventData) -> set[str] | None:
    """Return the lists that were left out: they are read as empty, and an empty one is refused."""
    names = _may_be_left_out(type(data))
    return {name for name in names if not getattr(data, name)} if names else None


@cache
def _may_be_left_out(kind: type[EventData]) -> tuple[str, ...]:
    fields = kind.model_fields.items()
    return tuple(
        name
        for name, field in fields
        if field.default == () and any(getattr(one, "min_length", 0) for one in field.metadata)
    )


def decode(
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes]],
    logged: datetime,
    topic: str,
    applies: Collection[type[EventData]] | None = None,
    offset: int | None = None,
) -> Event | None:
    """Return the event that a record holds, or None for a type that nobody here knows (its value is not parsed).

    `applies`: the types that the reader can make use of; any other is as one that nobody knows.

    `offset`: where the record stands, if it stands on the activity topic; an incarnation of a member begins at such a place.

    `logged` is the record's timestamp; a `time` that lies far beyond it is not believed (`envelope.believed`). Raises
    Unreadable with the reason and, where there is one, the field.
    """
    if (seen := glance(key, headers, topic)) is not None:
        seen_kind, event, member, time, source = seen
        if applies is not None and seen_kind not in applies:
            return None
        logged, data = whole_milliseconds(logged), _data(seen_kind, value)
        if time <= logged:  # most are
            return Event(event, member, time, logged, data, source, offset=offset)
        time, ahead = believed(time, logged)
        return Event(event, member, time, logged, data, source, offset=offset, producer_time=ahead)
    attributes, structured = _attributes(headers), None
    if attributes is None:
        structured = object_of(value)
        attributes = attributes_in(structured)
    kind = kind_of(attributes, topic)
    if kind is None or (applies is not None and kind not in applies):
        return None
    _check_key(key, attributes)
    data = _data(kind, value if structured is None else data_in(structured))
    return event_of(attributes, data, whole_milliseconds(logged), offset)


def _attributes(headers: Sequence[tuple[str, bytes]]) -> dict[str, str] | None:
    """Return the attributes that headers hold, or None in structured mode, where the value holds them."""
    if len(headers) > limits.HEADERS_MAX:
        raise Unreadable(f"has more than {limits.HEADERS_MAX} headers", "headers")
    try:
        attributes = {_ATTRIBUTES[name]: raw.decode() for name, raw in headers}
    except (KeyError, UnicodeDecodeError, AttributeError):
        return _looked_at(headers)
    if len(attributes) != len(headers) or attributes.pop(_CONTENT_TYPE, CONTENT_TYPE) != CONTENT_TYPE or not attributes:
        return _looked_at(headers)
    return attributes


def _looked_at(headers: Sequence[tuple[str, bytes]]) -> dict[str, str] | None:
    """Return the attributes header by header: some are not ours, and pass, or one is wrong, and is named.

    A record without any attribute in its headers has them in its value or nowhere, whatever its media type says: the older
    interface of Python's SDK gives that of the data in structured mode, too.
    """
    for name, raw in headers:
        if name.lower() == _CONTENT_TYPE and raw and raw != _JSON and is_structured(_text(raw, _CONTENT_TYPE)):
            return None
    if not any(name.startswith("ce_") for name, _ in headers):
        return None
    attributes: dict[str, str] = {}
    for name, raw in headers:
        if name.startswith("ce_"):
            attribute = name[3:]
            if attribute in attributes:
                raise Unreadable("stands twice in the headers", _shown(attribute))
            attributes[attribute] = _text(raw, attribute)
    if (content_type := attributes.get("datacontenttype")) and not is_json(content_type):
        raise Unreadable(f"must be {CONTENT_TYPE} in UTF-8", "datacontenttype")
    return attributes


def _text(raw: bytes | None, name: str) -> str:
    """Return a header's text; without a value it is empty."""
    try:
        return "" if raw is None else raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8", _shown(name)) from None


def _shown(name: str) -> str:
    """Return a header's name as far as it may be repeated in a message."""
    return name if _HEADER_NAME.fullmatch(name) else "headers"


def _check_key(key: bytes | None, attributes: dict[str, str]) -> None:
    """Hold the member to the record's key, which names them alone where the attribute is not there."""
    if not key:
        raise Unreadable("is missing: it must be the member's id", "key")
    if member := attributes.get("memberid"):
        if key != member.encode():
            raise Unreadable("differs from the record's key", "memberid")
        return
    try:
        attributes["memberid"] = key.decode()
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8", "key") from None


def _data(kind: type[EventData], value: bytes | None) -> EventData:
    """Return the data. For an event without any, clients write a null value, an empty one, or JSON's null."""
    size = 0 if value is None else len(value)
    if size > limits.VALUE_BYTES_MAX:
        raise Unreadable(f"is {size} bytes, {limits.VALUE_BYTES_MAX} are allowed", "value")
    if value is None or (size <= _NOTHING_BYTES_MAX and value in _NOTHING):
        return _without_data(kind, value)
    try:
        # `model_validate_json` does the same after a look at arguments that are not given: a third of the time.
        data: EventData = kind.__pydantic_validator__.validate_json(value, strict=True)
        return data
    except ValidationError as failure:
        raise refusal_of(failure) from None


def _without_data(kind: type[EventData], value: bytes | None) -> EventData:
    try:
        return kind.model_validate_json(NO_DATA, strict=True)
    except ValidationError:
        raise Unreadable(f"is {'empty' if value == b'' else 'null'}, and this type needs data", "value") from None
