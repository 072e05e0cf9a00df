"""Registers: what was said last of one thing, whatever the order in which it was heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final, TypeAlias, TypeVar

from shared.contracts import Event
from shared.decider import State

TIME_BYTES: Final = 6
"""Milliseconds since 1970: enough for all years of the published language, and half of what a datetime takes."""
MARK_BYTES: Final = 3
"""Two events of the same millisecond about one thing are told apart by so much of a digest of their ids."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class Stamped(State, frozen=True, array_like=True):
    """Something that an event has said. Of several, the one of the highest stamp holds."""

    stamp: bytes
    """Its time, then what stands for its id: so bytes are in order as (time, id) are."""

    @property
    def time(self) -> datetime:
        """When it was said."""
        return time_of(self.stamp)


S = TypeVar("S", bound=Stamped)
Value: TypeAlias = str | int | bool | None


class Stated(Stamped, frozen=True, array_like=True):
    """A plain value, or that there is none any more."""

    value: Value


def stamp_of(event: Event) -> bytes:
    """Return the stamp of an event. Ids may be 400 characters long, and only their order counts."""
    time = (event.time - _EPOCH) // _MILLISECOND
    return time.to_bytes(TIME_BYTES, "big") + blake2b(event.id.encode(), digest_size=MARK_BYTES).digest()


def time_of(stamp: bytes) -> datetime:
    """Return the time of a stamp."""
    return _EPOCH + int.from_bytes(stamp[:TIME_BYTES], "big") * _MILLISECOND


def stamp(one: Stamped) -> bytes:
    """Return what registers are compared by."""
    return one.stamp


def later(current: S | None, one: S) -> S:
    """Return what a register holds after one more value."""
    return one if current is None or one.stamp > current.stamp else current


def stated(event: Event, value: Value) -> Stated:
    """Return a value as an event says it."""
    return Stated(stamp_of(event), value)
