"""What is known of one member in the middle of a step: loaded, applied, not yet committed.

A member is a profile, items, and the shell's own notes: what is parked, and whether the member was erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Generic, NamedTuple

import msgspec

from shared.contracts import Event, MemberErased, MemberJoined, Parked
from shared.decider import Decider, Evaluation, I, Missing, P, View
from shared.runtime.ports.instants import to_ms_up
from shared.runtime.ports.interfaces import MemberChange
from shared.runtime.ports.limits import PARKED_ITEMS_MAX, RECENT_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.member import incarnation
from shared.runtime.processing.member.runtime_meta import MARK_BYTES, NOTHING_NOTED, holds, mark_of, noted_in, stored_of
from shared.runtime.processing.member.shell_events import NOTED, Unparked, source_of
from shared.runtime.processing.member.stored_form import StoredForm
from shared.stored import item_names

PROFILE: Final = item_names.PROFILE
NOTES: Final = item_names.NOTES
EVERYTHING = "*"
"""Stands for all items of a member in `RuntimeMeta.parked`."""
_RECENT_BYTES: Final = RECENT_MAX * MARK_BYTES


class Savepoint(NamedTuple, Generic[P, I]):
    """How a member stood before events that may have to be taken back."""

    profile: P
    items: dict[str, tuple[I | None, bool]]
    """By key: the item, and whether it was changed in this step."""


class MemberState(Generic[P, I]):
    """One member. `apply` changes it in memory; `change` says what a commit must write."""

    __slots__ = (
        "_notes_changed", "_profile_changed", "_wiped", "asked", "awaits", "changed", "decider", "earlier", "items",
        "member", "notes", "pending", "profile", "recent", "spoken", "sweep", "view", "wakes",
    )  # fmt: skip

    def __init__(self, decider: Decider[P, I], member: str) -> None:
        self.decider = decider
        self.member = member
        self.profile = decider.profile
        self.notes = NOTHING_NOTED
        self.recent = b""
        """The marks of the last `RECENT_MAX` other events of a product that this service has applied, oldest first. An
        erasure forgets them."""
        self.items: dict[str, I | None] = {}
        self.view: View[P, I] = View(member, self.profile, self.items)
        self.changed: dict[str, None] = {}
        self.pending: dict[str, None] = {}
        """Keys that are to be decided, in the order in which they came up."""
        self.wakes: dict[str, int | None] = {}
        self.spoken: dict[str, list[Event]] = {}
        """What was said of each item in this step."""
        self.asked = 0
        self.awaits: dict[tuple[str, datetime | None], Evaluation] = {}
        """What follows from items, each by its key and the timer, while what its events touch is loaded. It holds until an
        event is applied: to load more changes nothing that it was found from."""
        self.sweep: bool | None = None
        self.earlier = 0
        """Events of services that this step has passed over, as they were said before the member was erased."""
        self._wiped = False
        self._profile_changed = False
        self._notes_changed = False

    def add(self, stored: Mapping[str, bytes | None], form: StoredForm[P, I]) -> None:
        """Take in what was loaded. What this step has touched or wiped already is newer than the store."""
        for key, value in stored.items():
            if key == PROFILE:
                if value is not None and not self._profile_changed and not self._wiped:
                    self._profile(form.profile(value))
            elif key == NOTES:
                if value is not None and not self._notes_changed:
                    self.notes, self.recent = noted_in(value)
                    self.view.incarnation = self.notes.incarnation
            elif key not in self.items:
                self.items[key] = None if value is None or self._wiped else form.item(key, value)

    def again(self) -> MemberState[P, I]:
        """Return the same member at the beginning of another step: for whoever keeps members in memory."""
        state: MemberState[P, I] = MemberState(self.decider, self.member)
        state.profile, state.notes, state.items = self.profile, self.notes, self.items
        state.recent = self.recent
        state.view = View(self.member, self.profile, self.items)
        state.view.incarnation = self.notes.incarnation
        return state

    def need(self, keys: Iterable[str]) -> None:
        """Raise `Missing` for those of the keys that were not loaded."""
        if absent := [key for key in keys if key not in self.items]:
            raise Missing(absent)

    def _passes(self, event: Event) -> bool:
        """Say whether the event is of before an erasure that is known. One of after another erasure erases first."""
        state = self.notes.incarnation
        if not incarnation.is_of_a_service(event):
            return bool(state) and incarnation.is_out(self.notes, event)
        if event.incarnation == state:
            return False
        named = incarnation.named_by(event, state)
        if invariants.is_later(named, state):
            self._begin(named)
            return False
        if passed := invariants.is_earlier(named, state):
            self.earlier += 1
        return passed

    def apply(self, event: Event, keys: Sequence[str] | None = None) -> bool:
        """Apply an event; return whether it changed anything. Touched items must have been loaded. All or nothing.

        `keys`: what it touches, where that was asked for already.
        """
        self.awaits.clear()
        if type(event.data) in NOTED:
            return self._note(event, keys)
        of_a_service = event.number is not None and incarnation.is_of_a_service(event)
        if (of_a_service or self.notes.incarnation) and self._passes(event):
            return False
        if of_a_service:  # it counts its events, and says each id once
            return self._apply(event, keys)
        mark, recent, turns = mark_of(event), self.recent, self.notes.turns
        # of most nothing is found, and nobody else is asked
        if (recent.find(mark) >= 0 and holds(recent, mark)) or (turns and holds(turns, mark)):
            return False
        self._apply(event, keys)
        self.recent = (mark + recent if event.replayed else recent + mark)[-_RECENT_BYTES:]  # as `marked`
        self._notes_changed = True
        return True

    def _note(self, event: Event, keys: Sequence[str] | None) -> bool:
        """Apply an event that means something to the shell itself, and to the decider as well when it is a joining."""
        if isinstance(event.data, MemberErased):
            return self._turn(event) and self._erase(event)
        joined = isinstance(event.data, MemberJoined) and self._turn(event)
        if joined and self.notes.erased and invariants.counts_from(self.notes.incarnation, event.offset):
            self.notes = incarnation.let_in(self.notes, event)
        elif self._passes(event):
            return joined
        if isinstance(event.data, Parked):
            # What another service has parked is its own affair.
            return event.source == source_of(self.decider) and self._park(event.data.item, event.data.rules)
        if isinstance(event.data, Unparked):
            return self._unpark(event.data.item)
        return self._apply(event, keys) or joined

    def _apply(self, event: Event, keys: Sequence[str] | None) -> bool:
        decider, items = self.decider, self.items
        keys = tuple(decider.touches(event)) if keys is None else keys
        for key in keys:
            if key not in items:
                self.need(keys)
        profile = decider.evolve_profile(self.profile, event)
        changed: list[tuple[str, I | None, I | None]] = []
        for key in keys:
            before = items[key]
            item = decider.evolve(key, before, event)
            if item is not before and item != before:
                changed.append((key, before, item))
        for key, before, item in changed:
            self.pending[key] = self.changed[key] = None
            items[key] = item
            self._look_around(key, before, item)
        moved = profile is not self.profile and profile != self.profile
        if moved:
            self.sweep = self.sweep if decider.profiles_alike(self.profile, profile) else True
            self._profile(profile)
            self._profile_changed = True
        return bool(changed) or moved

    def before(self, keys: Iterable[str]) -> Savepoint[P, I]:
        """Return how things stand before events that touch these keys."""
        items, changed = self.items, self.changed
        return Savepoint(self.profile, {key: (items[key], key in changed) for key in keys})

    def back_to(self, before: Savepoint[P, I]) -> None:
        """Take back what events have changed since."""
        self._profile(before.profile)
        for key, (item, changed) in before.items.items():
            self.items[key] = item
            if not changed:
                self.changed.pop(key, None)

    def look_at(self, key: str) -> None:
        """Have the item decided in this step, after all that came up before."""
        self.pending.setdefault(key)

    def is_parked(self, key: str) -> bool:
        """Say whether the item could not be said under the present rules."""
        parked = self.notes.parked
        return bool(parked) and self.decider.rules in (parked.get(key), parked.get(EVERYTHING))

    def is_live(self, key: str) -> bool:
        """Say whether there is an item to evaluate under the key: it is known, and not parked. `Missing`: not loaded."""
        return self.view.item(key) is not None and not (self.notes.parked and self.is_parked(key))

    def set_timer(self, key: str, at: datetime | None) -> None:
        """Note the timer of an item for the index."""
        self.wakes[key] = None if at is None else to_ms_up(at)

    def wake(self, key: str) -> None:
        """Compute the timer of an item for the index, without anything to publish. Raises what the decider raises."""
        self.set_timer(key, self.decider.evaluate(self.view, key, None).timer if self.is_live(key) else None)

    def change(self, form: StoredForm[P, I]) -> MemberChange:
        """Return what a commit must write of this member."""
        change = MemberChange(wipe=self._wiped, sweep=self.sweep, wakes=self.wakes)
        for key in self.changed:
            if (item := self.items[key]) is None:
                change.deletes.append(key)
            else:
                change.puts[key] = form.of_item(key, item)
        if self._profile_changed:
            change.puts[PROFILE] = form.of_profile(self.profile)
        if self._notes_changed:
            change.puts[NOTES] = stored_of(self.notes, self.recent)
        return change

    @property
    def wiped(self) -> bool:
        """Whether everything that was known of the member was forgotten in this step."""
        return self._wiped

    @property
    def dirty(self) -> bool:
        """Whether a commit has anything to write of this member."""
        return bool(self.changed or self.wakes or self._wiped or self._profile_changed or self._notes_changed
                    or self.sweep is not None)  # fmt: skip

    def _look_around(self, key: str, before: I | None, after: I | None) -> None:
        if before is not None and after is not None and self.decider.reads_alike(before, after):
            return
        for item in (before, after):
            if item is not None:
                for other in self.decider.related(key, item):
                    self.pending[other] = None

    def _profile(self, profile: P) -> None:
        self.profile = profile
        self.view.profile = profile

    def _park(self, key: str, rules: str) -> bool:
        if self.notes.parked.get(key) == rules or self.notes.parked.get(EVERYTHING) == rules:
            return False
        parked = {other: under for other, under in self.notes.parked.items() if under == rules}
        if len(parked) >= PARKED_ITEMS_MAX:
            parked, key = {}, EVERYTHING
        self.notes = msgspec.structs.replace(self.notes, parked={**parked, key: rules})
        self._notes_changed = True
        self.look_at(key)
        return True

    def _unpark(self, key: str) -> bool:
        if not {key, EVERYTHING} & self.notes.parked.keys():
            return False
        parked = {other: under for other, under in self.notes.parked.items() if other not in (key, EVERYTHING)}
        self.notes = msgspec.structs.replace(self.notes, parked=parked)
        self._notes_changed = True
        self.look_at(key)
        return True

    def _turn(self, event: Event) -> bool:
        """Remember a joining or an erasure; return whether it is none that is told again."""
        if (notes := incarnation.turned(self.notes, event)) is None:
            return False
        self.notes, self._notes_changed = notes, True
        return True

    def _erase(self, event: Event) -> bool:
        """Begin another incarnation, unless an event of a service has begun it before, or one that is later still."""
        begins = incarnation.begun_by(self.notes, event)
        if begins > self.notes.incarnation:
            self._begin(begins)
        if begins == self.notes.incarnation:
            self.notes = msgspec.structs.replace(self.notes, erased_at=event.logged)
        return True

    def _begin(self, begins: int) -> None:
        """Forget everything at once, but where that was and which erasures and joinings were met before."""
        self._wiped = True
        for key in self.items:
            self.items[key] = None
        self._profile(self.decider.profile)
        self._profile_changed = False
        self.changed.clear()
        self.pending.clear()
        self.wakes.clear()
        self.notes, self.recent = incarnation.of_incarnation(self.notes, begins), b""
        self.view.incarnation = begins
        self._notes_changed, self.sweep = True, None
