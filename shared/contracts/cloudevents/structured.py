"""Events as JSON objects (CloudEvents' structured form): what people send, and what programs print.

Our own events stand on topics in binary mode (`codec`, which reads a product's in both modes); this form is for lines of
JSON in files and pipes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from shared.contracts import limits
from shared.contracts.cloudevents.codec import value_of
from shared.contracts.cloudevents.envelope import CONTENT_TYPE, SPECVERSION, attributes_of, event_of, kind_of
from shared.contracts.cloudevents.json_format import attributes_in, data_in
from shared.contracts.events.event import Event, EventData
from shared.contracts.fields import AT_THE_EDGE
from shared.contracts.refusal import FAULTS_MAX, Unreadable, refusals_of


def from_json_line(found: Any) -> Event:
    """Return the event that a JSON object tells; it stands on no topic yet, so `logged` is its `time`.

    `specversion` may be left out (1.0), and `data` where an event has no required field; everything else that
    CloudEvents or this language requires must stand there. Raises Unreadable with the field and the reason, also for an
    unknown type; what else is wrong with it stands in `others`, at most `FAULTS_MAX` in all.
    """
    if not isinstance(found, dict):
        raise Unreadable("must be a JSON object")
    attributes = {"specversion": SPECVERSION} | attributes_in(found)
    faults: list[Unreadable] = []
    kind = _without_fault(lambda: _event_type(attributes), faults)
    data = None if kind is None else _without_fault(lambda: _data(kind, data_in(found)), faults)
    event = _without_fault(lambda: event_of(attributes, EventData() if data is None else data, None), faults)
    if event is not None and not faults:
        return event
    while event is None and (field := faults[-1].field or "") in _PLACEHOLDERS and len(faults) < FAULTS_MAX:
        attributes[field] = _PLACEHOLDERS[field]  # to see what is wrong beside it
        event = _without_fault(lambda: event_of(attributes, EventData(), None), faults)
    first, *others = dict.fromkeys(faults)
    first.others = (*first.others, *others)
    raise first


_PLACEHOLDERS: Final[dict[str, str]] = {
    "id": "0", "source": "/", "time": "2000-01-01T00:00:00Z", "memberid": "0", "origin": "0", "causationid": "0",
    "expirytime": "2000-01-01T00:00:00Z", "sequence": "0", "inputoffsets": "", "incarnation": "0",
}  # fmt: skip
"""Stand in for an attribute that is wrong, while the others are looked at."""
T = TypeVar("T")


def _without_fault(read: Callable[[], T], faults: list[Unreadable]) -> T | None:
    """Return what is read; None, and the faults are added, when it can not be."""
    try:
        return read()
    except Unreadable as fault:
        faults += [fault, *fault.others]
        fault.others = ()
        return None


def _event_type(attributes: Mapping[str, str]) -> type[EventData]:
    if (kind := kind_of(attributes, None)) is None:
        raise Unreadable("is not known", "type")
    return kind


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as an object for `json.dumps`, which `from_json_line` reads again."""
    return {**attributes_of(event), "datacontenttype": CONTENT_TYPE, "data": json.loads(value_of(event.data))}


def _data(kind: type[EventData], value: bytes) -> EventData:
    try:
        data = kind.model_validate_json(value, strict=True, context=AT_THE_EDGE)
    except ValidationError as failure:
        first, *others = refusals_of(failure)
        first.others = tuple(others)
        raise first from None
    if (size := len(value_of(data))) > limits.VALUE_BYTES_MAX:
        raise Unreadable(f"is {size} bytes, {limits.VALUE_BYTES_MAX} are allowed", "data")
    return data
