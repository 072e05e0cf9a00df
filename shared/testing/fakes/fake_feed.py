"""One partition's `Feed` on a cluster in memory, and the consumer behind it, moved by hand.

Whoever drives it plays the poll loop: `fetch` takes what a consumer would get from its position, `deliver` hands it to
the owner, and between the two the owner may seek. There is no event loop: `wait` is one step, and what has happened by
the time the driver goes on with it ends the wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.inbox import Inbox
from shared.runtime.ports.interfaces import Batch, Clock, Offsets, Record, Uncertain
from shared.runtime.ports.limits import INBOX_BATCHES_MAX
from shared.runtime.processing import invariants
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.faults import Faults, NoFaults


class FakeGroup:
    """A consumer group: who owns which partition number now, and what was committed."""

    def __init__(self) -> None:
        self.owners: dict[int, FakeFeed] = {}
        self.generation = 0
        """Grows with every change of owners."""
        self.committed: dict[tuple[str, int], int] = {}

    def join(self, feed: FakeFeed) -> None:
        """Give the partition to this member. Who had it is not told (it may be asleep), but is refused from now on."""
        self.owners[feed.partition] = feed
        self.generation += 1

    def leave(self, feed: FakeFeed) -> None:
        """Take the partition from this member, if it is the owner."""
        if self.owners.get(feed.partition) is feed:
            del self.owners[feed.partition]
            self.generation += 1

    def commit(self, feed: FakeFeed, offsets: Offsets) -> None:
        """Note committed offsets. Raises `Uncertain` for who is not the owner."""
        if self.owners.get(feed.partition) is not feed:
            raise Uncertain("the group knows no such member", UncertainKind.GROUP)
        for topic, offset in offsets.items():
            self.committed[topic, feed.partition] = offset


@dataclass(frozen=True, slots=True)
class _InFlight:
    """A batch between the consumer and its owner, and the generation of its fetch."""

    batch: Batch
    generation: int


class FakeFeed(Inbox):
    """A `Feed`. It joins its group when it is made; its consumer begins paused."""

    def __init__(
        self,
        cluster: FakeCluster,
        group: FakeGroup,
        topics: Sequence[str],
        partition: int,
        *,
        clock: Clock,
        faults: Faults | None = None,
    ) -> None:
        super().__init__()
        self.partition = partition
        self.drops_stale = True
        """Like the real feed, drop what was fetched before a seek. Off: the owner's own check stands alone."""
        self.waiting: tuple[datetime | None] | None = None
        """Set while the owner waits: the instant for which it does."""
        self._cluster = cluster
        self._group = group
        self._clock = clock
        self._faults = faults or NoFaults()
        self._positions = dict.fromkeys(topics, 0)
        self._in_flight: _InFlight | None = None
        self._generation = 0
        self._rung = False
        group.join(self)

    # What the owner calls.

    async def position(self, topic: str) -> int:
        """Return the consumer's position."""
        await self._faults.step("feed.position")
        return self._positions[topic]

    async def commit_group(self, offsets: Offsets) -> None:
        """Commit offsets to the group."""
        await self._faults.step("feed.commit_group")
        self._check_owned()
        self._group.commit(self, offsets)
        await self._faults.step("feed.commit_group.reply")

    def pause(self) -> None:
        """Hand out nothing until `resume`; what waits is forgotten."""
        self._check_owned()
        self.live, self._reached = False, None
        self._generation += 1
        self.drop()

    def resume(self, offsets: Offsets) -> None:
        """Seek to the offsets and hand out again."""
        self._check_owned()
        for topic in self._positions:
            self._positions[topic] = offsets[topic]
        self._spoiled = None
        self._reached, self.live = dict(offsets), True
        self.ring()

    async def wait(self, until: datetime | None, seconds: float) -> bool:  # noqa: ARG002 - real time does not pass here
        """Wait for one step. When nothing has happened by its end, it was the seconds that ended it."""
        self.waiting = (until,)
        await self._faults.step("feed.wait")
        stirred = self.stirred
        self.waiting, self._rung = None, False
        return stirred

    def ring(self) -> None:
        """End the wait that stands, or the next one."""
        self._rung = True

    # What the driver calls.

    @property
    def stirred(self) -> bool:
        """Whether there is something that ends the owner's wait."""
        until = self.waiting[0] if self.waiting else None
        return self._rung or (until is not None and until <= self._clock.now())

    @property
    def behind(self) -> bool:
        """Whether a batch is on its way or in hand, or another `fetch` would bring or say something new."""
        if self._in_flight or self._inbox or self._in_hand or (self.live and self._positions != self._reached):
            return True
        return self.live and any(
            position != self._cluster.last_stable(topic, self.partition) for topic, position in self._positions.items()
        )

    def poll(self, records_max: int, topics: Sequence[str] | None = None) -> bool:
        """Fetch and deliver at once; return whether anything was handed out."""
        return self.fetch(records_max, topics) and self.deliver()

    def fetch(self, records_max: int, topics: Sequence[str] | None = None) -> bool:
        """Play the consumer's poll: note how far the owner has come, and take at most `records_max` records in flight.

        `topics`: those of which brokers have answered, in their order; None: all. So one topic is read ahead of another.
        Return whether a batch is in flight now. One is at most, as with one poll loop; none is taken from a partition
        that is paused or has enough.
        """
        if self._in_flight is not None:
            return True
        if not self.live or len(self._inbox) + len(self._in_hand) >= INBOX_BATCHES_MAX:
            return False
        self._note_positions()
        found: dict[str, Sequence[Record]] = {}
        for topic in self._positions if topics is None else topics:
            left = records_max - sum(len(records) for records in found.values())
            if left > 0 and (records := self._advance(topic, left)):
                found[topic] = records
        if found:
            self._in_flight = _InFlight(Batch(found, dict(self._positions)), self._generation)
        return bool(found)

    def deliver(self) -> bool:
        """Hand what is in flight to the owner; return whether it took it in (not in a recovery, nor after a seek)."""
        if (arrived := self._in_flight) is None:
            return False
        self._in_flight = None
        if not self.live or (self.drops_stale and arrived.generation != self._generation):
            return False
        self._inbox.append(arrived.batch)
        self.ring()
        return True

    def fail_poll(self, records_max: int) -> bool:
        """Play a poll that raises while it unpacks: positions have moved, and nothing is handed out.

        Return whether records were lost by it.
        """
        if self._in_flight is not None or not self.live or len(self._inbox) + len(self._in_hand) >= INBOX_BATCHES_MAX:
            return False
        self._note_positions()
        lost = [topic for topic in self._positions if self._advance(topic, records_max)]
        invariants.read_anew([self], "a poll failed")
        return bool(lost)

    def invalidate(self, reason: str) -> None:
        """Records were fetched but do not get to the owner: it recovers, which seeks back to them."""
        self._spoiled = reason
        self.live, self._reached = False, None
        self.ring()

    def revoke(self) -> None:
        """Take the partition away and tell its owner: every call is `Uncertain` from now on."""
        self._lost, self.live, self._reached = True, False, None
        self._generation += 1
        self.drop()
        self._group.leave(self)
        self.ring()

    def _note_positions(self) -> None:
        if not self._inbox and not self._in_hand and self._positions != self._reached:
            self._reached = dict(self._positions)
            self.ring()

    def _advance(self, topic: str, records_max: int) -> list[Record]:
        """Move the position over what a read_committed consumer gets; outside of the log it begins anew (earliest)."""
        bounds = self._cluster.bounds(topic, self.partition)
        if not bounds.begin <= self._positions[topic] <= bounds.end:
            self._positions[topic] = bounds.begin
        records, self._positions[topic] = self._cluster.committed(
            topic, self.partition, self._positions[topic], bounds.end, records_max
        )
        return records
