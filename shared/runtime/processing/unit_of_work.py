"""One step in the making: what was loaded, what has been applied since, and what there is to say. Purely in memory.

`apply` takes events in, `settle` evaluates each item that came up: what is left to say, and when to wake it. An item that a
rule asks for and that was not loaded is reported, loaded by the owner, and asked for again: a decider is pure, so asking
again costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

import msgspec

from shared.contracts import DEAD_LETTERS, Event, Parked, Trace
from shared.contracts.cloudevents import codec
from shared.decider import Decider, I, Missing, NewEvent, P
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Changes, Message, Record
from shared.runtime.ports.limits import ASKED_MAX, FACT_BYTES_MAX, PARKED_REASON_CHARS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.member.member_state import NOTES, PROFILE, MemberState
from shared.runtime.processing.member.shell_events import source_of
from shared.runtime.processing.member.stored_form import StoredForm

Wanted = dict[str, set[str]]
"""Member -> keys to load."""
TraceOf = Callable[[NewEvent], Trace | None]


class Unpublishable(Exception):
    """An event that can never be published or would change nothing: its item is parked."""


@dataclass(frozen=True, slots=True)
class EvaluationTime:
    """When a step happens, and what it may say."""

    now: datetime
    """The clock's instant: the time of events that are said after a change."""
    at: datetime | None = None
    """At a wake, the instant until which everything in the log is known."""

    @property
    def stamp(self) -> datetime:
        """The time of events said at this moment."""
        return self.at or self.now


class UnitOfWork(Generic[P, I]):
    """The next state of one partition, relative to the store."""

    def __init__(self, decider: Decider[P, I], partition: int, offsets: Mapping[str, int], number: int) -> None:
        self.decider = decider
        self.partition = partition
        self.offsets = dict(offsets)
        self.number = number
        self.wanted: Wanted = {}
        """What must be loaded before the events are applied of which `want` was told."""
        self.members: dict[str, MemberState[P, I]] = {}
        self.events: list[tuple[Event, Message]] = []
        self.dead: list[Message] = []
        self.buried: list[tuple[Record, str, str | None]] = []
        """Why each record became a dead letter: (record, reason, field)."""
        self.missed: list[Event] = []
        """Answers to what nobody knew when they were applied."""
        self.strange: list[str] = []
        """Types that nobody knows, of the records that this step passes over."""
        self.read: Counter[str] = Counter()
        """Records of each topic that this step has applied."""
        self.woken: Sequence[tuple[int, str, str]] = ()
        """(wake, member, key) of the items that were due."""
        self.trace_of: TraceOf | None = None
        """Gives an event that is said the trace that it goes on with; none: nobody traces."""
        self._form = StoredForm(decider)

    def want(self, event: Event) -> Sequence[str] | None:
        """Note what must be loaded before the event is applied, and return the keys that it touches, for `apply`.

        None: the decider stumbles over it, and so will `apply`.
        """
        wanted = self.wanted.get(event.member)
        if wanted is None:
            wanted = self.wanted[event.member] = set()
        try:
            keys = tuple(self.decider.touches(event))
        except Exception as error:
            if not invariants.blames(error):
                raise
            return None  # `apply` meets the same error and names it
        wanted.update(keys)
        return keys

    def unloaded(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Return what of this is not loaded yet, a member's profile and notes with it."""
        return {member: sorted(absent) for member, keys in wanted.items() if (absent := self._absent(member, keys))}

    def add(self, loaded: Mapping[str, Mapping[str, bytes | None]]) -> None:
        """Take in what was loaded."""
        for member, stored in loaded.items():
            if member not in self.members:
                self.members[member] = MemberState(self.decider, member)
            self.members[member].add(stored, self._form)

    def apply(self, event: Event, keys: Sequence[str] | None = None) -> bool:
        """Apply an event from outside or one that was read back; return whether it changed anything.

        `keys`: what it touches, where that was asked for already.
        """
        state = self.members[event.member]
        missed = type(event.data) in self.decider.answers and self.decider.misses(state.view, event)
        changed = state.apply(event, keys)
        if missed:
            self.missed.append(event)
        return changed

    @property
    def earlier(self) -> int:
        """How many events of services this step has passed over, as they were said before their member was erased."""
        return sum(state.earlier for state in self.members.values())

    def bury(self, record: Record, now: datetime, reason: str, field: str | None = None) -> None:
        """Add a dead letter, written now: same id and same content however often the record is met."""
        key, value, headers = codec.dead_letter(
            service=self.decider.name,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            reason=reason,
            field=field,
            written=now,
            headers=record.headers,
        )
        self.dead.append(Message(key, value, headers, to_ms(now)))
        self.buried.append((record, reason, field))

    def look(self, moment: EvaluationTime, *, deciding: bool = True) -> Wanted:
        """Settle every item that came up, as far as it is loaded; return what must be loaded to go on.

        Not deciding, only set their timers: to then. Where timers wait for places among effects, each is computed instead.
        """
        missing: Wanted = {}
        if not deciding and not self.decider.effects:
            self._look_soon(moment)
        for state in self.members.values():
            waiting: dict[str, None] = {}
            while state.pending:
                key = next(iter(state.pending))
                del state.pending[key]
                try:
                    self._settle(state, key, moment, deciding=deciding)
                except Missing as absent:
                    missing.setdefault(state.member, set()).update(absent.keys)
                    waiting[key] = None
            state.pending = waiting
        return missing

    def give_up(self, moment: EvaluationTime) -> None:
        """Park what still asks for items to be loaded."""
        for state in self.members.values():
            for key in list(state.pending):
                del state.pending[key]
                self._park(state, key, moment, "asks for more and more items")
            state.pending.clear()

    def park_stuck(self, moment: EvaluationTime, woken: Iterable[tuple[str, str]]) -> None:
        """Park the woken items that said nothing and are still due: they would wake for ever."""
        assert moment.at is not None
        for member, key in woken:
            state = self.members[member]
            wake = state.wakes.get(key)
            if wake is not None and wake <= to_ms(moment.at) and key not in state.spoken and invariants.parks():
                self._park(state, key, moment, "woke, said nothing and stays due")

    def emit(self, state: MemberState[P, I], key: str, events: Sequence[NewEvent], moment: EvaluationTime) -> None:
        """Stamp events and apply them: all of them or, when one can not be said, none (`Unpublishable`).

        They are encoded once all that they touch is loaded: who has to wait for that comes here again.
        """
        new = [self._stamp(state, index, one, moment) for index, one in enumerate(events)]
        touched = [tuple(self.decider.touches(event)) for event in new]
        all_touched = touched[0] if len(touched) == 1 else [key for keys in touched for key in keys]
        state.need(all_touched)
        stamped = [_encoded(event, moment) for event in new]
        before = state.before(all_touched)
        for (event, _), keys in zip(stamped, touched, strict=True):
            if not state.apply(event, keys):
                state.back_to(before)
                raise Unpublishable(f"{event.data.TYPE} changes nothing that is known")
        self.events.extend(stamped)
        self.number += len(stamped)
        state.spoken.setdefault(key, []).extend(event for event, _ in stamped)

    def changes(self, meta: Mapping[str, str]) -> Changes:
        """Return what a commit must write."""
        members = {name: state.change(self._form) for name, state in self.members.items() if state.dirty}
        for state in self.members.values():
            state.view.memo.clear()  # it names the view: without this all of it waits for the garbage collector
        cursors = {f"off:{topic}": str(offset) for topic, offset in self.offsets.items()}
        return Changes(meta={"number": str(self.number), **cursors, **meta}, members=members)

    def _absent(self, member: str, keys: Iterable[str]) -> set[str]:
        state = self.members.get(member)
        if state is None:
            return {PROFILE, NOTES, *self.decider.beside, *keys}
        return {key for key in keys if key not in state.items}

    def _look_soon(self, moment: EvaluationTime) -> None:
        """Have every item that came up decided by a timer of then: a long way back meets most of them again and again."""
        for state in self.members.values():
            state.wakes.update({key: to_ms(moment.now) if self.decider.speaks(key) else None for key in state.pending})
            state.pending.clear()

    def _settle(self, state: MemberState[P, I], key: str, moment: EvaluationTime, *, deciding: bool) -> None:
        try:
            timer = self._evaluate(state, key, moment, deciding=deciding)
            state.pending.pop(key, None)  # what it said itself is settled; what others say puts it back
            state.set_timer(key, timer)
        except Missing:
            raise
        except Exception as error:
            if not invariants.blames(error):
                raise
            if deciding and invariants.parks():
                self._park(state, key, moment, _reason(error))
            elif deciding:
                raise
            else:
                state.wakes[key] = None

    def _evaluate(
        self, state: MemberState[P, I], key: str, moment: EvaluationTime, *, deciding: bool
    ) -> datetime | None:
        """Publish what follows from an item until nothing does, and return its timer; not deciding, that alone."""
        while state.is_live(key):
            at = moment.at if deciding else None
            evaluation = state.awaits.pop((key, at), None) or self.decider.evaluate(state.view, key, at)
            if not deciding or not evaluation.publish:
                return evaluation.timer
            state.asked += 1
            if state.asked > ASKED_MAX:
                raise Unpublishable(f"has more than {ASKED_MAX} things to say")
            try:
                self.emit(state, key, evaluation.publish, moment)
            except Missing:
                state.awaits[key, at] = evaluation
                raise
        return None

    def _park(self, state: MemberState[P, I], key: str, moment: EvaluationTime, reason: str) -> None:
        parked = Parked(item=key, rules=self.decider.rules, reason=reason[:PARKED_REASON_CHARS_MAX])
        event, message = _encoded(self._stamp(state, 0, NewEvent(parked), moment), moment)
        if not state.apply(event):
            state.wakes[key] = None
            return
        state.pending.pop(key, None)
        state.wakes[key] = None
        self.events.append((event, message))
        self.number += 1

    def _stamp(self, state: MemberState[P, I], index: int, new: NewEvent, moment: EvaluationTime) -> Event:
        number, stamp = self.number + 1 + index, moment.stamp
        return Event(
            id=f"{self.decider.own}/{self.partition}/{number}",
            member=state.member,
            time=stamp,
            logged=stamp,
            data=new.data,
            source=source_of(self.decider),
            causation=new.because,
            expires=new.expires,
            number=number,
            input_offsets=self.offsets,
            incarnation=invariants.published_in(state.notes.incarnation),
            trace=self.trace_of(new) if self.trace_of is not None else None,
        )


def _encoded(event: Event, moment: EvaluationTime) -> tuple[Event, Message]:
    """Return an event as it is applied, and its record. Raises `Unpublishable` where that is too large."""
    key, value, headers = codec.encode(event)
    size = len(key) + len(value) + sum([len(name) + len(text) for name, text in headers])
    if size > FACT_BYTES_MAX:
        raise Unpublishable(f"{event.data.TYPE} is {size} bytes, {FACT_BYTES_MAX} are allowed")
    return msgspec.structs.replace(event, input_offsets=None), Message(key, value, headers, to_ms(moment.stamp))


def _reason(error: Exception) -> str:
    """Say why, without quoting what an unexpected error quotes: it may hold personal words."""
    return str(error) if isinstance(error, Unpublishable) else f"the rule failed: {type(error).__name__}"


def topics_of(decider: Decider[P, I]) -> list[str]:
    """Return all topics that a partition of this service deals with, dead letters last."""
    return [*decider.reads, decider.own, DEAD_LETTERS]
