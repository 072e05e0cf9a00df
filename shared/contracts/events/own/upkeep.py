"""What every service says of itself: wakes and events it had to park, and records it could not read."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from shared.contracts import limits
from shared.contracts.events.event import EventData
from shared.contracts.fields import Reason, RuleName
from shared.contracts.topic_names import DEAD_LETTERS

EventName = Annotated[str, StringConstraints(min_length=1, max_length=limits.DEAD_LETTER_NAME_BYTES_MAX)]
OwnItemKey = Annotated[str, StringConstraints(max_length=limits.OWN_ID_CHARS_MAX)]

_BASE64 = WithJsonSchema({"type": "string", "contentEncoding": "base64url", "pattern": "^[A-Za-z0-9_-]*={0,2}$"})
"""`contentEncoding` is JSON Schema's own word (2020-12, 8.3). The `format` that pydantic writes is none."""


class Parked(EventData):
    """A wake or an event of an item can never succeed under these rules: it waits for a replay or for new rules.

    It stands on the own topic of the service that parked it, whichever that is.
    """

    TYPE: ClassVar[str] = "rapport.runtime.parked"
    item: OwnItemKey
    """The item's key in the service's store; empty for the profile."""
    rules: Annotated[str, StringConstraints(min_length=1, max_length=limits.ID_CHARS_MAX)]
    """Digest of the rules under which it failed: under others it is tried again."""
    reason: Reason


class DeadLetter(BaseModel):
    """A record that a service could not read: where it stands and why, and how it begins.

    `key_prefix` and `value_prefix` are base64 with the alphabet that is safe in URLs (RFC 4648 section 5).
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    TYPE: ClassVar[str] = "rapport.runtime.dead_letter"
    TOPIC: ClassVar[str] = DEAD_LETTERS

    service: RuleName
    topic: Annotated[str, StringConstraints(min_length=1, max_length=limits.TOPIC_CHARS_MAX)]
    partition: Annotated[int, Field(ge=0, le=limits.PARTITIONS_MAX)]
    offset: Annotated[int, Field(ge=0, le=limits.OFFSET_MAX)]
    key_prefix: Annotated[bytes, _BASE64] | None = None
    reason: Reason
    field: Reason | None = None
    """The path of the field that was refused."""
    event_id: EventName | None = None
    """The record's own `ce_id`, as far as it can be read; its beginning, when it is long. The same of the three below."""
    event_source: EventName | None = None
    event_type: EventName | None = None
    member: EventName | None = None
    value_bytes: Annotated[int, Field(ge=0)] | None = None
    """The size of the whole value; absent when there was none."""
    value_prefix: Annotated[bytes, _BASE64] | None = None
