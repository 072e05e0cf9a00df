"""One record of a topic as a line for people and as an object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from shared.contracts import DEAD_LETTERS, DeadLetter, Event, Unreadable, decode, discarded, to_json
from shared.contracts.cloudevents.envelope import CONTENT_TYPE
from shared.runtime.ports.instants import from_ms
from shared.runtime.ports.interfaces import Record

DETAILS_CHARS_MAX = 160
VALUE_CHARS_MAX = 60


def as_object(record: Record) -> dict[str, Any]:
    """Return a record as a structured CloudEvent; one that is none as `{"unreadable": {...}}`."""
    read = _read(record)
    if isinstance(read, Event):
        return to_json(read)
    if isinstance(read, DeadLetter):
        data = json.loads(read.model_dump_json(exclude_none=True))
        return {**_attributes(record), "datacontenttype": CONTENT_TYPE, "data": data}
    if isinstance(read, Unreadable):
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        return {"unreadable": {**place, "field": read.field, "reason": read.reason}}
    return {**_attributes(record), "datacontenttype": CONTENT_TYPE, "data": _value(record)}


def as_line(record: Record, *, whole: bool = False) -> str:
    """Return a record as one line: when it happened, whom it is about, what it is, and its most telling fields.

    Long values are cut for people; `whole` leaves them as they are, for a program that looks for something in them.
    """
    read = _read(record)
    if isinstance(read, Event):
        details = _details(json.loads(read.data.model_dump_json(by_alias=True, exclude_none=True)), whole=whole)
        return f"{read.time:%Y-%m-%d %H:%M:%S}  {_plain(read.member)}  {read.type.removeprefix('rapport.')}  {details}"
    when = _when(record)
    if isinstance(read, DeadLetter):
        where = f"{read.topic}/{read.partition}/{read.offset}"
        reason = f"{read.field}: {read.reason}" if read.field else read.reason
        return f"{when}  {read.service}  could not read {where}: {_plain(reason)}"
    where = f"{record.topic}/{record.partition}/{record.offset}"
    if isinstance(read, Unreadable):
        return f"{when}  unreadable  {where}: {_plain(str(read))}"
    if (ticked := discarded(record.value, record.headers)) is not None:
        return f"{when}  operator  discarded the dead letters of {_plain(ticked.id)}"
    return f"{when}  {_plain(_attributes(record).get('type', '?'))}  (a type that is not known here)  {where}"


def _read(record: Record) -> Event | DeadLetter | Unreadable | None:
    """Return what a record holds, None for an event of an unknown type."""
    if record.fault is not None:
        return Unreadable(record.fault)
    try:
        if record.topic == DEAD_LETTERS:
            if discarded(record.value, record.headers) is not None:
                return None
            return DeadLetter.model_validate_json(record.value or b"")
        return decode(record.key, record.value, record.headers, from_ms(record.logged_ms), record.topic)
    except Unreadable as error:
        return error
    except ValidationError:
        return Unreadable("is no dead letter", "value")
    except (ValueError, OverflowError):
        return Unreadable("is no time", "timestamp")


def _attributes(record: Record) -> dict[str, str]:
    return {name[3:]: text.decode(errors="replace") for name, text in record.headers if name.startswith("ce_")}


def _value(record: Record) -> Any:
    try:
        return json.loads(record.value or b"null")
    except (ValueError, RecursionError):
        return None


def _when(record: Record) -> str:
    try:
        return f"{from_ms(record.logged_ms):%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return "????-??-?? ??:??:??"


def _details(data: dict[str, Any], *, whole: bool) -> str:
    details = " ".join(_parts(data, whole=whole))
    return details if whole or len(details) <= DETAILS_CHARS_MAX else details[: DETAILS_CHARS_MAX - 1] + "…"


def _parts(data: dict[str, Any], *, whole: bool) -> Iterator[str]:
    for name, value in data.items():
        if isinstance(value, list):
            yield f"{name}=[{len(value)}]"
        elif isinstance(value, dict):
            yield f"{name}={_plain(str(value.get('name') or value.get('id') or '{…}'), whole=whole)}"
        else:
            yield f"{name}={_plain(value if isinstance(value, str) else json.dumps(value), whole=whole)}"


def _plain(text: str, *, whole: bool = False) -> str:
    """Keep a text from outside on its line: what does not print (a terminal's codes among it) becomes a question mark."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return plain if whole or len(plain) <= VALUE_CHARS_MAX else plain[: VALUE_CHARS_MAX - 1] + "…"
