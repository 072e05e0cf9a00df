"""The simulated world: the real shell over the fakes, everything that can go wrong, from a seed; then the judgement.

A history is a few dozen actions drawn at random: processes go on by some awaits, events are told, time passes; a process
dies, sleeps with work in hand while another one owns its partition, loses a request or a reply, the store goes back to
an older copy or is emptied under its owner, rules change. Then the world heals, and the log tells what must be true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from shared.contracts import DEAD_LETTERS, Event
from shared.contracts.topic_names import SNAPSHOTS
from shared.decider import Decider, NewEvent
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.task import run
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_feed import FakeFeed, FakeGroup
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.fakes.fake_store import FakeStore, Snapshot
from shared.testing.judgement import judge, judge_published
from shared.testing.simulation.actor import Actor, ActorEffects, FakeMail
from shared.testing.simulation.other_readers import OtherReaders
from shared.testing.simulation.plan import JUMPS, PLAN, Plan
from shared.testing.simulation.scheduler import Process, Scheduler
from shared.testing.simulation.snapshot_accidents import SnapshotAccidents
from shared.testing.simulation.traffic import DrawEvents, Traffic

BEGINNING: Final = datetime(2026, 3, 2, tzinfo=UTC)
ACTORS_MAX: Final = 3
SNAPSHOTS_MAX: Final = 8
SETTLE_TURNS_MAX: Final = 6_000
"""Awaits in which a healed world must come to rest."""
OPTIONS: Final = Options(clock_margin=timedelta(0))


class World(SnapshotAccidents):
    """One history of one partition of one service."""

    def __init__(
        self,
        seed: int,
        decider: Decider[Any, Any],
        tell: DrawEvents,
        *,
        plan: Plan = PLAN,
        outcome: Callable[[Random, Event], NewEvent | None] | None = None,
        may_park: Callable[[str], bool] = lambda key: False,
    ) -> None:
        self.seed, self.decider, self.plan, self.may_park = seed, decider, plan, may_park
        self.rng = Random(seed)
        self.clock = VirtualClock(BEGINNING)
        self.scheduler = Scheduler()
        topics = [
            *decider.reads,
            decider.own,
            DEAD_LETTERS,
            *(SNAPSHOTS if plan.keep else [decider.snapshots] if plan.snapshot_every else []),
        ]
        self.cluster = FakeCluster(topics, markers_late=self.rng.random() < 0.3)
        self.store = FakeStore(self.scheduler)
        self.log = FakeLog(self.cluster, decider.own or decider.snapshots, self.scheduler)
        self.readers = OtherReaders(self.cluster, decider, self.clock)
        self.log.on_delete = self._deleted
        self.group = FakeGroup()
        self.traffic = Traffic(self.rng, self.cluster, self.clock, decider.reads, tell)
        self.mail = FakeMail(self.rng, outcome) if outcome else None
        self.actors: list[Actor] = []
        self.snapshots: list[Snapshot] = []
        self.refusals: list[str] = []
        self.counts: Counter[str] = Counter()
        self.trace: list[str] = []
        """One line per action, for people."""
        self.tracing = False
        self._decider = decider

    def live(self) -> list[str]:
        """Live through the history, heal, and return what is wrong."""
        self.start()
        faults = {name: weight for name, weight in self.plan.faults.items() if not self.plan.swarm or self._chance(0.7)}
        weights = {**self.plan.usual, **faults}
        names, each = list(weights), list(weights.values())
        for name in self.rng.choices(names, each, k=self.plan.actions):
            self._wake_sleepers()
            note = getattr(self, f"do_{name}")()
            self.counts[name] += 1
            if self.tracing:
                self._note(f"{name}: {note or ''}")
        return self.heal()

    def heal(self) -> list[str]:
        """Leave one owner without faults until nothing is left to do; return what is wrong."""
        for actor in self.actors:
            self._remember(actor)
            actor.die()
        self.actors.clear()
        while self.traffic.foreign:
            self.traffic.end_foreign()
        self.cluster.write_markers()
        actor = self.start()
        for _ in range(self.rng.randint(1, 3)):
            if problem := self.settle(actor):
                return self._named([*self.refusals, *self.without_rest(actor, problem)])
            self.clock.advance_to(self.clock.now() + timedelta(seconds=self.rng.choice(JUMPS)))
        self.cover_again()
        if problem := self.settle(actor):
            return self._named([*self.refusals, *self.without_rest(actor, problem)])
        self._remember(actor)
        return self._named([*self.refusals, *judge(self, actor)])

    def without_rest(self, actor: Actor, problem: str) -> list[str]:
        """Return what is wrong where an owner does not come to rest: of one who is right to refuse, only what was said."""
        return judge_published(self) if self.may_refuse and actor.owner.refused else [problem]

    def settle(self, actor: Actor) -> str | None:
        """Let an actor go on, in peace, until it rests; return why it does not."""
        for _ in range(SETTLE_TURNS_MAX):
            actor.feed.poll(1_000)
            if actor.idle:
                return None
            actor.turn(self.rng)
        return f"never settles: at {actor.where}, {actor.owner.refused or list(actor.owner.uncertain)[-2:]}"

    def start(self, store: FakeStore | None = None) -> Actor:
        """Start a process; the consumer group gives it the partition."""
        feed = FakeFeed(self.cluster, self.group, self.decider.reads, 0, clock=self.clock, faults=self.scheduler)
        feed.drops_stale = self.plan.drops_stale
        effects = ActorEffects(self.mail, self.scheduler) if self.mail else None
        owner: PartitionTask[Any, Any] = PartitionTask(
            self._decider, 0, self.log, store or self.store, feed, self.clock, effects,
            replace(OPTIONS, snapshot_every=self.plan.snapshot_every, keep=self.plan.keep),
        )  # fmt: skip
        actor = Actor(owner, feed, Process(f"p{self.counts['started']}", run(owner)))
        if effects:
            actor.tasks = effects.tasks
        self.counts["started"] += 1
        self.actors.append(actor)
        if len(self.actors) > ACTORS_MAX:
            self._drop(next((old for old in self.actors[:-1] if not old.asleep), self.actors[0]))
        return actor

    # What happens. Each is an action that `live` draws by name.

    def do_go(self) -> str:
        """Let a process go on by some awaits; mostly its consumer polls first."""
        actor = self._awake()
        if self._chance(self.plan.polls):
            actor.feed.poll(self.rng.choice([1, 3, 100]), self._answering())
        for _ in range(self.rng.choice([1, 3, 10, 40, 80])):
            actor.turn(self.rng)
            if actor.idle or (actor.where == "feed.wait" and not actor.owner.live):
                break  # nothing to do, or it waits before it recovers again
        return self._of(actor)

    def do_fetch(self) -> str:
        """Let a consumer fetch; what it has in flight may arrive after a seek."""
        return f"{self._awake().feed.fetch(self.rng.choice([1, 3, 100]), self._answering())}"

    def do_fail_poll(self) -> str:
        """Let a consumer's poll fail in its middle, with records taken that it does not hand out."""
        return f"lost: {self._awake().feed.fail_poll(self.rng.choice([1, 3, 100]))}"

    def do_deliver(self) -> str:
        """Let what is in flight arrive."""
        return f"{self._awake().feed.deliver()}"

    def do_pass_time(self) -> str:
        """Let time pass: a little, months, or just until the next wake."""
        wakes = [actor.owner.next_wake for actor in self.actors if actor.owner.next_wake]
        to = self.clock.now() + timedelta(seconds=self.rng.choice(self.plan.jumps))
        if wakes and self._chance(0.4):
            to = max(wakes) + timedelta(seconds=self.rng.choice([0, 0, 0.001, 3600]))
        self.clock.advance_to(to)
        return str(self.clock.now())

    def do_snapshot(self) -> None:
        """Keep a copy of the store."""
        self.snapshots.append(self.store.snapshot())
        del self.snapshots[:-SNAPSHOTS_MAX]

    def do_restore(self) -> str:
        """Put an older copy back under whoever uses the store."""
        self._lead()
        if self.spares_store():
            return "not now"
        self.store.restore(self.rng.choice(self.snapshots) if self.snapshots else None)
        return f"one of {len(self.snapshots)}"

    def do_empty(self) -> None:
        """Empty the store under whoever uses it."""
        self._lead()
        if not self.spares_store():
            self.store.restore(None)

    def do_die(self) -> str:
        """Kill a process at a bad moment; another one starts."""
        actor = self._lead()
        where = self._of(actor)
        self._drop(actor)
        self.start()
        return where

    def do_sleep(self) -> str:
        """Put a process to sleep at a bad moment; mostly another one gets its partition meanwhile."""
        actor = self._lead()
        actor.asleep = self.rng.choice([2, 5, 15])
        if self._chance(0.8):
            self.start()
        return self._of(actor)

    def do_rebalance(self) -> str:
        """Give the partition to a new process; the old one is told, or goes on not knowing."""
        actor = self._lead()
        if revoked := self._chance(0.5):
            actor.feed.revoke()
        self.start()
        return f"{self._of(actor)}, told: {revoked}"

    def do_lose(self) -> str:
        """Lose a request or a reply."""
        actor = self._lead()
        where = self._of(actor)
        if actor.where != "feed.wait":
            actor.turn(self.rng, lost="lost")
        return where

    def do_change_rules(self) -> str:
        """Start a process under other rules: all is looked at again."""
        self._decider = replace(self.decider, rules=self.rng.choice([self.decider.rules, "other"]))
        self._drop(self._awake())
        self.start()
        return self._decider.rules

    # How.

    @property
    def deciders(self) -> list[Decider[Any, Any]]:
        """The deciders whose word counts; the last one is in force."""
        return [self._decider]

    def _lead(self) -> Actor:
        """Lead a process to a bad moment, if it comes to it soon."""
        actor = self._awake()
        place = self.rng.choice(self.plan.places)
        for _ in range(self.rng.choice([0, 60])):
            if actor.where == place:
                break
            if self._chance(self.plan.polls):
                actor.feed.poll(100, self._answering())
            actor.turn(self.rng)
        return actor

    def _answering(self) -> list[str]:
        """Return the topics whose brokers answer a poll, in the order in which they do: most polls hear of all."""
        topics = self.decider.reads
        return self.rng.sample(topics, len(topics) if self._chance(0.6) else self.rng.randint(1, len(topics)))

    def _awake(self) -> Actor:
        awake = [actor for actor in self.actors if not actor.asleep]
        return self.rng.choice(awake) if awake else self.start()

    def _wake_sleepers(self) -> None:
        for actor in self.actors:
            actor.asleep = max(0, actor.asleep - 1)

    def _drop(self, actor: Actor) -> None:
        self._remember(actor)
        self.actors.remove(actor)
        actor.die()

    def _remember(self, actor: Actor) -> None:
        self.counts["uncertain"] += actor.owner.counts["uncertain"]
        self.counts["recoveries"] += actor.owner.counts["recoveries"]
        self.counts["stale"] += actor.owner.counts["stale"]
        self.counts["published"] += actor.owner.counts["published"]
        self.counts["restored"] += actor.owner.counts["restored"]
        self.counts["snapshots"] += actor.owner.counts["snapshots"]
        if actor.owner.counts["refused"] and not self.may_refuse:
            self.refusals.append(f"refused: {actor.owner.refused or 'for a while'}")

    def _of(self, actor: Actor) -> str:
        return f"{actor.process.name} at {actor.where}"

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _note(self, line: str) -> None:
        ends = {topic: self.cluster.bounds(topic, 0).end for topic in self.cluster.topics}
        self.trace.append(f"{self.clock.now():%m-%d %H:%M:%S} {line}  {list(ends.values())}")

    def _named(self, violations: list[str]) -> list[str]:
        return [f"seed {self.seed}: {violation}" for violation in violations]
