"""One member and one decider in memory: the shell's loop without log, store, clock and faults.

Unit tests and laws of the deciders run on it: events are applied in the order of the log, changed items and those related to
them are decided, due items wake in the order of their instants, what is said is applied, and the decider is asked again
until it is silent. It holds the decider to the rules of `shared.decider` and fails with an `AssertionError` that names
the key: an event must change what is known, a wake must move on, and the wakes must be as if computed anew.

Erasure and effects (mails) are the shell's own and are not played here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from shared.contracts import Event, EventData
from shared.contracts.cloudevents import codec
from shared.contracts.limits import VALUE_BYTES_MAX
from shared.decider import NOTHING, Decider, Evaluation, I, Missing, NewEvent, P, View
from shared.runtime.processing.member.stored_form import StoredForm

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
ASKED_MAX: Final = 10_000
"""Times that a decider may say something in one step."""
STEPS_MAX: Final = 100_000
"""Wakes in one run."""
ROUNDS_MAX: Final = 16
"""Times that one question may name items that are not loaded, as in the shell."""
ITEMS_MAX: Final = 500
"""Due items that wake together, as in the shell."""

R = TypeVar("R")
D = TypeVar("D", bound=EventData)


class Loop(Generic[P, I]):
    """Apply events, run through time, and look at what was said."""

    def __init__(self, decider: Decider[P, I], member: str = "m1", *, items_max: int = ITEMS_MAX) -> None:
        self.decider = decider
        self.form = StoredForm(decider)
        self.member = member
        self.items_max = items_max
        self.profile = decider.profile
        self.items: dict[str, I] = {}
        self.published: list[Event] = []
        """What the decider has said so far, in order."""
        self.wakes: dict[str, datetime] = {}
        """The index of wakes: key -> instant."""
        self.now = BEGINNING
        self._pending: dict[str, None] = {}
        self._spoken: set[str] = set()

    def apply(self, *events: Event) -> None:
        """Apply events together, as one batch of the log, and say what follows. Time moves to when they were logged."""
        for event in events:
            assert event.member == self.member, f"{event.id}: about {event.member}"
            self.now = max(self.now, event.logged)
            self.take(event)
        self._settle(None)

    def take(self, event: Event) -> bool:
        """Apply one event without deciding (as when it is read back); return whether it changed what is known."""
        changed = False
        profile = self.decider.evolve_profile(self.profile, event)
        for key in dict.fromkeys(self.decider.touches(event)):
            before = self.items.get(key)
            after = self.decider.evolve(key, before, event)
            if after == before:
                continue
            changed = True
            if after is None:
                del self.items[key]
            else:
                stored = self.form.of_item(key, after)
                assert self.form.item(key, stored) == after, f"{key}: is stored as something else"
                self.items[key] = after
            self._look_around(key, before, after)
        if profile != self.profile:
            changed = True
            if not self.decider.profiles_alike(self.profile, profile):
                self._pending.update(dict.fromkeys(self.items))
            self.profile = profile
        return changed

    def run_until(self, instant: datetime) -> None:
        """Wake what falls due until `instant`, and stand there. A wake is on time unless time has passed it already."""
        for _ in range(STEPS_MAX):
            due = sorted((wake, key) for key, wake in self.wakes.items() if wake <= instant)
            if not due:
                self.now = max(self.now, instant)
                return
            self.now = max(self.now, due[0][0])
            self._wake([key for wake, key in due if wake <= self.now][: self.items_max])
        raise AssertionError(f"wakes for ever: {sorted(self.wakes)[:5]}")

    def sleep_until(self, instant: datetime) -> None:
        """Let time pass without waking anything, as if the service were down."""
        self.now = max(self.now, instant)

    def heard(self, kind: type[D]) -> list[D]:
        """Return the data of all events of that type that were said, in order."""
        return [event.data for event in self.published if isinstance(event.data, kind)]

    def assert_settled(self) -> None:
        """Check that nothing is left to say without a wake, and that the index of wakes is what it should be."""
        for key in list(self.items):
            evaluation = self._evaluate(key, None)
            assert not evaluation.publish, f"{key}: something is left unsaid"
            wake = evaluation.timer
            assert wake == self.wakes.get(key), f"{key}: wakes at {self.wakes.get(key)}, should wake at {wake}"
        assert set(self.wakes) <= set(self.items), "a wake of what is not known"

    def _wake(self, keys: list[str]) -> None:
        self._spoken.clear()
        self._pending.update(dict.fromkeys(keys))
        self._settle(self.now)
        for key in keys:
            stuck = key not in self._spoken and (wake := self.wakes.get(key)) is not None and wake <= self.now
            assert not stuck, f"{key}: woke at {self.now}, said nothing and stays due"

    def _settle(self, at: datetime | None) -> None:
        asked = 0
        while self._pending:
            key = next(iter(self._pending))
            del self._pending[key]
            evaluation = NOTHING
            while key in self.items and (new_events := (evaluation := self._evaluate(key, at)).publish):
                assert self.decider.speaks(key), f"{key}: has something to say, and a sweep would pass over it"
                asked += 1
                assert asked <= ASKED_MAX, f"{key}: goes on talking"
                self._say(key, new_events)
            wake = evaluation.timer if key in self.items else None
            if wake is None:
                self.wakes.pop(key, None)
            else:
                assert self.decider.speaks(key), f"{key}: has a wake, and a sweep would pass over it"
                self.wakes[key] = wake

    def _say(self, key: str, new_events: Iterable[NewEvent]) -> None:
        for one in new_events:
            number = len(self.published) + 1
            event = Event(
                id=f"{self.decider.own}/0/{number}",
                member=self.member,
                time=self.now,
                logged=self.now,
                data=one.data,
                source=f"/rapport/{self.decider.name}",
                causation=one.because,
                expires=one.expires,
                number=number,
            )
            assert len(codec.encode(event)[1]) <= VALUE_BYTES_MAX, f"{key}: {one.data.TYPE} is too large"
            assert self.take(event), f"{key}: {one.data.TYPE} changes nothing that is known"
            self.published.append(event)
        self._spoken.add(key)

    def _evaluate(self, key: str, at: datetime | None) -> Evaluation:
        return self._ask(lambda view: self.decider.evaluate(view, key, at))

    def _ask(self, question: Callable[[View[P, I]], R]) -> R:
        """Ask a pure function as the shell does: what it misses is loaded, and it is asked again."""
        loaded: dict[str, I | None] = {}
        for _ in range(ROUNDS_MAX):
            try:
                return question(View(self.member, self.profile, loaded))
            except Missing as absent:
                loaded.update({key: self.items.get(key) for key in absent.keys})
        raise AssertionError("asks for more and more items")

    def _look_around(self, key: str, before: I | None, after: I | None) -> None:
        self._pending.setdefault(key)
        if before is not None and after is not None and self.decider.reads_alike(before, after):
            return
        for item in (before, after):
            if item is not None:
                self._pending.update(dict.fromkeys(self.decider.related(key, item)))
