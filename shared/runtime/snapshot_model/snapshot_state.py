"""What the owner of a partition knows of its snapshots: what they cover, and the round under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from shared.contracts import REPLAY
from shared.runtime.ports.interfaces import Offsets
from shared.runtime.snapshot_model.snapshot_form import NOTHING_COVERED, Mark, Position

RESTORING: Final = "restoring"
"""Of the store's meta, "1" while it is restored from snapshots: its members stand at different positions."""


@dataclass(slots=True)
class Round:
    """One walk through all members of a partition."""

    position: Position
    """Where it began: each member who was known there is on its list."""
    began: datetime
    left: deque[str]
    """Members who have no snapshot of this round yet."""
    named: dict[str, int] = field(default_factory=dict)
    """Per topic the lowest offset that a request to read it again has named, and was granted, since the round began."""
    members: int = 0
    """So many have one."""
    held: Mapping[str, int] | None = field(default_factory=dict)
    """Per topic the lowest offset that an open dead letter names, as the round began; None: nobody could tell."""
    parked_since: int = 0
    """Events of parked items stand behind this offset of the own topic, as far as they may be asked for."""
    parked: bool = False
    """Whether one of the members has a parked item."""
    whole: bool = True
    """Whether every member had a snapshot so far: one who is too large has none."""


@dataclass(slots=True)
class Snapshots:
    """Snapshots of one partition, as its owner sees them. A recovery reads the mark; the rest is the owner's own."""

    topic: str
    every: timedelta
    """From the beginning of one round to the next."""
    mark: Mark = NOTHING_COVERED
    """The newest one on the topic."""
    end: int = 0
    """Of what stands on the topic."""
    identity: str = ""
    """Of the topic, as the last recovery has found it: what was written for another one covers nothing of this one."""
    began: datetime | None = None
    """When this owner began its last round, whatever became of it."""
    first_look: datetime | None = None
    """When this owner first looked whether a round is due: what is overdue where there never was one counts from here."""
    sweeping_since: datetime | None = None
    """Whenever this owner has looked since then, somebody owed a sweep. None while nobody does."""
    doses: int = 0
    """That this owner has begun to write: tells snapshots of one member apart that were taken at one position."""
    round: Round | None = None
    erased: dict[str, None] = field(default_factory=dict)
    """Members whose snapshots say more than may be known of them."""
    sure: bool = False
    """Whether a round of this recovery came to its end: before that, an erasure may have been lost with the one before."""
    not_before: datetime | None = None
    """No dose is tried before this instant: the last one could not be written."""

    @property
    def needed(self) -> Mapping[str, int]:
        """Per topic the offset below which nothing is read again."""
        return self.mark.needed

    def reach(self, identities: Mapping[str, str]) -> Mapping[str, int]:
        """Return how far the newest snapshot reaches. An offset of another topic of that name says nothing of this one."""
        now, then = identities, self.mark.identities
        return {topic: offset for topic, offset in self.mark.reach.items() if now.get(topic) == then.get(topic)}

    def needed_where(self, request: int) -> Mapping[str, int]:
        """Return what counts as needless for the request at an offset.

        For what stands before the mark's position nothing does: only who reads all of the log meets it, under a mark that did
        not stand when it was answered.
        """
        position = self.mark.position
        return {} if position is None or request < position.offsets.get(REPLAY, 0) else self.needed

    def follow(self, identity: str) -> None:
        """Take in which topic it is. The first round on one that was made anew is due at once."""
        if self.identity not in ("", identity):
            self.began = None
        self.identity = identity

    def reset(self) -> None:
        """Forget what only the recovery that ends could be sure of."""
        self.round, self.sure = None, False

    def granted(self, topic: str, offset: int) -> None:
        """Note that a record was read again on request: it stays as long as the request may be met again."""
        if self.round is not None:
            self.round.named[topic] = min(offset, self.round.named.get(topic, offset))


@dataclass(frozen=True, slots=True)
class Restored:
    """A partition that was restored from snapshots, until it stands at one position again."""

    positions: Mapping[str, Position]
    """Of each member's snapshot."""
    furthest: Offsets
    """Where the newest of them was taken. Read up to here, all members stand at one position."""
