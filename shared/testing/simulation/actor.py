"""One process of the simulation: the shell over the fakes, driven by hand, with the effects that it has under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from shared.contracts import Event
from shared.decider import Missing, NewEvent
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.read_again.strays import owes_a_look
from shared.runtime.snapshots.retention import owes_deletion
from shared.runtime.snapshots.snapshot_round import owes_snapshots
from shared.testing.fakes.fake_feed import FakeFeed
from shared.testing.simulation.checker import Attempt, attempt_of
from shared.testing.simulation.scheduler import Process, Scheduler

Outcome = Callable[[Random, Event], NewEvent | None]
"""What becomes of an effect: the outcome to report, or None when nobody learns it."""
EFFECT_LOADS_MAX = 16
FAKE_SLOTS = 2


class FakeMail:
    """Performs effects as coroutines of their process, and counts what really left: the mail server's view."""

    def __init__(self, rng: Random, outcome: Outcome) -> None:
        self.rng = rng
        self.outcome = outcome
        self.left: Counter[Attempt] = Counter()
        """Mails, or reminders, that left."""
        self.crowded: list[str] = []
        """Events whose effect began though there was no place for it."""

    async def perform(self, event: Event, owner: PartitionTask[Any, Any], scheduler: Scheduler) -> None:
        """Look at what is known, send, report: it can die at each of the three."""
        keys = set(owner.decider.touches(event))
        for _ in range(EFFECT_LOADS_MAX):
            view = await owner.look(event, keys)
            try:
                if view.item(next(iter(keys))) is None:
                    return
                break
            except Missing as absent:
                keys |= absent.keys
        await scheduler.step("mail")
        attempt = attempt_of(event)
        assert attempt is not None
        self.left[attempt] += 1
        await scheduler.step("mail.reply")
        if (outcome := self.outcome(self.rng, event)) is not None:
            owner.report(event, outcome)
            owner.feed.ring()


@dataclass(slots=True, eq=False)
class Actor:
    """One process. Whoever drops it has killed it."""

    owner: PartitionTask[Any, Any]
    feed: FakeFeed
    process: Process
    tasks: list[Process] = field(default_factory=list)
    """Effects under way; they die and sleep with their process."""
    asleep: int = 0
    """Actions of the world that it still sleeps for."""

    @property
    def where(self) -> str:
        """The await at which it stands."""
        return self.process.where

    @property
    def idle(self) -> bool:
        """Whether it waits and nothing that is there now will ever move it."""
        owner = self.owner
        return (
            self.where == "feed.wait"
            and owner.live
            and not (self.feed.behind or self.feed.stirred or self.tasks)
            and not (owner.reports or owner.sweeping or owner.unswept or owes_a_look(owner) or owes_snapshots(owner))
            and not owes_deletion(owner)
            and (owner.next_wake is None or owner.next_wake > owner.clock.now())
        )

    def turn(self, rng: Random, lost: str | None = None) -> None:
        """Go on by one await, in the owner's own task or in one of its effects."""
        if self.tasks and rng.random() < 0.3:
            task = rng.choice(self.tasks)
            try:
                task.turn(lost)
            except Exception:  # noqa: BLE001 - its fate is unknown, and the service says so in its own time
                task.ended = True
            if task.ended:
                self.tasks.remove(task)
                self.feed.ring()  # there is a place again
        elif not self.process.ended:
            self.process.turn(lost)

    def die(self) -> None:
        """End without a word: nothing that it had begun is cleaned up."""
        for process in (self.process, *self.tasks):
            process.coroutine.close()


class ActorEffects:
    """The `Effects` of one actor."""

    def __init__(self, mail: FakeMail, scheduler: Scheduler) -> None:
        self.mail = mail
        self.scheduler = scheduler
        self.tasks: list[Process] = []

    @contextmanager
    def slots(self, owner: PartitionTask[Any, Any]) -> Iterator[int]:  # noqa: ARG002 - it is the only one
        """Give the places that are free; where there is none, the owner is rung when an effect ends."""
        yield max(0, FAKE_SLOTS - len(self.tasks))

    def start(self, event: Event, owner: PartitionTask[Any, Any]) -> None:
        """Begin the effect in a coroutine of its own."""
        if len(self.tasks) >= FAKE_SLOTS:
            self.mail.crowded.append(event.id)
        self.tasks.append(Process(f"effect of {event.id}", self.mail.perform(event, owner, self.scheduler)))

    def published(self) -> None:
        """Nobody else waits for its places."""
