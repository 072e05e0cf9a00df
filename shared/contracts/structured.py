"""Facts as JSON objects (CloudEvents' structured form): what people send, and what programs print.

Our own facts stand on topics in binary mode (`codec`, which reads a product's in both modes); this form is for lines of
JSON in files and pipes.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from shared.contracts import limits
from shared.contracts.cloud_json import attributes_in, data_in
from shared.contracts.codec import value_of
from shared.contracts.envelope import CONTENT_TYPE, SPECVERSION, attributes_of, fact_of, kind_of
from shared.contracts.fact import EventData, Fact
from shared.contracts.fields import AT_THE_EDGE
from shared.contracts.refusal import Unreadable, refusal_of


def from_json_line(event: Any) -> Fact:
    """Return the fact that a JSON object tells; it stands on no topic yet, so `logged` is its `time`.

    `specversion` may be left out (1.0), and `data` where an event has no required field; everything else that
    CloudEvents or this language requires must stand there. Raises Unreadable with the field and the reason, also for an
    unknown type.
    """
    if not isinstance(event, dict):
        raise Unreadable("must be a JSON object")
    attributes = {"specversion": SPECVERSION} | attributes_in(event)
    kind = kind_of(attributes, None)
    if kind is None:
        raise Unreadable("is not known", "type")
    return fact_of(attributes, _data(kind, data_in(event)), None)


def to_json(fact: Fact) -> dict[str, Any]:
    """Return a fact as an object for `json.dumps`, which `from_json_line` reads again."""
    event: dict[str, Any] = {**attributes_of(fact), "datacontenttype": CONTENT_TYPE}
    if fact.number is not None:
        event["number"] = fact.number
    event["data"] = json.loads(value_of(fact.data))
    return event


def _data(kind: type[EventData], value: bytes) -> EventData:
    try:
        data = kind.model_validate_json(value, strict=True, context=AT_THE_EDGE)
    except ValidationError as failure:
        raise refusal_of(failure) from None
    if (size := len(value_of(data))) > limits.VALUE_BYTES_MAX:
        raise Unreadable(f"is {size} bytes, {limits.VALUE_BYTES_MAX} are allowed", "data")
    return data
