"""How the gateway appends events, as what answers over HTTP sees it, and where on the activity topic they stand then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from shared.contracts import Event
from shared.contracts.limits import OFFSET_MAX, PARTITIONS_MAX

POSITION_HEADER: Final = "rapport-position"
"""Stands in the answer to every write, and in a request to read what was written."""
POSITIONS_MAX: Final = 1_000
"""Partitions that one such header names."""
_DIGITS_MAX: Final = len(str(OFFSET_MAX))


class NotTaken(Exception):
    """Kafka has not acknowledged it."""


class Position(NamedTuple):
    """Where an event stands on the activity topic."""

    partition: int
    offset: int


Append: TypeAlias = Callable[[Sequence[Event], Callable[[], None]], Awaitable[Sequence[Position | NotTaken]]]
"""Appends events in their order and returns, once each has its answer, where they stand or that Kafka did not take them.

What it is given besides is called with each answer."""


def positions_text(positions: Iterable[Position]) -> str:
    """Return the last place in each partition, as `POSITION_HEADER` has it: `0:17,3:4`."""
    last: dict[int, int] = {}
    for partition, offset in positions:
        last[partition] = max(offset, last.get(partition, 0))
    return ",".join(f"{partition}:{offset}" for partition, offset in sorted(last.items()))


def positions_from_text(text: str) -> dict[int, int]:
    """Return the offset by partition that a header names; ValueError with the reason."""
    places: dict[int, int] = {}
    parts = text.split(",")
    if len(parts) > POSITIONS_MAX:
        raise ValueError(f"names more than {POSITIONS_MAX} partitions")
    for part in parts:
        partition, colon, offset = part.strip().partition(":")
        plain = all(one.isascii() and one.isdigit() and len(one) <= _DIGITS_MAX for one in (partition, offset))
        if not colon or not plain or int(partition) >= PARTITIONS_MAX or int(offset) > OFFSET_MAX:
            raise ValueError("must be partition:offset, separated by commas, as the answer to a write has it")
        places[int(partition)] = max(int(offset), places.get(int(partition), 0))
    return places
