"""Several services of one member in memory, in simulated time: what they would say, with no log, no store and no clock.

Each service takes its steps as a live owner does (`process.py`), with the same works: it applies what waits, says what
effects reported, sweeps, wakes what is due. What one says waits for those who read its topic. Time moves from one told
event or wake to the next, so a year passes as fast as the work in it is done, and the same script is always answered alike.

Who wakes at an instant knows all that was told or said before it, and nothing of that instant itself: neither what is told
then, which is known together after the wakes, nor what another service says.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic

from shared.contracts import Event
from shared.decider import Decider, I, NewEvent, P, View
from shared.runtime.offline.member_history import Remembered
from shared.runtime.ports.instants import from_ms
from shared.runtime.ports.limits import BATCH_RECORDS_MAX, COMMIT_ITEMS_MAX
from shared.runtime.processing.member.member_state import MemberState
from shared.runtime.processing.member.shell_events import applied_by
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork, Unpublishable

EVENTS_MAX: Final = 200_000
"""Events that services may say in one dry run: some 300 MB."""
STEPS_MAX: Final = 2_000_000
"""Steps of all services together. Wakes that say nothing count here alone."""

UNPUBLISHED: Final = 1 << 40
"""A number that no service has come to: what it has said has other ids than what a dry run says."""

Perform = Callable[[View[Any, Any], Event, datetime], NewEvent | None]
"""What comes of the effect that an event announced, at once: (what is known, the event, now) -> the outcome, if any."""


class Unbounded(Exception):
    """More comes of it than one dry run holds."""

    def __init__(self, now: datetime) -> None:
        super().__init__(f"more than {EVENTS_MAX:,} events")
        self.now = now
        """How far the simulated time had come."""


class Part(Generic[P, I]):
    """One service of the member."""

    def __init__(self, decider: Decider[P, I], member: str, perform: Perform | None = None) -> None:
        self.decider = decider
        self.state: MemberState[P, I] = MemberState(decider, member)
        self.state.items = Remembered()
        self.state = self.state.again()
        self.waiting: deque[Event] = deque()
        """Events of its inputs that are not applied yet, in order."""
        self.stumbled = 0
        """Events over which a rule stumbled: dead letters, where the service runs."""
        self._applies = applied_by(decider)
        self._perform = perform
        self._reports: list[tuple[Event, NewEvent]] = []
        self._sweeping: list[str] = []
        self._wakes: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._number = 0

    def know(self, state: MemberState[P, I], number: int) -> None:
        """Know what the service knows after own event `number`, and look at all of it once, as in a sweep."""
        self.state, self._number = state.again(), number
        self._sweep_all()

    @property
    def next_wake(self) -> datetime | None:
        """The earliest wake of all items."""
        while self._heap and self._wakes.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return from_ms(self._heap[0][0]) if self._heap else None

    @property
    def busy(self) -> bool:
        """Whether there is something to do that needs no wake."""
        return bool(self.waiting or self._reports or self._sweeping)

    def hand(self, events: Sequence[Event]) -> None:
        """Put events of an input behind what waits."""
        applies = self._applies
        self.waiting.extend(event for event in events if applies is None or type(event.data) in applies)

    def work(self, now: datetime) -> list[Event]:
        """Apply, report, sweep: one step of each, as far as there is something to do; return what was said."""
        published: list[Event] = []
        if self.waiting:
            published += self._apply(now)
        if self._reports:
            published += self._report(now)
        if self._sweeping:
            published += self._sweep(now)
        return published

    def wake(self, now: datetime) -> list[Event]:
        """Wake what is due, up to so many items as a step of the service takes."""
        due: list[tuple[int, str]] = []
        while len(due) < COMMIT_ITEMS_MAX and (wake := self.next_wake) is not None and wake <= now:
            due.append(heapq.heappop(self._heap))
            del self._wakes[due[-1][1]]
        work, state = self._work()
        for _, key in due:
            state.look_at(key)
        moment = EvaluationTime(now, now)
        work.look(moment)
        work.park_stuck(moment, [(state.member, key) for _, key in due])
        work.look(moment)
        return self._finish(work, state, now)

    def _apply(self, now: datetime) -> list[Event]:
        work, state = self._work()
        for _ in range(min(len(self.waiting), BATCH_RECORDS_MAX)):
            try:
                work.apply(self.waiting.popleft())
            except Exception:  # noqa: BLE001 - a rule that stumbles over an event stops nobody else
                self.stumbled += 1
        work.look(EvaluationTime(now))
        return self._finish(work, state, now)

    def _report(self, now: datetime) -> list[Event]:
        work, state = self._work()
        report, reports = self.decider.report, self._reports
        assert report is not None, "a decider with effects has `report`"
        self._reports = []
        for event, outcome in reports:
            if events := report(state.view, event, outcome):
                try:
                    work.emit(state, "", events, EvaluationTime(now))
                except Unpublishable:
                    continue
        work.look(EvaluationTime(now))
        return self._finish(work, state, now)

    def _sweep(self, now: datetime) -> list[Event]:
        work, state = self._work()
        for key in self._sweeping[:COMMIT_ITEMS_MAX]:
            state.look_at(key)
        del self._sweeping[:COMMIT_ITEMS_MAX]
        work.look(EvaluationTime(now))
        return self._finish(work, state, now)

    def _work(self) -> tuple[UnitOfWork[P, I], MemberState[P, I]]:
        work, state = UnitOfWork(self.decider, 0, {}, self._number), self.state.again()
        work.members[state.member] = state
        return work, state

    def _finish(self, work: UnitOfWork[P, I], state: MemberState[P, I], now: datetime) -> list[Event]:
        """Take over what the work has come to, and begin the effects that its events ask for."""
        self.state, self._number = state, work.number
        if state.wiped:
            self._wakes.clear()
            self._sweeping.clear()
        for key, wake in state.wakes.items():
            self._set_wake(key, wake)
        if state.sweep:
            self._sweep_all()
        published = [event for event, _ in work.events]
        for event in published:
            if type(event.data) in self.decider.effects and self._perform is not None:
                outcome = self._perform(state.view, event, now)
                if outcome is not None:
                    self._reports.append((event, outcome))
        return published

    def _sweep_all(self) -> None:
        speaks = self.decider.speaks
        self._sweeping = sorted(key for key, item in self.state.items.items() if item is not None and speaks(key))

    def _set_wake(self, key: str, wake: int | None) -> None:
        if wake is None:
            self._wakes.pop(key, None)
        elif self._wakes.get(key) != wake:
            self._wakes[key] = wake
            heapq.heappush(self._heap, (wake, key))


class DryRun:
    """The member's services side by side."""

    def __init__(
        self, deciders: Sequence[Decider[Any, Any]], member: str, performs: Mapping[str, Perform] | None = None
    ) -> None:
        """Take the deciders in the order in which events flow, and who performs effects, by the decider's name."""
        self.member = member
        self.parts = [Part(decider, member, (performs or {}).get(decider.name)) for decider in deciders]
        self.published: list[Event] = []
        """What the services have said so far: by time, then in the order of the deciders."""
        self._steps = 0

    def go_on(
        self,
        states: Mapping[str, MemberState[Any, Any]],
        now: datetime,
        number: Callable[[str], int] = lambda _: UNPUBLISHED,
    ) -> None:
        """Go on from what each service knows, by the decider's name, at an instant. `Unbounded` when too much comes of it.

        `number`: of the last event that a service has said. It belongs to the ids of those that follow.
        """
        for part in self.parts:
            part.know(states[part.decider.name], number(part.decider.name))
        self._settle(now)

    def run(self, script: Sequence[Event], until: datetime) -> Iterator[datetime]:
        """Tell the member's events at their `logged` instants, in this order, and live until an instant, that one included.

        Yields each instant at which something happened, after it. `Unbounded` when too much comes of it.
        """
        applied = 0
        while True:
            wakes = [wake for part in self.parts if (wake := part.next_wake) is not None]
            now = min([*wakes, *([script[applied].logged] if applied < len(script) else [])], default=None)
            if now is None or now > until:
                return
            self._settle(now)
            end = applied
            while end < len(script) and script[end].logged <= now:
                end += 1
            self._hand(script[applied:end])
            applied = end
            self._settle(now)
            yield now

    def _settle(self, now: datetime) -> None:
        """Let the services do what there is to do at an instant: those that read others first, then with each its readers."""
        for number in reversed(range(len(self.parts))):
            part = self.parts[number]
            heard, part.waiting = part.waiting, deque()
            self._live([part], now)  # services may read each other: nobody wakes knowing what was said just now
            part.waiting = heard + part.waiting
            self._live(self.parts[number:], now)

    def _live(self, parts: Sequence[Part[Any, Any]], now: datetime) -> None:
        """Let some services go on until none of them has anything left to do."""
        while True:
            if busy := [part for part in parts if part.busy]:
                published = [event for part in busy for event in part.work(now)]
            elif due := [part for part in parts if (wake := part.next_wake) is not None and wake <= now]:
                published = [event for part in due for event in part.wake(now)]
            else:
                return
            self.published += published
            self._hand(published)
            self._steps += 1
            if len(self.published) > EVENTS_MAX or self._steps > STEPS_MAX:
                raise Unbounded(now)

    def _hand(self, events: Sequence[Event]) -> None:
        """Hand events to those who read their topics. What a service has parked is its own affair."""
        for part in self.parts:
            part.hand([event for event in events if event.data.TOPIC in part.decider.reads])
