"""The CloudEvents attributes of an event as texts, the same in Kafka's headers and in the JSON form.

Required: `specversion`, `id`, `source`, `type`, `time`, `memberid`. Extensions: `origin`, `causationid`, `expirytime`,
`traceparent` and `tracestate`, and of a service's own events `sequence`, `inputoffsets` and, after an erasure, `incarnation`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from shared.contracts import limits
from shared.contracts.events.event import Event, EventData, Trace
from shared.contracts.events.table import EVENTS, topics_of
from shared.contracts.fields import PLAIN_PATTERN, instant_from_text, instant_text
from shared.contracts.refusal import Unreadable

SPECVERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
STRUCTURED_TYPE: Final = "application/cloudevents+json"
BATCH_TYPE: Final = "application/cloudevents-batch+json"
TRACEPARENT_PATTERN: Final = "^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$"
"""Version 00 of W3C Trace Context; ids of zeros alone are no ids."""
ATTRIBUTES: Final = (
    "specversion", "id", "source", "type", "time", "memberid", "origin", "causationid", "expirytime", "sequence",
    "inputoffsets", "incarnation", "traceparent", "tracestate",
)  # fmt: skip

OFFSETS_KEPT: Final = 64
"""Places whose texts are remembered."""
_PLAIN: Final = re.compile(PLAIN_PATTERN.removesuffix("$"))
_NUMBER: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_TRACEPARENT: Final = re.compile(TRACEPARENT_PATTERN.removesuffix("$"), re.ASCII)
_OFFSET_PART: Final = re.compile(r"([A-Za-z0-9._-]{1,249})=([0-9]{1,19})", re.ASCII)


def kind_of(attributes: Mapping[str, str], topic: str | None) -> type[EventData] | None:
    """Return the event's class, or None for a type that nobody here knows.

    Raises Unreadable for another version of CloudEvents, a type that is missing or empty, or one that does not belong on
    `topic`.
    """
    if _required(attributes, "specversion") != SPECVERSION:
        raise Unreadable(f"must be {SPECVERSION}", "specversion")
    if not (name := _required(attributes, "type")):
        raise Unreadable("must not be empty", "type")
    kind = EVENTS.get(name)
    if kind is not None and topic is not None and topic not in topics_of(kind):
        raise Unreadable("does not belong on this topic", "type")
    return kind


def event_of(
    attributes: Mapping[str, str], data: EventData, logged: datetime | None, offset: int | None = None
) -> Event:
    """Return the event; without `logged` it stands on no topic yet, and `logged` is its time. Raises Unreadable.

    `offset`: where it stands on the activity topic. What a product writes as `incarnation` is an attribute of its own.

    An optional attribute that is empty is as not there: clients write a header without a value for what is not set.
    """
    stated = _instant("time", _required(attributes, "time"))
    time, producer_time = (stated, None) if logged is None else believed(stated, logged)
    expires, number, input_offsets = (
        attributes.get("expirytime"),
        attributes.get("sequence"),
        attributes.get("inputoffsets"),
    )
    return Event(
        id=_plain(attributes, "id", limits.EVENT_ID_CHARS_MAX),
        member=_plain(attributes, "memberid", limits.ID_CHARS_MAX),
        time=time,
        logged=time if logged is None else logged,
        data=data,
        source=_plain(attributes, "source", limits.SOURCE_CHARS_MAX),
        origin=_plain(attributes, "origin", limits.ORIGIN_CHARS_MAX) if attributes.get("origin") else None,
        causation=_plain(attributes, "causationid", limits.EVENT_ID_CHARS_MAX)
        if attributes.get("causationid")
        else None,
        expires=_instant("expirytime", expires) if expires else None,
        number=_number("sequence", number) if number else None,
        input_offsets=None if input_offsets is None else offsets_from_text(input_offsets),
        incarnation=_incarnation(attributes["incarnation"]) if number and "incarnation" in attributes else 0,
        offset=offset,
        trace=_trace(attributes) if "traceparent" in attributes else None,
        producer_time=producer_time,
    )


def believed(time: datetime, logged: datetime) -> tuple[datetime, datetime | None]:
    """Return the time that counts of an event that was appended at `logged`, and what it claims where that is another.

    A clock that is wrong, a mistyped year or another unit would else win every register for years. Both are in the log, so
    all readers believe the same. It is asked for each record that becomes an event, so no decider needs to think of it.
    """
    latest = logged + limits.AHEAD_MAX
    return (time, None) if time <= latest else (latest, time)


def attributes_of(event: Event) -> dict[str, str]:
    """Return the attributes of an event, in a fixed order and without those that it does not have."""
    attributes = {
        "specversion": SPECVERSION,
        "id": event.id,
        "source": event.source,
        "type": event.data.TYPE,
        "time": instant_text(event.time if event.producer_time is None else event.producer_time),
        "memberid": event.member,
    }
    if event.origin is not None:
        attributes["origin"] = event.origin
    if event.causation is not None:
        attributes["causationid"] = event.causation
    if event.expires is not None:
        attributes["expirytime"] = instant_text(event.expires)
    if event.number is not None:
        attributes["sequence"] = str(event.number)
    if event.input_offsets is not None:
        attributes["inputoffsets"] = offsets_text(event.input_offsets)
    if event.incarnation:
        attributes["incarnation"] = str(event.incarnation)
    if event.trace is not None:
        attributes["traceparent"] = event.trace.parent
        if event.trace.state is not None:
            attributes["tracestate"] = event.trace.state
    return attributes


def offsets_text(input_offsets: Mapping[str, int]) -> str:
    """Return a place as text, sorted by topic: `rapport.activity.v1=12,rapport.invites.v1=3`."""
    return _offsets_text(tuple(input_offsets.items()))


@lru_cache(maxsize=OFFSETS_KEPT)  # all events of a step stand at one place
def _offsets_text(input_offsets: tuple[tuple[str, int], ...]) -> str:
    return ",".join(f"{topic}={offset}" for topic, offset in sorted(input_offsets))


def offsets_from_text(text: str) -> dict[str, int]:
    """Return the next offset per topic that a place names; empty text, empty place. Raises Unreadable."""
    parts = text.split(",") if text else []
    if len(parts) > limits.OFFSET_TOPICS_MAX:
        raise Unreadable(f"names more than {limits.OFFSET_TOPICS_MAX} topics", "inputoffsets")
    input_offsets = {}
    for part in parts:
        match = _OFFSET_PART.fullmatch(part)
        if match is None or match[1] in input_offsets or int(match[2]) > limits.OFFSET_MAX:
            raise Unreadable("must be topic=offset, separated by commas, each topic once", "inputoffsets")
        input_offsets[match[1]] = int(match[2])
    return input_offsets


def is_json(content_type: str) -> bool:
    """Tell whether a media type is JSON in UTF-8."""
    return _is_in_utf8(content_type, CONTENT_TYPE)


def is_structured(content_type: str) -> bool:
    """Tell whether a record of this media type holds the whole event in its value, and not only the data (binary mode).

    Raises Unreadable for a media type that is neither: CloudEvents' Kafka protocol binding, section 3.
    """
    if _is_in_utf8(content_type, STRUCTURED_TYPE):
        return True
    if is_json(content_type):
        return False
    if content_type.partition(";")[0].strip().lower() == BATCH_TYPE:
        raise Unreadable(
            "is a batch, which Kafka's records do not hold: write one record for each event", "content-type"
        )
    raise Unreadable(
        f"must be {CONTENT_TYPE} (binary mode) or {STRUCTURED_TYPE} (structured mode), in UTF-8", "content-type"
    )


def _is_in_utf8(content_type: str, wanted: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    return media_type == wanted and all(
        part.removeprefix("charset=").strip('"') in ("utf-8", "utf8")
        for part in parameters
        if part.startswith("charset=")
    )


def _required(attributes: Mapping[str, str], name: str) -> str:
    try:
        return attributes[name]
    except KeyError:
        raise Unreadable("is missing", name) from None


def _plain(attributes: Mapping[str, str], name: str, chars_max: int) -> str:
    text = _required(attributes, name)
    if not text:
        raise Unreadable("must not be empty", name)
    if len(text) > chars_max:
        raise Unreadable(f"must have at most {chars_max} characters", name)
    if not text.isprintable() and not _PLAIN.fullmatch(text):  # what is printable is plain, and quicker to tell
        raise Unreadable("must not hold control characters", name)
    return text


def _trace(attributes: Mapping[str, str]) -> Trace | None:
    """Return the trace, or None where it is malformed: that harms the trace, never the event (W3C Trace Context)."""
    parent, state = attributes["traceparent"], attributes.get("tracestate")
    if not _TRACEPARENT.fullmatch(parent):
        return None
    if state is not None and (len(state) > limits.TRACESTATE_CHARS_MAX or not _PLAIN.fullmatch(state)):
        state = None
    return Trace(parent, state)


def _instant(name: str, text: str) -> datetime:
    try:
        return instant_from_text(text)
    except ValueError as refusal:
        raise Unreadable(str(refusal), name) from None


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Unreadable("must be a whole number", name)
    return int(text)


def _incarnation(text: str) -> int:
    """Return an incarnation: an offset, of which a log holds no more than so many."""
    if (offset := _number("incarnation", text) if text else 0) > limits.OFFSET_MAX:
        raise Unreadable(f"must be at most {limits.OFFSET_MAX}", "incarnation")
    return offset
