"""Accidents of the topics of snapshots in a simulated world: they are made anew, or lose their ends, while owners live.

What the log has lost stands in the snapshots and in the store. Where both are lost it is gone for good, and then nobody
may go on as if it were not. In most histories the world spares the store until a round that began after the accident has
come to its end. In the others it does not, and an owner who refuses is right.
"""

from __future__ import annotations

from typing import Final

from shared.runtime.ports.instants import to_ms
from shared.runtime.snapshot_model.snapshot_state import RESTORING
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.log_actions import LogActions

SPARED_NOT: Final = 3
"""Of so many histories one spares nothing."""
OTHERS: Final = 0.3
"""How often it is the topic of another service that is made anew, where there are any."""


class SnapshotAccidents(LogActions):
    """Actions on the topics of snapshots."""

    seed: int
    actors: list[Actor]
    store: FakeStore
    may_refuse = False
    """Whether store and snapshots were lost together, so that who refuses is right."""
    _lost_ms: int | None = None
    """When the snapshots were lost, as long as no round has made up for it."""

    def do_recreate_snapshots(self) -> str:
        """Delete a topic of snapshots and make it again, while owners live: they learn of it sooner or later."""
        topic = self.decider.snapshots
        if self._is_looked_at():
            return "not while somebody looks what may be deleted"
        if self.plan.keep and self.rng.random() < OTHERS:
            topic = self.readers.any_of(self.rng)
        elif not self._may_lose():
            return "the store does not stand"
        self.cluster.recreate(topic)
        if self.rng.random() < 0.5:
            self.do_notice()
        return topic

    def do_cut_snapshots(self) -> str:
        """Let the topic lose some of its last transactions, as a broker does that comes back without its disk's cache."""
        topic = self.decider.snapshots
        if self._is_looked_at():
            return "not while somebody looks what may be deleted"
        ends = [0, *self.cluster.ends_of_transactions(topic, 0)]
        bounds = self.cluster.bounds(topic, 0)
        if self.cluster.last_stable(topic, 0) < bounds.end or not self._may_lose():
            return "not now"
        before = max(bounds.begin, self.rng.choice(ends[-6:]))
        self.cluster.lose_tail(topic, 0, before)
        return f"from {before} on"

    def do_notice(self) -> None:
        """Let owners learn that the topic is another one, as the watch of the topics tells them."""
        for actor in self.actors:
            state = actor.owner.snapshots
            if state is not None and state.identity not in ("", self.cluster.identity(state.topic)):
                actor.feed.invalidate("another topic than before")

    @property
    def at_risk(self) -> bool:
        """Whether the snapshots lack something that no round has written again."""
        if self._lost_ms is None:
            return False
        mark = self._mark()
        if mark is not None and mark.position is not None and mark.began_ms > self._lost_ms:
            self._lost_ms = None
        return self._lost_ms is not None

    def spares_store(self) -> bool:
        """Say whether the store is left as it is: nothing else holds what it does."""
        if not self.at_risk:
            return False
        if not self.may_refuse and self.seed % SPARED_NOT:
            return True
        self.may_refuse = True
        return False

    def cover_again(self) -> None:
        """Let a round become due that makes up for what was lost."""
        if self.at_risk and self.plan.snapshot_every is not None:
            self.clock.advance_to(self.clock.now() + self.plan.snapshot_every)

    def _is_looked_at(self) -> bool:
        """Say whether somebody may delete what the snapshots cover: a look and what follows it are no transaction."""
        return self.plan.keep is not None and any(actor.where != "feed.wait" for actor in self.actors)

    def _may_lose(self) -> bool:
        """Take note that the snapshots are lost; False, and nothing is lost, while the store needs them."""
        mark, meta = self._mark(), self.store.meta_of(0)
        position = mark.position if mark else None
        stands = meta.get(RESTORING) != "1" and (
            position is None
            or all(int(meta.get(f"off:{topic}", 0)) >= position.offsets.get(topic, 0) for topic in self.decider.reads)
        )
        if not stands and not self.may_refuse:
            if self.seed % SPARED_NOT:
                return False
            self.may_refuse = True
        self._lost_ms = to_ms(self.clock.now())
        return True
