"""The services that a simulated world does not run, as far as their events tell: in which incarnation they say something.

A service reads the activity topic in its own time, so what it says of a member may lag behind an erasure that its reader has
met already, or tell of one that its reader has not met. It never goes back, and learns from other services, too.
"""

from __future__ import annotations

from random import Random

from shared.contracts import ACTIVITY, Event, MemberErased, MemberJoined
from shared.runtime.processing.member.incarnation import begun_by, of_incarnation, turned
from shared.runtime.processing.member.runtime_meta import NOTHING_NOTED, RuntimeMeta
from shared.runtime.processing.reading import read_event
from shared.testing.fakes.fake_cluster import FakeCluster


class Speaker:
    """One service that nobody runs: how far it has read, and what it knows of erasures."""

    def __init__(self, cluster: FakeCluster, rng: Random) -> None:
        self._cluster, self._rng = cluster, rng
        self._cursor = 0
        self._notes: dict[str, RuntimeMeta] = {}
        self._heard: dict[str, int] = {}

    def incarnation(self, member: str) -> int:
        """Read on by as much as it likes, and return the member's incarnation as the service knows it then."""
        stable = self._cluster.last_stable(ACTIVITY, 0)
        self._read_to(stable if self._rng.random() < 0.5 else self._rng.randint(min(self._cursor, stable), stable))
        return max(self._notes.get(member, NOTHING_NOTED).incarnation, self._heard.get(member, 0))

    def hear(self, member: str, incarnation: int) -> None:
        """Learn of an erasure by what another service has said."""
        self._heard[member] = max(self._heard.get(member, 0), incarnation)

    def _read_to(self, end: int) -> None:
        records, self._cursor = self._cluster.committed(ACTIVITY, 0, self._cursor, end)
        for event in map(read_event, records):
            if not isinstance(event, Event) or not isinstance(event.data, MemberErased | MemberJoined):
                continue
            if (notes := turned(self._notes.get(event.member, NOTHING_NOTED), event)) is None:
                continue
            erased = isinstance(event.data, MemberErased)
            self._notes[event.member] = of_incarnation(notes, begun_by(notes, event)) if erased else notes


class Speakers:
    """The services of a world that nobody runs, by the topic that each writes."""

    def __init__(self, cluster: FakeCluster, rng: Random) -> None:
        self._cluster, self._rng = cluster, rng
        self._of: dict[str, Speaker] = {}

    def incarnation(self, topic: str, member: str) -> int:
        """Return in which incarnation of the member the service says now what it writes to its topic."""
        incarnation = self._speaker(topic).incarnation(member)
        if self._rng.random() < 0.3:
            self._speaker(self._rng.choice(sorted(self._of))).hear(member, incarnation)
        return incarnation

    def _speaker(self, topic: str) -> Speaker:
        if topic not in self._of:
            self._of[topic] = Speaker(self._cluster, self._rng)
        return self._of[topic]
