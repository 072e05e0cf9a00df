"""One step in the making: what was loaded, what has been folded since, and what there is to say. Purely in memory.

`fold` takes facts in, `settle` evaluates each item that came up: what is left to say, and when to wake it. An item that a
rule asks for and that was not loaded is reported, loaded by the owner, and asked for again: a core is pure, so asking
again costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

import msgspec

from shared.contracts import DEAD_LETTERS, Fact, Parked, Trace
from shared.contracts.cloudevents import codec
from shared.decider import Core, I, Missing, P, Said
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Changes, Message, Record
from shared.runtime.ports.limits import ASKED_MAX, FACT_BYTES_MAX, PARKED_REASON_CHARS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.member_state import NOTES, PROFILE, Known, source_of

Wanted = dict[str, set[str]]
"""Member -> keys to load."""
TraceOf = Callable[[Said], Trace | None]


class Unsayable(Exception):
    """A fact that can never be published or would change nothing: its item is parked."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step happens, and what it may say."""

    now: datetime
    """The clock's instant: the time of facts that are said after a change."""
    at: datetime | None = None
    """At a wake, the instant until which everything in the log is known."""

    @property
    def stamp(self) -> datetime:
        """The time of facts said at this moment."""
        return self.at or self.now


class Draft(Generic[P, I]):
    """The next state of one partition, relative to the store."""

    def __init__(self, core: Core[P, I], partition: int, offsets: Mapping[str, int], number: int) -> None:
        self.core = core
        self.partition = partition
        self.offsets = dict(offsets)
        self.number = number
        self.wanted: Wanted = {}
        """What must be loaded before the facts are folded of which `want` was told."""
        self.members: dict[str, Known[P, I]] = {}
        self.facts: list[tuple[Fact, Message]] = []
        self.dead: list[Message] = []
        self.buried: list[tuple[Record, str, str | None]] = []
        """Why each record became a dead letter: (record, reason, field)."""
        self.missed: list[Fact] = []
        """Answers to what nobody knew when they were folded."""
        self.strange: list[str] = []
        """Types that nobody knows, of the records that this step passes over."""
        self.read: Counter[str] = Counter()
        """Records of each topic that this step has folded."""
        self.woken: Sequence[tuple[int, str, str]] = ()
        """(wake, member, key) of the items that were due."""
        self.trace_of: TraceOf | None = None
        """Gives a fact that is said the trace that it goes on with; none: nobody traces."""
        self._decode: msgspec.msgpack.Decoder[I] = msgspec.msgpack.Decoder(core.item)
        self._encode = msgspec.msgpack.Encoder()

    def want(self, fact: Fact) -> Sequence[str] | None:
        """Note what must be loaded before the fact is folded, and return the keys that it touches, for `fold`.

        None: the core stumbles over it, and so will `fold`.
        """
        wanted = self.wanted.get(fact.member)
        if wanted is None:
            wanted = self.wanted[fact.member] = set()
        try:
            keys = tuple(self.core.touches(fact))
        except Exception as error:
            if not invariants.blames(error):
                raise
            return None  # `fold` meets the same error and names it
        wanted.update(keys)
        return keys

    def unloaded(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Return what of this is not loaded yet, a member's profile and notes with it."""
        return {member: sorted(absent) for member, keys in wanted.items() if (absent := self._absent(member, keys))}

    def add(self, loaded: Mapping[str, Mapping[str, bytes | None]]) -> None:
        """Take in what was loaded."""
        for member, stored in loaded.items():
            if member not in self.members:
                self.members[member] = Known(self.core, member)
            self.members[member].add(stored, self._decode)

    def fold(self, fact: Fact, keys: Sequence[str] | None = None) -> bool:
        """Fold a fact from outside or one that was read back; return whether it changed anything.

        `keys`: what it touches, where that was asked for already.
        """
        known = self.members[fact.member]
        missed = self.core.misses(known.view, fact)
        changed = known.fold(fact, keys)
        if missed:
            self.missed.append(fact)
        return changed

    def bury(self, record: Record, now: datetime, reason: str, field: str | None = None) -> None:
        """Add a dead letter, written now: same id and same content however often the record is met."""
        key, value, headers = codec.dead_letter(
            service=self.core.name,
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

    def look(self, moment: Moment, *, deciding: bool = True) -> Wanted:
        """Settle every item that came up, as far as it is loaded; return what must be loaded to go on."""
        missing: Wanted = {}
        for known in self.members.values():
            waiting: dict[str, None] = {}
            while known.pending:
                key = next(iter(known.pending))
                del known.pending[key]
                try:
                    self._settle(known, key, moment, deciding=deciding)
                except Missing as absent:
                    missing.setdefault(known.member, set()).update(absent.keys)
                    waiting[key] = None
            known.pending = waiting
        return missing

    def give_up(self, moment: Moment) -> None:
        """Park what still asks for items to be loaded."""
        for known in self.members.values():
            for key in list(known.pending):
                del known.pending[key]
                self._park(known, key, moment, "asks for more and more items")
            known.pending.clear()

    def park_stuck(self, moment: Moment, woken: Iterable[tuple[str, str]]) -> None:
        """Park the woken items that said nothing and are still due: they would wake for ever."""
        assert moment.at is not None
        for member, key in woken:
            known = self.members[member]
            wake = known.wakes.get(key)
            if wake is not None and wake <= to_ms(moment.at) and key not in known.spoken and invariants.parks():
                self._park(known, key, moment, "woke, said nothing and stays due")

    def say(self, known: Known[P, I], key: str, said: Sequence[Said], moment: Moment) -> None:
        """Stamp facts and fold them: all of them or, when one can not be said, none (`Unsayable`)."""
        stamped = [self._stamp(known.member, index, one, moment) for index, one in enumerate(said)]
        touched = [tuple(self.core.touches(fact)) for fact, _ in stamped]
        known.need(key for keys in touched for key in keys)
        before = known.before(key for keys in touched for key in keys)
        for (fact, _), keys in zip(stamped, touched, strict=True):
            if not known.fold(fact, keys):
                known.back_to(before)
                raise Unsayable(f"{fact.data.TYPE} changes nothing that is known")
        self.facts.extend(stamped)
        self.number += len(stamped)
        known.spoken.setdefault(key, []).extend(fact for fact, _ in stamped)

    def changes(self, meta: Mapping[str, str]) -> Changes:
        """Return what a commit must write."""
        members = {name: known.change(self._encode) for name, known in self.members.items() if known.dirty}
        cursors = {f"off:{topic}": str(offset) for topic, offset in self.offsets.items()}
        return Changes(meta={"number": str(self.number), **cursors, **meta}, members=members)

    def _absent(self, member: str, keys: Iterable[str]) -> set[str]:
        known = self.members.get(member)
        if known is None:
            return {PROFILE, NOTES, *self.core.beside, *keys}
        return {key for key in keys if key not in known.items}

    def _settle(self, known: Known[P, I], key: str, moment: Moment, *, deciding: bool) -> None:
        try:
            timer = self._evaluate(known, key, moment, deciding=deciding)
            known.pending.pop(key, None)  # what it said itself is settled; what others say puts it back
            known.set_timer(key, timer)
        except Missing:
            raise
        except Exception as error:
            if not invariants.blames(error):
                raise
            if deciding and invariants.parks():
                self._park(known, key, moment, _reason(error))
            elif deciding:
                raise
            else:
                known.wakes[key] = None

    def _evaluate(self, known: Known[P, I], key: str, moment: Moment, *, deciding: bool) -> datetime | None:
        """Publish what follows from an item until nothing does, and return its timer; not deciding, that alone."""
        while known.is_live(key):
            evaluation = self.core.evaluate(known.view, key, moment.at if deciding else None)
            if not deciding or not evaluation.publish:
                return evaluation.timer
            known.asked += 1
            if known.asked > ASKED_MAX:
                raise Unsayable(f"has more than {ASKED_MAX} things to say")
            self.say(known, key, evaluation.publish, moment)
        return None

    def _park(self, known: Known[P, I], key: str, moment: Moment, reason: str) -> None:
        parked = Parked(item=key, rules=self.core.rules, reason=reason[:PARKED_REASON_CHARS_MAX])
        fact, message = self._stamp(known.member, 0, Said(parked), moment)
        if not known.fold(fact):
            known.wakes[key] = None
            return
        known.pending.pop(key, None)
        known.wakes[key] = None
        self.facts.append((fact, message))
        self.number += 1

    def _stamp(self, member: str, index: int, said: Said, moment: Moment) -> tuple[Fact, Message]:
        number = self.number + 1 + index
        fact = Fact(
            id=f"{self.core.own}/{self.partition}/{number}",
            member=member,
            time=moment.stamp,
            logged=moment.stamp,
            data=said.data,
            source=source_of(self.core),
            causation=said.because,
            expires=said.expires,
            number=number,
            place=self.offsets,
            trace=self.trace_of(said) if self.trace_of is not None else None,
        )
        key, value, headers = codec.encode(fact)
        size = len(key) + len(value) + sum(len(name) + len(text) for name, text in headers)
        if size > FACT_BYTES_MAX:
            raise Unsayable(f"{said.data.TYPE} is {size} bytes, {FACT_BYTES_MAX} are allowed")
        return msgspec.structs.replace(fact, place=None), Message(key, value, headers, to_ms(moment.stamp))


def _reason(error: Exception) -> str:
    """Say why, without quoting what an unexpected error quotes: it may hold personal words."""
    return str(error) if isinstance(error, Unsayable) else f"the rule failed: {type(error).__name__}"


def topics_of(core: Core[P, I]) -> list[str]:
    """Return all topics that a partition of this service deals with, dead letters last."""
    return [*core.reads, core.own, DEAD_LETTERS]
