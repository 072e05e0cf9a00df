"""The owner of one partition number: its cursor, its fences, and the two effects of every step.

**Publish, then commit.** A step loads what it touches, applies and decides in memory, then

1. publishes its events and dead letters in one transaction, exactly at `own_end`, the end of the own topic as it was read;
2. commits items, wakes, cursors, `number`, `own_end` and the checkpoint to the store in one compare-and-set
   on the fencing token.

So the log is the truth, and the store can be behind it but never beside it. Whatever dies between 1 and 2, the next recovery
reads the events back. Every error is `Uncertain`: it ends the step, and the owner recovers again.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Generic, Protocol

from shared.contracts import DEAD_LETTERS, Event
from shared.decider import Decider, I, NewEvent, P, View
from shared.runtime.ports.instants import from_ms
from shared.runtime.ports.interfaces import Clock, Feed, Log, Offsets, Record, Store, Uncertain, Writer
from shared.runtime.ports.limits import LOAD_ROUNDS_MAX, UNCERTAIN_KEPT_MAX
from shared.runtime.ports.pause_gate import PauseGate
from shared.runtime.processing import invariants
from shared.runtime.processing.member.shell_events import applied_by
from shared.runtime.processing.missed_responses import FIELD, Missed
from shared.runtime.processing.observer import SILENT, Observer
from shared.runtime.processing.strange_types import FIELD as STRANGE
from shared.runtime.processing.strange_types import joined, text_of
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork
from shared.runtime.snapshot_model.retention_state import Retention, retention_of
from shared.runtime.snapshot_model.snapshot_state import Restored, Snapshots


class Effects(Protocol):
    """Performs what own events begin outside (a mail), each once, and reports the outcome to the owner."""

    def slots(self, owner: PartitionTask[Any, Any]) -> AbstractContextManager[int]:
        """Reserve places for what a step may begin, 0 where there is none now: then the owner is rung later."""

    def start(self, event: Event, owner: PartitionTask[Any, Any]) -> None:
        """Begin the effect. Never blocks; the outcome comes back by `owner.report`."""

    def published(self) -> None:
        """Take note that outcomes which were reported are on the log and in the store."""


@dataclass(frozen=True, slots=True)
class Options:
    """How an operator wants the shell to run."""

    name: str = "worker"
    """Stands in the store beside the fencing token, for people."""
    clock_margin: timedelta = timedelta(milliseconds=50)
    """How far clocks of this process and the brokers may differ: 2 ms on one host."""
    partitions: int | None = None
    """Of every topic; None: nobody looks whether a record stands on its key's."""
    begin_at_earliest: bool = False
    """On a first start on inputs that do not begin at 0: begin with what is still there."""
    snapshot_every: timedelta | None = None
    """From one round of snapshots to the next; None: there are no snapshots, and no topic for them."""
    keep: timedelta | None = None
    """What is older, and covered by everybody's snapshots, is deleted from the topics of events; None: nothing is."""


class PartitionTask(Generic[P, I]):
    """What the owner of one partition knows of itself. Only its own task changes it."""

    retention: Retention | None
    """What is to be deleted from topics, where something is."""
    restored: Restored | None
    """Where each member stands, while a recovery brings all of them to one position."""
    identities: Mapping[str, str]
    """Of the topics, as the last recovery has found them."""
    aside: int
    """Below it, the own topic was looked through, and what is foreign there was set aside."""
    looked: tuple[int, int]
    """From where to where the last recovery has looked through it; what lies before, from `aside` on, is still owed."""
    missed: Missed
    """Answers to what nobody knew when they were read."""
    strange: dict[str, int]
    """How many events of a type that nobody knows were passed over, by name."""
    proven: datetime | None
    """Everything acknowledged before this instant is applied."""
    question: tuple[datetime, Offsets] | None
    """The ends of the log that were asked for, and the instant that they prove once they are reached."""
    full: bool
    """Whether a due wake waits for a place among the effects of the process."""
    sweeping: dict[str, list[str] | None]
    """Members that owe a sweep, in their turn, with the keys still to look at (None: not listed yet)."""
    unswept: bool
    """Whether the partition as a whole is being swept."""
    released: bool
    """Whether the task is to end after the step in hand."""
    uncertain: deque[str]
    """The last uncertain outcomes, for people."""

    def __init__(
        self,
        decider: Decider[P, I],
        partition: int,
        log: Log,
        store: Store,
        feed: Feed,
        clock: Clock,
        effects: Effects | None = None,
        options: Options = Options(),
        observer: Observer = SILENT,
    ) -> None:
        self.decider, self.partition = decider, partition
        self.log, self.store, self.feed, self.clock = log, store, feed, clock
        self.effects, self.options, self.observer = effects, options, observer
        self.applies = applied_by(decider)
        self.snapshots: Snapshots | None = None
        if options.snapshot_every is not None:
            self.snapshots = Snapshots(decider.snapshots, options.snapshot_every)
        self.retention = retention_of(decider, options.keep)
        self.restored = None
        self.identities = {}
        self.fencing_token = ""
        self.writer: Writer | None = None
        self.offsets: Offsets = {}
        self.number = 0
        self.own_end = 0
        self.aside = 0
        self.looked = (0, 0)
        self.checkpoint = ""
        self.missed = Missed()
        self.strange = {}
        self.next_wake: datetime | None = None
        self.proven = None
        self.question = None
        self.full = False
        self.reports: deque[tuple[Event, NewEvent]] = deque()
        self.sweeping = {}
        self.unswept = False
        self.live = False
        self.released = False
        self.gate = PauseGate()
        self.refused: str | None = None
        self.counts: Counter[str] = Counter()
        self.uncertain = deque(maxlen=UNCERTAIN_KEPT_MAX)

    def work(self) -> UnitOfWork[P, I]:
        """Begin a step."""
        return UnitOfWork(self.decider, self.partition, self.offsets, self.number)

    def slots(self) -> AbstractContextManager[int | None]:
        """Reserve places for effects that a wake may begin; None: this service has no effects, and needs none."""
        if self.effects is None or not self.decider.effects:
            return nullcontext()
        return self.effects.slots(self)

    def moment(self, at: datetime | None = None) -> EvaluationTime:
        """Return now, or the instant `at` of a wake."""
        return EvaluationTime(self.clock.now(), at)

    def is_new(self, event: Event, record: Record) -> bool:
        """Say whether the member does not know the event already, by a snapshot that was taken behind its record."""
        if self.restored is None or (taken := self.restored.positions.get(event.member)) is None:
            return True
        return not invariants.is_in_snapshot(taken.offsets, record.topic, record.offset)

    async def load(self, work: UnitOfWork[P, I], wanted: Mapping[str, Iterable[str]]) -> None:
        """Load what the work lacks of `wanted`, with the fencing token under which it stands."""
        if absent := work.unloaded(wanted):
            loaded = await self.store.load(self.partition, absent)
            invariants.same_fencing_token(loaded.fencing_token, self.fencing_token)
            work.add(loaded.members)

    async def settle(self, work: UnitOfWork[P, I], moment: EvaluationTime, *, deciding: bool = True) -> None:
        """Let the work decide and compute wakes, loading what the rules ask for."""
        for _ in range(LOAD_ROUNDS_MAX):
            missing = work.look(moment, deciding=deciding)
            if not missing:
                return
            await self.load(work, missing)
        work.give_up(moment)

    async def finish(self, work: UnitOfWork[P, I], meta: Mapping[str, str] | None = None) -> None:
        """Publish, then commit; then begin the effects that its events ask for."""
        began = perf_counter()
        await self._publish(work)
        published = perf_counter()
        await self.commit(work, meta or {})
        self.observer.finished(work, self.clock.now(), published - began, perf_counter() - published)
        self.counts["published"] += len(work.events)
        self.counts["dead"] += len(work.dead)
        self.counts["earlier"] += work.earlier
        if self.effects and self.decider.effects:
            for event, _ in work.events:
                if type(event.data) in self.decider.effects:
                    self.effects.start(event, self)

    async def _publish(self, work: UnitOfWork[P, I]) -> None:
        if not work.events and not work.dead:
            return
        writer = self.writer
        assert writer is not None, "a recovery makes the writer"
        messages = [message for _, message in work.events]
        await writer.begin()
        try:
            first = await writer.append(self.decider.own, messages) if messages else self.own_end
            sealed = first == self.own_end or await self._is_sealed(first)
            if sealed:
                invariants.appends_at_end(first, self.own_end)
            if work.dead:
                await writer.append(DEAD_LETTERS, work.dead)
            await writer.commit()
        except (
            Exception,
            asyncio.CancelledError,
        ):  # a step that is cancelled may have as much to send as one that failed
            await writer.abandon()
            raise
        if (
            not sealed
        ):  # to abort would take back what was said before, too; the next recovery reads back what was said now
            invariants.appends_at_end(first, self.own_end)
        if messages:
            self.checkpoint = invariants.checkpoint_of(self.own_end + len(messages) - 1, messages[-1])
            self.own_end += len(messages) + 1  # the control record

    async def _is_sealed(self, first: int) -> bool:
        """Say whether the last commit has its control record, where an append landed at another place than `own_end`.

        Strays may stand where Kafka has left it out, so the place alone does not tell: ask how far readers can come. Where
        nobody answers it counts as missing: to commit loses nothing, to abort may take back what was said before.
        """
        if first == invariants.unsealed(self.own_end):
            return False
        try:
            return await self.log.stable(self.decider.own, self.partition) >= self.own_end
        except Uncertain:
            return False

    async def commit(self, work: UnitOfWork[P, I], meta: Mapping[str, str]) -> None:
        """Let the store follow: all of the work or nothing, and only if nobody else has written since."""
        fencing_token = invariants.next_fencing_token(self.fencing_token)
        missed = self.missed.joined(work.missed)
        if work.missed:
            meta = {**meta, FIELD: missed.text()}
        strange = joined(self.strange, work.strange)
        if work.strange:
            meta = {**meta, STRANGE: text_of(strange)}
        changes = work.changes(
            {"own_end": str(self.own_end), "aside": str(self.aside), "checkpoint": self.checkpoint, **meta}
        )
        wake = await self.store.commit(
            self.partition, invariants.expected_fencing_token(self.fencing_token), fencing_token, changes
        )
        self.missed, self.strange = missed, strange
        self.fencing_token, self.offsets, self.number = fencing_token, dict(work.offsets), work.number
        self.next_wake = None if wake is None else from_ms(wake)
        self.counts["commits"] += 1
        for name, change in changes.members.items():
            if change.sweep:
                self.sweep_anew(name)
            if change.wipe and self.snapshots is not None:
                self.snapshots.erased[name] = None

    def sweep_anew(self, member: str) -> None:
        """Put a member's sweep last, from its beginning: what the one under way has looked at, it saw as it was before."""
        self.sweeping.pop(member, None)
        self.sweeping[member] = None

    def report(self, event: Event, outcome: NewEvent) -> None:
        """Take in the outcome of an effect; it is said in the owner's own task."""
        self.reports.append((event, outcome))

    async def look(self, about: Event, keys: Iterable[str]) -> View[P, I]:
        """Read a member anew, as the store has it now, for an effect that is about to begin.

        Nothing is known of them in the incarnation of the event that announced it, where they were erased meanwhile.
        """
        work = self.work()
        loaded = await self.store.load(self.partition, work.unloaded({about.member: keys}))
        invariants.same_owner(loaded.fencing_token, self.fencing_token)
        work.add(loaded.members)
        state = work.members[about.member]
        if invariants.is_earlier(about.incarnation, state.notes.incarnation):
            return View(state.member, self.decider.profile, dict.fromkeys(keys))
        return state.view

    def reset(self) -> None:
        """Forget everything that a recovery finds out anew."""
        self.live = False
        self.feed.drop()
        self.proven = self.question = None
        self.sweeping.clear()
        self.restored = None
        if self.snapshots is not None:
            self.snapshots.reset()
