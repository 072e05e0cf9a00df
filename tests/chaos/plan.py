"""Which fault happens when, and to whom: a function of the seed, and of nothing else.

Kinds are dealt from a shuffled deck, so that each comes as often as it should, and those that restart the same server
keep their distance: its supervisor gives up a server that dies too often.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

WORKERS: Final = 3
BEGIN_SECONDS: Final = 4.0
"""Before the first fault: there is something to lose by then."""
APART_SECONDS: Final = (2.3, 4.1)
"""From one fault to the next."""

DECK: Final[Mapping[str, int]] = {
    "worker killed": 4,
    "worker stopped": 2,
    "broker restarted": 1,
    "broker killed": 1,
    "store killed": 1,
    "store lost its last second": 1,
    "store put back": 1,
    "store emptied": 1,
    "link cut": 1,
    "link held": 1,
    "replies lost": 2,
    "clock ahead": 1,
    "clock back": 1,
}
"""How often each kind comes in one deal."""
DISTANCE_SECONDS: Final[Mapping[str, float]] = {"broker": 16.0, "store": 13.0}
"""Between two faults whose names begin so."""
SECONDS: Final[Mapping[str, tuple[float, float]]] = {
    "worker killed": (0.0, 2.0),  # until it is started again
    "worker stopped": (4.0, 7.0),  # longer than the session timeout
    "store lost its last second": (0.7, 1.3),
    "store put back": (3.0, 9.0),  # how old the copy is
    "link cut": (0.3, 4.0),
    "link held": (0.5, 7.0),  # some longer than a client waits
    "clock ahead": (0.0, 0.0),
    "clock back": (0.0, 0.0),
    "receiver killed": (0.0, 3.0),
    "receiver asleep": (1.0, 5.0),  # some longer than those who post wait for an answer
    "receiver fails": (1.0, 4.0),
    "receiver takes and fails": (1.0, 4.0),
    "poster killed": (0.0, 2.0),
    "poster asleep": (11.0, 13.0),  # longer than its group waits for it
}
SLEEPS: Final[Mapping[str, tuple[float, float]]] = {
    "publish": (0.03, 0.15),
    "append": (0.02, 0.1),
    "commit": (0.03, 0.15),
    "deliver": (0.02, 0.2),
    "fence": (0.1, 0.2),
    "ends": (0.1, 0.2),
}
"""Where a worker sleeps now and then, so that what kills it or overtakes it finds it there."""
JUMP_EVERY_SECONDS: Final = (6.0, 10.0)
JUMP_HOURS: Final = (4.0, 31.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault."""

    at: float
    """Seconds after the load began."""
    kind: str
    worker: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Jump:
    """So much time passes at once, for everybody."""

    at: float
    hours: float


def schedule(seed: int, seconds: float, kinds: Mapping[str, int] = DECK) -> list[Fault | Jump]:
    """Return all that happens in a run of so many seconds, in order; `kinds`: how often each comes in one deal."""
    rng = Random(seed)
    faults: list[Fault | Jump] = list(_faults(rng, seconds, kinds))
    jumps, at = [], rng.uniform(*JUMP_EVERY_SECONDS)
    while at < seconds:
        jumps.append(Jump(at, rng.uniform(*JUMP_HOURS)))
        at += rng.uniform(*JUMP_EVERY_SECONDS)
    return sorted([*faults, *jumps], key=lambda one: one.at)


def _faults(rng: Random, seconds: float, kinds: Mapping[str, int]) -> Iterator[Fault]:
    deck: list[str] = []
    last: dict[str, float] = {}
    at = BEGIN_SECONDS
    while at < seconds:
        if not deck:
            deck = [kind for kind, count in kinds.items() for _ in range(count)]
            rng.shuffle(deck)
        for index, kind in enumerate(deck):
            family = kind.partition(" ")[0]
            if at - last.get(family, -100.0) >= DISTANCE_SECONDS.get(family, 0.0):
                del deck[index]
                last[family] = at
                yield Fault(at, kind, rng.randrange(WORKERS), rng.uniform(*SECONDS.get(kind, (0.0, 0.0))))
                break
        at += rng.uniform(*APART_SECONDS)
