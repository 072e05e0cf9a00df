"""A record of a service's topic as what is posted: the event in the structured mode of CloudEvents, by its bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rapport.webhooks.delivering.endpoints import TYPES
from shared.contracts.cloudevents.envelope import CONTENT_TYPE
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing import invariants


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted of one event, the same bytes at every attempt."""

    id: str
    """Of the event: two posts with the same id are the same event."""
    type: str
    member: str
    body: bytes


def message_of(record: Record) -> Message | None:
    """Return what is posted of a record; None for one that is no event of a service, or of a type that nobody here knows."""
    if record.fault is not None or invariants.is_foreign(record.topic, record.headers):
        return None
    try:
        attributes = {name[3:]: value.decode() for name, value in record.headers if name.startswith("ce_")}
        if record.topic not in TYPES.get(attributes["type"], ()):
            return None
        event = {**attributes, "datacontenttype": CONTENT_TYPE, "data": json.loads(record.value or b"")}
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        return Message(attributes["id"], attributes["type"], attributes["memberid"], body)
    except (KeyError, ValueError, RecursionError):
        return None
