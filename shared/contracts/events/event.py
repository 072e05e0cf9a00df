"""An event: what happened, with its CloudEvents envelope, as every decider and the shell see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import msgspec
from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """The data of an event, one subclass per type.

    Immutable. Fields that nobody here knows are ignored, so that producers may add some. An absent field and a null are
    the same.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    TYPE: ClassVar[str] = ""
    """CloudEvents `type`, such as `rapport.invite.sent`."""
    CODE: ClassVar[str] = ""
    """Two letters under which services remember that it happened; they never change their meaning. Empty: nobody does."""
    TOPIC: ClassVar[str] = ""
    """The one topic on which it stands; empty for what may stand on every service's own topic."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where an event stands in a distributed trace (CloudEvents' Distributed Tracing extension, W3C Trace Context)."""

    parent: str
    """`traceparent`: version, trace id, id of the span that published it, flags."""
    state: str | None = None
    """`tracestate`: what tracing systems add, handed on as it is."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """An event that happened, once. Instants are aware, in UTC, with whole milliseconds.

    A struct, as one is made of every record: a frozen dataclass of so many fields takes ten times as long.
    """

    id: str
    """CloudEvents `id`; consumers drop repetitions by it."""
    member: str
    """Whom it is about: extension `memberid`, and the record's key."""
    time: datetime
    """When it happened, as far as that is believed: at most `limits.AHEAD_MAX` after `logged`."""
    logged: datetime
    """When it was appended to its topic: the record's timestamp."""
    data: EventData
    source: str = ""
    """`/rapport/<service>`, or the product's own."""
    origin: str | None = None
    """How it came, where that matters: `import`."""
    causation: str | None = None
    """The id of the event that caused it."""
    expires: datetime | None = None
    """CloudEvents extension `expirytime`: whoever delivers later does not act on it."""
    number: int | None = None
    """Of a service's own event: its running number in (service, partition)."""
    input_offsets: Mapping[str, int] | None = None
    """Of a service's own event: per input topic, the next offset after what was applied before it."""
    incarnation: int = 0
    """Of a service's own event: in which incarnation of the member it was said; 0: the first. An erasure ends one, and
    the next is named by where it begins: the offset behind that erasure in the activity topic."""
    offset: int | None = None
    """Of an event on the activity topic: where it stands. None: it stands on another one, or nowhere."""
    trace: Trace | None = None
    """Whoever follows up on it continues this trace. Says nothing about what happened."""
    producer_time: datetime | None = None
    """The `time` that its record names, where that lies too far ahead and `time` is what counts in its place."""
    replayed: bool = False
    """Whether an operator has asked for its record to be read again: it was met at its own place before."""

    @property
    def type(self) -> str:
        """CloudEvents `type`."""
        return self.data.TYPE
