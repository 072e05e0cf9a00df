"""The projection as the simulation plays it: what is told on all topics, processes that die, and who judges its store.

After every action the store must be what its topics say up to the cursors that stand in it: neither more nor less. At the end
nothing that was committed is left out, and a store that is made anew from the log holds the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from services.gateway.projection.decider import PROJECTION
from shared.contracts import Event
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.member.member_state import NOTES, PROFILE, MemberState
from shared.runtime.processing.member.runtime_meta import NOTHING_NOTED, noted_in
from shared.runtime.processing.member.stored_form import StoredForm
from shared.runtime.processing.reading import read_event
from shared.runtime.snapshot_model.snapshot_state import RESTORING
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.judgement import Contents
from shared.testing.simulation.checker import AllItems
from shared.testing.simulation.plan import PLAN, Plan
from shared.testing.world import World
from tests.simulation import draws, member_events
from tests.simulation.own_words import OWN_WORDS

NOT_ITS_OWN: Final = frozenset({"stray", "unseal", "replay", "change_rules"})
"""What happens to an own topic, and to rules."""
CLOCKS: Final = 6
"""Of so many histories one has wrong timestamps in the records, beside wrong clocks."""
FORM: Final[StoredForm[Any, Any]] = StoredForm(PROJECTION)
Members = Mapping[str, tuple[Any, Any, Any]]
"""By name: the items, the profile, the shell's notes."""


class ProjectedWorld(World):
    """One history of one partition of the projection."""

    def __init__(self, seed: int, plan: Plan = PLAN) -> None:
        usual = {name: weight for name, weight in plan.usual.items() if name not in NOT_ITS_OWN}
        faults = {name: weight for name, weight in plan.faults.items() if name not in NOT_ITS_OWN}
        told = [*member_events.ABOUT_FOLLOWUPS, *draws.ABOUT_INVITES, *OWN_WORDS, *OWN_WORDS]
        super().__init__(
            seed,
            PROJECTION,
            member_events.drawing(told, shifts=draws.SHIFTS_DAYS if seed % 3 else draws.WRONG_SHIFTS_DAYS),
            plan=replace(plan, usual=usual, faults=faults),
        )
        if seed % CLOCKS == 3:
            self.traffic.stamp = member_events.stamped_by_the_product
        self._judged = ""
        self._wrong: list[str] = []

    def heal(self) -> list[str]:
        """Leave one owner without faults until it rests; return what is wrong."""
        for actor in self.actors:
            self._remember(actor)
            actor.die()
        self.actors.clear()
        while self.traffic.foreign:
            self.traffic.end_foreign()
        self.cluster.write_markers()
        actor = self.start()
        problem = self.settle(actor)
        self.cover_again()
        problem = problem or self.settle(actor)
        if self.may_refuse and actor.owner.refused:
            return self._named([*self.refusals, *self._wrong])
        violations = [
            *self.refusals,
            *self._wrong,
            *([problem] if problem else self._complete(self.store, "the store")),
        ]
        self._drop(actor)
        empty = FakeStore(self.scheduler)
        rebuilt = self.start(empty)
        if problem := self.settle(rebuilt):
            violations.append(f"rebuild: {problem}")
        elif not violations and held(empty) != held(self.store):
            violations.append("a store that is made anew holds something else")
        self._drop(rebuilt)
        return self._named(violations)

    def look(self) -> None:
        """Hold the store to the log, if it was written since the last look.

        While it is restored from snapshots its members stand at different places.
        """
        meta = self._meta(self.store)
        if meta.get("head", "") != self._judged and meta.get(RESTORING) != "1":
            self._judged = meta.get("head", "")
            self._wrong += self._as_told(self.store, meta, f"the store at {self._judged}")

    def do_go(self) -> str:
        """Let a process go on by some awaits, then look at what it has left in the store."""
        note = super().do_go()
        self.look()
        return note

    def do_die(self) -> str:
        """Kill a process at a bad moment, and look at what it has left in the store."""
        note = super().do_die()
        self.look()
        return note

    def _complete(self, store: FakeStore, name: str) -> list[str]:
        meta = self._meta(store)
        missing = [
            f"{name} has not applied {topic} {record.offset}"
            for topic in PROJECTION.reads
            for record in self.cluster.history(topic, 0)
            if record.offset >= int(meta.get(f"off:{topic}", 0))
        ]
        return missing + self._as_told(store, meta, name)

    def _as_told(self, store: FakeStore, meta: Mapping[str, str], name: str) -> list[str]:
        records = (
            record
            for topic in PROJECTION.reads
            for record in self.cluster.history(topic, 0)
            if record.offset < int(meta.get(f"off:{topic}", 0))
        )
        return differences(held(store), told_by(records), name)

    @staticmethod
    def _meta(store: FakeStore) -> Mapping[str, str]:
        return store.meta_of(0)


def told_by(records: Iterable[Record]) -> Members:
    """Return what records say of each member, one topic after the other."""
    told: dict[str, MemberState[Any, Any]] = {}
    for event in filter(None, map(read, records)):
        if event.member not in told:
            told[event.member] = state = MemberState(PROJECTION, event.member)
            state.items = AllItems()
        told[event.member].apply(event)
    return {
        member: ({key: item for key, item in state.items.items() if item is not None}, state.profile, state.notes)
        for member, state in told.items()
    }


def differences(stored: Members, expected: Members, name: str) -> list[str]:
    """Return where a store is not what the log says."""
    return [
        f"{name} is not what the log says of {member}: {stored.get(member)} is not {expected.get(member)}"
        for member in sorted({*stored, *expected})
        if stored.get(member, nobody()) != expected.get(member, nobody())
    ]


def nobody() -> tuple[Any, Any, Any]:
    """Return what is known of a member of whom nothing is known."""
    return {}, PROJECTION.profile, NOTHING_NOTED


def held(store: FakeStore) -> Members:
    """Return what a store holds of each member."""
    return decoded(store.contents(0))


def decoded(contents: Contents) -> Members:
    """Return what the stored bytes of a partition say of each member."""
    found: dict[str, tuple[Any, Any, Any]] = {}
    for member, (items, wakes) in contents.items():
        assert not wakes, "nothing ever wakes"
        kept = {key: FORM.item(key, value) for key, value in items.items() if key not in (PROFILE, NOTES)}
        profile = items.get(PROFILE)
        state = FORM.profile(profile) if profile else PROJECTION.profile
        found[member] = (kept, state, noted_in(items[NOTES])[0] if NOTES in items else NOTHING_NOTED)
    return found


def read(record: Record) -> Event | None:
    """Return the event of a record, or None where it is passed over."""
    event = _read(record)
    return event if isinstance(event, Event) else None


@lru_cache(maxsize=20_000)
def _read(record: Record) -> object:
    return read_event(record)
