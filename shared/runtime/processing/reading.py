"""Records of a topic as events: readable, unknown, or poison. One bad record stops nobody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shared.contracts import ACTIVITY, Event, EventData, Unreadable
from shared.contracts.cloudevents import codec
from shared.contracts.partition import partition_of_key
from shared.runtime.ports.instants import from_ms
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing import invariants

Kinds = Collection[type[EventData]]
"""Types of events; None where it may stand: all."""

ELSEWHERE: Final = "belongs on partition"
"""Begins the reason of a record that stands on another partition than its key's."""
FOREIGN: Final = "stands on a topic that only its service writes, and lacks the marks of that service"
"""The reason of a record that somebody else has put on a service's own topic."""
STEPPED_OVER: Final = (
    "stands on a topic that only its service writes, and an operator has said that it is none of its events"
)
"""The reason of a record that bears the marks, and that the service steps over because a person said so."""
WAY_OUT: Final = (
    "the producer has to choose by murmur2 of the key, as Java's clients do (librdkafka: partitioner=murmur2_random)"
)


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that is no readable event, and why."""

    record: Record
    reason: str
    field: str | None = None


def read_event(record: Record, applies: Kinds | None = None, partitions: int | None = None) -> Event | Poison | None:
    """Return the event of a record, what is wrong with it, or None for a type that nobody here knows or applies.

    `partitions` is how many each topic has: a record that stands on another one than its key's is wrong. None looks away.
    """
    if record.fault is not None:
        return Poison(record, record.fault)
    key, topic = record.key, record.topic
    of_products = topic == ACTIVITY
    if not of_products and invariants.is_foreign(topic, record.headers):
        return Poison(record, FOREIGN)
    # most keys were met before: then where they belong is one look, and nobody else is asked
    if partitions is not None and key is not None and partition_of_key(key, partitions) != record.partition:
        right = invariants.stray_of(key, record.partition, partitions)
        if right is not None:
            return Poison(record, f"{ELSEWHERE} {right}, not on {record.partition}: {WAY_OUT}", "key")
    try:
        offset = record.offset if of_products else None
        return codec.decode(key, record.value, record.headers, from_ms(record.logged_ms), topic, applies, offset)
    except Unreadable as error:
        return Poison(record, error.reason, error.field)
    except Exception as error:
        if not invariants.blames(error):
            raise
        # whatever a record does to its reader, its neighbours are read
        return Poison(record, f"can not be read: {type(error).__name__}")
