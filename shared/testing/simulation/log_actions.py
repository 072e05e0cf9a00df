"""What happens to the topics of a simulated world: events are told, records go astray, markers lack, retention deletes.

They are actions of `World`, apart from those of its processes, its store and its clock.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from shared.decider import Decider
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, Mark, mark_in
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.simulation.other_readers import OtherReaders
from shared.testing.simulation.plan import Plan
from shared.testing.simulation.traffic import Traffic


class LogActions:
    """Actions on the topics; each returns what is worth a word in the trace."""

    rng: Random
    clock: VirtualClock
    cluster: FakeCluster
    traffic: Traffic
    readers: OtherReaders
    plan: Plan
    decider: Decider[Any, Any]
    refusals: list[str]
    counts: Counter[str]

    def do_tell(self) -> str:
        """Tell events."""
        return self.traffic.tell()

    def do_poison(self) -> str:
        """Append poison."""
        return self.traffic.poison()

    def do_stray(self) -> str:
        """Put something on the service's own topic that the service has not said."""
        return self.traffic.stray(self.decider.own)

    def do_replay(self) -> str:
        """Ask for a record to be read again."""
        return self.traffic.replay(self.decider)

    def do_end_foreign(self) -> str:
        """End a foreign transaction."""
        return self.traffic.end_foreign()

    def do_markers(self) -> None:
        """Write control records that are late."""
        self.cluster.write_markers()

    def do_unseal(self) -> str:
        """Leave out the control record of the last commit to the own topic, as Kafka does where there is no leader."""
        self.cluster.write_markers()
        return f"{self.cluster.leave_out_marker(self.decider.own, 0)}"

    def do_delete(self) -> str:
        """Delete what the newest mark covers, or some of it, as retention does."""
        mark = self._mark()
        topic = self.rng.choice(self.decider.topics)
        before = mark.needed.get(topic, 0) if mark else 0
        self.cluster.trim(topic, 0, before)
        return f"{topic} below {before}"

    def do_cover(self) -> str:
        """Let another service say that it needs nothing any more below some place."""
        return self.readers.cover(self.rng)

    def _deleted(self, topic: str, partition: int, before: int) -> None:
        """See whether what is about to be deleted may go."""
        now = self.clock.now()
        assert self.plan.keep is not None
        self.refusals += self.readers.wrongly_deleted(topic, partition, before, now - self.plan.keep)
        self.counts["deletions"] += 1

    def do_compact(self) -> str:
        """Compact the topic of snapshots up to somewhere."""
        topic = self.decider.snapshots
        bounds = self.cluster.bounds(topic, 0)
        before = self.rng.randint(bounds.begin, bounds.end)
        self.cluster.compact(topic, 0, before)
        return f"{topic} below {before}"

    def _mark(self) -> Mark | None:
        topic = self.decider.snapshots
        found = self.cluster.committed(topic, 0)[0]
        mark = next((mark_in(record) for record in reversed(found) if record.key == MARK_KEY), None)
        return mark if mark is not None and mark.identities.get(topic) == self.cluster.identity(topic) else None
