"""Records of a topic as facts: readable, unknown, or poison. One bad record stops nobody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shared.contracts import EventData, Fact, Unreadable, codec
from shared.runtime.instants import from_ms
from shared.runtime.ports import Record

Kinds = Collection[type[EventData]]
"""Types of events; None where it may stand: all."""


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that is no readable event, and why."""

    record: Record
    reason: str
    field: str | None = None


def read_fact(record: Record, folds: Kinds | None = None) -> Fact | Poison | None:
    """Return the fact of a record, what is wrong with it, or None for a type that nobody here knows or folds."""
    if record.fault is not None:
        return Poison(record, record.fault)
    try:
        return codec.decode(
            topic=record.topic,
            key=record.key,
            value=record.value,
            headers=record.headers,
            logged=from_ms(record.logged_ms),
            folds=folds,
        )
    except Unreadable as error:
        return Poison(record, error.reason, error.field)
    except Exception as error:  # noqa: BLE001 - whatever a record does to its reader, its neighbours are read
        return Poison(record, f"can not be read: {type(error).__name__}")
