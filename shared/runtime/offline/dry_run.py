"""Several services of one member in memory, in simulated time: what they would say, with no log, no store and no clock.

Each service takes its steps as a live owner does (`process.py`), with the same drafts: it folds what waits, says what
effects reported, sweeps, wakes what is due. What one says waits for those who read its topic. Time moves from one told
fact or wake to the next, so a year passes as fast as the work in it is done, and the same script is always answered alike.

Who wakes at an instant knows all that was told or said before it, and nothing of that instant itself: neither what is told
then, which is known together after the wakes, nor what another service says.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic

from shared.contracts import Fact
from shared.decider import Core, I, P, Said, View
from shared.runtime.offline.member_history import Remembered
from shared.runtime.ports.instants import from_ms
from shared.runtime.ports.limits import BATCH_RECORDS_MAX, COMMIT_ITEMS_MAX
from shared.runtime.processing.member_state import Known, folded_by
from shared.runtime.processing.unit_of_work import Draft, Moment, Unsayable

FACTS_MAX: Final = 200_000
"""Facts that services may say in one rehearsal: some 300 MB."""
STEPS_MAX: Final = 2_000_000
"""Steps of all services together. Wakes that say nothing count here alone."""

Perform = Callable[[View[Any, Any], Fact, datetime], Said | None]
"""What comes of the effect that a fact announced, at once: (what is known, the fact, now) -> the outcome, if any."""


class Unbounded(Exception):
    """More comes of it than one rehearsal holds."""

    def __init__(self, now: datetime) -> None:
        super().__init__(f"more than {FACTS_MAX:,} facts")
        self.now = now
        """How far the simulated time had come."""


class Part(Generic[P, I]):
    """One service of the member."""

    def __init__(self, core: Core[P, I], member: str, perform: Perform | None = None) -> None:
        self.core = core
        self.known: Known[P, I] = Known(core, member)
        self.known.items = Remembered()
        self.known = self.known.again()
        self.waiting: deque[Fact] = deque()
        """Facts of its inputs that are not folded yet, in order."""
        self.stumbled = 0
        """Facts over which a rule stumbled: dead letters, where the service runs."""
        self._folds = folded_by(core)
        self._perform = perform
        self._reports: list[tuple[Fact, Said]] = []
        self._sweeping: list[str] = []
        self._wakes: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._number = 0

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

    def hand(self, facts: Sequence[Fact]) -> None:
        """Put facts of an input behind what waits."""
        folds = self._folds
        self.waiting.extend(fact for fact in facts if folds is None or type(fact.data) in folds)

    def work(self, now: datetime) -> list[Fact]:
        """Fold, report, sweep: one step of each, as far as there is something to do; return what was said."""
        said: list[Fact] = []
        if self.waiting:
            said += self._fold(now)
        if self._reports:
            said += self._report(now)
        if self._sweeping:
            said += self._sweep(now)
        return said

    def wake(self, now: datetime) -> list[Fact]:
        """Wake what is due, up to so many items as a step of the service takes."""
        due: list[tuple[int, str]] = []
        while len(due) < COMMIT_ITEMS_MAX and (wake := self.next_wake) is not None and wake <= now:
            due.append(heapq.heappop(self._heap))
            del self._wakes[due[-1][1]]
        draft, known = self._draft()
        for _, key in due:
            known.look_at(key)
        moment = Moment(now, now)
        draft.look(moment)
        draft.park_stuck(moment, [(known.member, key) for _, key in due])
        draft.look(moment)
        return self._finish(draft, known, now)

    def _fold(self, now: datetime) -> list[Fact]:
        draft, known = self._draft()
        for _ in range(min(len(self.waiting), BATCH_RECORDS_MAX)):
            try:
                draft.fold(self.waiting.popleft())
            except Exception:  # noqa: BLE001 - a rule that stumbles over a fact stops nobody else
                self.stumbled += 1
        draft.look(Moment(now))
        return self._finish(draft, known, now)

    def _report(self, now: datetime) -> list[Fact]:
        draft, known = self._draft()
        report, reports = self.core.report, self._reports
        assert report is not None, "a core with effects has `report`"
        self._reports = []
        for fact, outcome in reports:
            if said := report(known.view, fact, outcome):
                try:
                    draft.say(known, "", said, Moment(now))
                except Unsayable:
                    continue
        draft.look(Moment(now))
        return self._finish(draft, known, now)

    def _sweep(self, now: datetime) -> list[Fact]:
        draft, known = self._draft()
        for key in self._sweeping[:COMMIT_ITEMS_MAX]:
            known.look_at(key)
        del self._sweeping[:COMMIT_ITEMS_MAX]
        draft.look(Moment(now))
        return self._finish(draft, known, now)

    def _draft(self) -> tuple[Draft[P, I], Known[P, I]]:
        draft, known = Draft(self.core, 0, {}, self._number), self.known.again()
        draft.members[known.member] = known
        return draft, known

    def _finish(self, draft: Draft[P, I], known: Known[P, I], now: datetime) -> list[Fact]:
        """Take over what the draft has come to, and begin the effects that its facts ask for."""
        self.known, self._number = known, draft.number
        if known.wiped:
            self._wakes.clear()
            self._sweeping.clear()
        for key, wake in known.wakes.items():
            self._set_wake(key, wake)
        if known.sweep:
            speaks = self.core.speaks
            self._sweeping = sorted(key for key, item in known.items.items() if item is not None and speaks(key))
        said = [fact for fact, _ in draft.facts]
        for fact in said:
            if type(fact.data) in self.core.effects and self._perform is not None:
                outcome = self._perform(known.view, fact, now)
                if outcome is not None:
                    self._reports.append((fact, outcome))
        return said

    def _set_wake(self, key: str, wake: int | None) -> None:
        if wake is None:
            self._wakes.pop(key, None)
        elif self._wakes.get(key) != wake:
            self._wakes[key] = wake
            heapq.heappush(self._heap, (wake, key))


class Rehearsal:
    """The member's services side by side."""

    def __init__(
        self, cores: Sequence[Core[Any, Any]], member: str, performs: Mapping[str, Perform] | None = None
    ) -> None:
        """Take the cores in the order in which facts flow, and who performs effects, by the core's name."""
        self.member = member
        self.parts = [Part(core, member, (performs or {}).get(core.name)) for core in cores]
        self.said: list[Fact] = []
        """What the services have said so far: by time, then in the order of the cores."""
        self._steps = 0

    def run(self, script: Sequence[Fact], until: datetime) -> Iterator[datetime]:
        """Tell the member's facts at their `logged` instants, in this order, and live until an instant, that one included.

        Yields each instant at which something happened, after it. `Unbounded` when too much comes of it.
        """
        told = 0
        while True:
            wakes = [wake for part in self.parts if (wake := part.next_wake) is not None]
            now = min([*wakes, *([script[told].logged] if told < len(script) else [])], default=None)
            if now is None or now > until:
                return
            self._settle(now)
            end = told
            while end < len(script) and script[end].logged <= now:
                end += 1
            self._hand(script[told:end])
            told = end
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
                said = [fact for part in busy for fact in part.work(now)]
            elif due := [part for part in parts if (wake := part.next_wake) is not None and wake <= now]:
                said = [fact for part in due for fact in part.wake(now)]
            else:
                return
            self.said += said
            self._hand(said)
            self._steps += 1
            if len(self.said) > FACTS_MAX or self._steps > STEPS_MAX:
                raise Unbounded(now)

    def _hand(self, facts: Sequence[Fact]) -> None:
        """Hand facts to those who read their topics. What a service has parked is its own affair."""
        for part in self.parts:
            part.hand([fact for fact in facts if fact.data.TOPIC in part.core.reads])
