"""CloudEvents over HTTP: one event in binary or in structured mode, or a batch (HTTP protocol binding 1.0.2, section 3).

Each event is held to what `rapport send` holds a line to, and is then read as services read a record. So nothing is taken
here that a service would set aside.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from services.gateway.api.problems import Problem
from shared.contracts import ACTIVITY, EVENTS, Event, Unreadable, decode, encode, from_json_line, limits, topics_of
from shared.contracts.cloudevents.envelope import ATTRIBUTES, BATCH_TYPE, CONTENT_TYPE, STRUCTURED_TYPE, is_json

BATCH_EVENTS_MAX: Final = 500
MEDIA_TYPES: Final = (STRUCTURED_TYPE, BATCH_TYPE, CONTENT_TYPE)
"""One event; several; the data of one, whose attributes are headers."""
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()
_HEADERS: Final = {f"ce-{name}".encode(): name for name in ATTRIBUTES}
_PREFIX: Final = b"ce-"
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(r"\\(.)")
"""RFC 9110 section 5.6.4."""


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """One event of a request: read, or what is wrong with it."""

    event: Event | None
    fault: Unreadable | None = None
    id: str | None = None
    """What it calls itself, where that can be read."""


def read_events(headers: Sequence[tuple[bytes, bytes]], body: bytes, now: datetime) -> Iterator[ReadEvent]:
    """Yield what a request tells, event by event. `Problem` 400, 413 or 415 where it is none at all."""
    kind = _media_type(headers)
    if kind == BATCH_TYPE:
        for found in _each(_text(body)):
            yield _looked_at(found, now)
    elif kind == STRUCTURED_TYPE:
        yield _looked_at(_whole(_text(body)), now)
    else:
        yield _binary(headers, body, now)


def is_batch(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Tell whether a request holds a batch."""
    return _media_type(headers) == BATCH_TYPE


def _media_type(headers: Sequence[tuple[bytes, bytes]]) -> str:
    given = [value.decode("latin-1") for name, value in headers if name == b"content-type"]
    if len(given) > 1:
        raise Problem(HTTPStatus.BAD_REQUEST, "content-type: stands twice")
    media_type, *parameters = (part.strip().lower() for part in (given or [""])[0].split(";"))
    in_utf8 = all(
        one.partition("=")[2].strip('"') in {"utf-8", "utf8"} for one in parameters if one.startswith("charset=")
    )
    of_binary = media_type in {"", CONTENT_TYPE} and any(name.startswith(_PREFIX) for name, _ in headers)
    if not in_utf8 or (media_type not in {STRUCTURED_TYPE, BATCH_TYPE} and not of_binary):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"content-type: must be {STRUCTURED_TYPE} or {BATCH_TYPE}, or {CONTENT_TYPE} with the attributes as ce- headers,"
            " in UTF-8",
        )
    return media_type or CONTENT_TYPE


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Problem(HTTPStatus.BAD_REQUEST, "body: is not UTF-8") from None


def _whole(text: str) -> Any:
    found, end = _value(text, _blank(text, 0))
    if _blank(text, end) != len(text):
        raise _not_json()
    return found


def _each(text: str) -> Iterator[Any]:
    """Yield the items of a JSON array one by one, so no more than one of them is in memory as objects."""
    at = _blank(text, 0)
    if text[at : at + 1] != "[":
        raise Problem(HTTPStatus.BAD_REQUEST, "body: must be a JSON array of events")
    at, count = _blank(text, at + 1), 0
    more = text[at : at + 1] != "]"
    while more:
        if count == BATCH_EVENTS_MAX:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body: holds more than {BATCH_EVENTS_MAX} events")
        found, at = _value(text, at)
        yield found
        count, at = count + 1, _blank(text, at)
        more = text[at : at + 1] == ","
        if more:
            at = _blank(text, at + 1)
    if text[at : at + 1] != "]" or _blank(text, at + 1) != len(text):
        raise _not_json()


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise _not_json() from None


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return at if match is None else match.end()


def _not_json() -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "body: is not JSON")


def _binary(headers: Sequence[tuple[bytes, bytes]], body: bytes, now: datetime) -> ReadEvent:
    try:
        found: dict[str, Any] = dict(_attributes(headers))
    except Unreadable as fault:
        return ReadEvent(None, fault)
    if body:
        found["data_base64"] = base64.b64encode(body).decode()
    return _looked_at(found, now)


def _attributes(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    """Yield the attributes that stand in headers, without quotes around them and percent-decoded (section 3.1.3.2)."""
    seen = set()
    for name, value in headers:
        if (attribute := _HEADERS.get(name)) is None:
            if name == b"ce-datacontenttype" and not is_json(value.decode("latin-1")):
                raise Unreadable(f"must be {CONTENT_TYPE}", "datacontenttype")
            continue
        if attribute in seen:
            raise Unreadable("stands twice in the headers", attribute)
        seen.add(attribute)
        try:
            text = value.decode()
            if (quoted := _QUOTED.fullmatch(text)) is not None:
                text = _ESCAPED.sub(r"\1", quoted[1])
            yield attribute, unquote(text, errors="strict")
        except UnicodeDecodeError:
            raise Unreadable("is not UTF-8", attribute) from None


def _looked_at(found: Any, now: datetime) -> ReadEvent:
    named = found.get("id") if isinstance(found, dict) else None
    plain = isinstance(named, str) and named.isprintable() and len(named) <= limits.EVENT_ID_CHARS_MAX
    try:
        return ReadEvent(_event(found, now), None, named)
    except Unreadable as fault:
        return ReadEvent(None, fault, named if plain else None)


def _event(found: Any, now: datetime) -> Event:
    if isinstance(found, dict):
        if found.get("specversion") is None:
            raise Unreadable("is missing", "specversion")
        _check_topic(found.get("type"))
    event = from_json_line(found)
    check(event, now)
    return event


def _check_topic(name: object) -> None:
    kind = EVENTS.get(name) if isinstance(name, str) else None
    if kind is not None and ACTIVITY not in (topics := topics_of(kind)):
        raise Unreadable(f"stands on {', '.join(sorted(topics))} alone, which its service writes", "type")


def check(event: Event, now: datetime) -> None:
    """Read an event as services will read its record; `Unreadable` where they would not."""
    key, value, headers = encode(event)
    decode(key, value, headers, now, ACTIVITY)
