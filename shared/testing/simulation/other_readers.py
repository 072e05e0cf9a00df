"""The services beside the one that is simulated, as far as they say what they need of the topics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from shared.contracts.retained import COVERED_BY
from shared.contracts.topic_names import SNAPSHOTS
from shared.decider import Decider
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Clock
from shared.runtime.snapshot_model.snapshot_form import FORM, MARK_KEY, Mark, mark_in, mark_message
from shared.testing.fakes.fake_cluster import FakeCluster


class OtherReaders:
    """They write marks and nothing else."""

    def __init__(self, cluster: FakeCluster, decider: Decider[Any, Any], clock: Clock) -> None:
        self._cluster, self._clock = cluster, clock
        self._others = [topic for topic in SNAPSHOTS if topic != decider.snapshots]
        self._topics = [topic for topic in decider.topics if topic in COVERED_BY]

    def cover(self, rng: Random) -> str:
        """Let one of them need nothing any more below places between where it was and the ends."""
        snapshots = rng.choice(self._others)
        needed = dict(self.mark(snapshots).needed)
        for topic in self._topics:
            needed[topic] = rng.randint(needed.get(topic, 0), self._cluster.bounds(topic, 0).end)
        self.say(snapshots, needed)
        return f"{snapshots}: {needed}"

    def any_of(self, rng: Random) -> str:
        """Return the snapshots topic of one of them."""
        return rng.choice(self._others)

    def cover_all(self) -> None:
        """Let all of them need nothing of what there is."""
        for snapshots in self._others:
            self.say(snapshots, {topic: self._cluster.bounds(topic, 0).end for topic in self._topics})

    def say(self, snapshots: str, needed: Mapping[str, int]) -> None:
        """Write a mark."""
        identities = {topic: self._cluster.identity(topic) for topic in [*self._topics, snapshots]}
        mark = Mark(FORM, 1, None, dict(needed), 0, to_ms(self._clock.now()), identities)
        self._cluster.append_plain(snapshots, 0, mark_message(mark, 0))

    def mark(self, snapshots: str) -> Mark:
        """Return the newest mark of one service, of the simulated one, too."""
        found = self._cluster.committed(snapshots, 0)[0]
        return next((mark_in(one) for one in reversed(found) if one.key == MARK_KEY), Mark(FORM, 0, None, {}, 0, 0, {}))

    def wrongly_deleted(self, topic: str, partition: int, before: int, until: datetime) -> list[str]:
        """Return what is wrong with deleting a topic's records below an offset; what is logged from `until` on stays."""
        wrong = []
        for snapshots in COVERED_BY[topic]:
            mark = self.mark(snapshots)
            about = all(mark.identities.get(one) == self._cluster.identity(one) for one in (topic, snapshots))
            needed = mark.needed.get(topic, 0) if about else 0
            if before > needed:
                wrong.append(f"{topic} is deleted below {before}, and {snapshots} covers it to {needed}")
        gone = self._cluster.committed(topic, partition, 0, before)[0]
        if young := [one.offset for one in gone if one.logged_ms >= to_ms(until)]:
            wrong.append(f"{topic} is deleted below {before}, and {young[0]} is young")
        return wrong
