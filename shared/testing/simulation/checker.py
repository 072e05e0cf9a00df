"""Holds the promises from outside: the log alone tells what must be true, and the store must be what the log says.

`check` replays a partition from its topics: the inputs up to each own event's place, then the event. It shares the deciders
with the shell and nothing of how the shell works, so it can judge any run, simulated or real.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, TypeAlias

from shared.contracts import (
    REPLAY,
    DigestFailed,
    DigestSending,
    DigestSent,
    Event,
    Parked,
    PushFailed,
    PushSending,
    PushSent,
    PushWithdrawing,
    PushWithdrawn,
    ReplayRequested,
)
from shared.decider import Decider, NewEvent
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.member.member_state import MemberState
from shared.runtime.processing.member.shell_events import applied_by
from shared.runtime.processing.read_again.replay import original_of, request_of
from shared.runtime.processing.reading import Poison, read_event
from shared.runtime.snapshot_model.snapshot_form import Mark


class AllItems(dict[str, Any]):
    """Items of which nothing is known are None, not missing: the checker has everything in memory."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> None:
        return None


@dataclass(slots=True)
class Evidence:
    """All that an outsider can read of one partition of one service."""

    inputs: Mapping[str, Sequence[Record]]
    """By topic, committed records in order."""
    own: Sequence[Record]
    dead: Sequence[Record] = ()
    """Dead letters of this service."""
    acknowledged: Mapping[tuple[str, int], datetime] = field(default_factory=dict)
    """(topic, offset) -> when its producer had the acknowledgement, by the world's clock."""
    marks: Sequence[Mark] = ()
    """Of the service's snapshots, in order."""
    strays: Sequence[Record] = ()
    """What somebody else has put on the service's own topic."""


class Acknowledged:
    """What of one topic was acknowledged when, to be asked thousands of times."""

    def __init__(self, acknowledged: Mapping[tuple[str, int], datetime], topic: str) -> None:
        times = sorted((when, offset) for (name, offset), when in acknowledged.items() if name == topic)
        self._instants = [when for when, _ in times]
        self._highest = list(accumulate((offset for _, offset in times), max))

    def last_before(self, instant: datetime) -> int:
        """Return the highest offset that was acknowledged before the instant, -1 when there was none."""
        found = bisect_left(self._instants, instant)
        return self._highest[found - 1] if found else -1


class Replay:
    """The state that the log makes, and what is wrong with what was said."""

    def __init__(self, deciders: Sequence[Decider[Any, Any]], evidence: Evidence) -> None:
        self.deciders = deciders
        self.decider = deciders[-1]
        self.evidence = evidence
        self.members: dict[str, MemberState[Any, Any]] = {}
        self.offsets = dict.fromkeys(self.decider.reads, 0)
        self.next = dict.fromkeys(self.decider.reads, 0)
        self.own = 0
        """The own topic is judged up to here."""
        self.acknowledged = {topic: Acknowledged(evidence.acknowledged, topic) for topic in self.decider.reads}
        self.expected: dict[str, deque[NewEvent]] = {}
        self.violations: list[str] = []

    def member(self, name: str) -> MemberState[Any, Any]:
        """Return the member, known or new."""
        if name not in self.members:
            state: MemberState[Any, Any] = MemberState(self.decider, name)
            state.items = AllItems()
            state.view._items = state.items  # noqa: SLF001 - the view of a member of whom all is in memory
            self.members[name] = state
        return self.members[name]

    def run(self) -> list[str]:
        """Check every own event in turn, then the rest of the inputs; return the violations."""
        for expected, record in enumerate(self.evidence.own, 1):
            event = read_event(record)
            if not isinstance(event, Event) or event.input_offsets is None:
                self.violations.append(f"own offset {record.offset} can not be read")
                continue
            if event.number != expected:
                self.violations.append(f"own offset {record.offset} has number {event.number}, not {expected}")
            self._inputs_to(event.input_offsets)
            self._judge(event)
            self._apply(event)
            self.own = record.offset + 1
        self._inputs_to(dict.fromkeys(self.decider.reads, 1 << 62))
        return self.violations

    def _inputs_to(self, input_offsets: Mapping[str, int]) -> None:
        for topic in sorted(self.offsets):
            records = self.evidence.inputs[topic]
            self.offsets[topic] = max(self.offsets[topic], input_offsets.get(topic, 0))
            while self.next[topic] < len(records) and records[self.next[topic]].offset < self.offsets[topic]:
                event = self.read(records[self.next[topic]])
                self.next[topic] += 1
                if isinstance(event, Event):
                    self._apply(event)

    @property
    def cursors(self) -> dict[str, int]:
        """How far the inputs and the own topic are applied."""
        return {**self.offsets, self.decider.own: self.own}

    def read(self, record: Record) -> Event | Poison | None:
        """Return what an input means to the service, that of a replay by the place that it names."""
        if record.topic != REPLAY:
            return read_event(record, applied_by(self.decider))
        request = request_of(self.decider, record)
        if not isinstance(request, ReplayRequested):
            return request
        if request.offset >= self.cursors[request.topic] or self._is_needless(request, record.offset):
            return None
        records = self.evidence.own if request.topic == self.decider.own else self.evidence.inputs[request.topic]
        return original_of(self.decider, record, next((one for one in records if one.offset == request.offset), None))

    def _is_needless(self, request: ReplayRequested, at: int) -> bool:
        """Say whether what is asked for counted as gone by the mark that was in force where the request stands."""
        marks = [mark for mark in self.evidence.marks if mark.asked <= at]
        return bool(marks) and request.offset < marks[-1].needed.get(request.topic, 0)

    def _apply(self, event: Event) -> None:
        with contextlib.suppress(Exception):  # the shell made a dead letter of it, and those are counted
            self.member(event.member).apply(event)

    def _judge(self, event: Event) -> None:
        """Find the item of which the rules say exactly this, here."""
        state = self.member(event.member)
        rest = self.expected.setdefault(event.member, deque())
        if rest and _same(rest[0], event):
            rest.popleft()
            return
        rest.clear()
        if isinstance(event.data, Parked):
            return
        if isinstance(event.data, DigestSent | DigestFailed | PushSent | PushFailed | PushWithdrawn):
            return
        for at in (None, event.time):
            for decider in self.deciders:
                for key in _likely_first(decider, state, event):
                    asked = _ask(decider, state, key, at)
                    if asked and _same(asked[0], event):
                        rest.extend(asked[1:])
                        if at is not None:
                            self._complete(event)
                        return
        self.violations.append(f"number {event.number} ({event.data.TYPE}) is not what the rules say at its place")

    def _complete(self, event: Event) -> None:
        """All that was acknowledged before the instant of a wake lies below its place."""
        assert event.input_offsets is not None
        for topic, acknowledged in self.acknowledged.items():
            if topic in self.offsets and (offset := acknowledged.last_before(event.time)) >= event.input_offsets.get(
                topic, 0
            ):
                self.violations.append(f"number {event.number} was said at {event.time} without {topic} {offset}")

    def unpublished(self, now: datetime) -> list[str]:
        """Return what the rules would still say now."""
        left = []
        for name, state in self.members.items():
            for key in [key for key, item in state.items.items() if item is not None]:
                if state.is_parked(key):
                    continue
                if _ask(self.decider, state, key, None):
                    left.append(f"{name} {key}: unsaid")
                wake = self.decider.evaluate(state.view, key, None).timer
                if wake is not None and wake <= now:
                    left.append(f"{name} {key}: a wake at {wake} did not fire")
        return left


def check_dead_letters(replay: Replay) -> list[str]:
    """Every unreadable record has its dead letter; a repeated id has the same bytes."""
    decider, evidence = replay.decider, replay.evidence
    by_id: dict[bytes, tuple[bytes | None, bytes | None]] = {}
    violations = []
    for record in evidence.dead:
        name = dict(record.headers)["ce_id"]
        if by_id.setdefault(name, (record.key, record.value)) != (record.key, record.value):
            violations.append(f"dead letter {name!r} has two contents")
    for topic, records in {**evidence.inputs, decider.own: evidence.strays}.items():
        for record in records:
            name = f"{decider.name}/{topic}/{record.partition}/{record.offset}".encode()
            if _must_be_buried(replay, record) and name not in by_id:
                violations.append(f"no dead letter {name!r}")
    return violations


def _must_be_buried(replay: Replay, record: Record) -> bool:
    """Say whether a record has a dead letter. That of a replay may depend on how far the original's topic was read."""
    if record.topic == replay.decider.own:
        return True
    if record.topic == REPLAY:
        return isinstance(request_of(replay.decider, record), Poison)
    return isinstance(read_event(record, applied_by(replay.decider)), Poison)


Attempt: TypeAlias = tuple[str, str, int, int]
"""(member, digest or reminder, number, the member's incarnation)."""


def attempt_of(event: Event) -> Attempt | None:
    """Return which attempt to send a mail or a reminder, or to take it back, an event announces, if it does."""
    match event.data:
        case DigestSending(digest_id=what, attempt=number) | PushSending(due_id=what, attempt=number):
            return event.member, what, number, event.incarnation
        case PushWithdrawing(due_id=what, attempt=number):
            return event.member, f"{what}, taken back", number, event.incarnation
        case _:
            return None


def check_attempts(own: Iterable[Record]) -> list[str]:
    """Each attempt to send is announced once."""
    seen: set[Attempt] = set()
    violations = []
    for record in own:
        event = read_event(record)
        if isinstance(event, Event) and (attempt := attempt_of(event)) is not None:
            if attempt in seen:
                violations.append(f"{attempt} was begun twice")
            seen.add(attempt)
    return violations


def _likely_first(decider: Decider[Any, Any], state: MemberState[Any, Any], event: Event) -> list[str]:
    """Return all items that are there, those first that the event is about."""
    with contextlib.suppress(Exception):  # a decider that stumbles over an event names nothing
        touched = [key for key in decider.touches(event) if state.items.get(key) is not None]
        return list(dict.fromkeys([*touched, *(key for key, item in state.items.items() if item is not None)]))
    return [key for key, item in state.items.items() if item is not None]


def _ask(decider: Decider[Any, Any], state: MemberState[Any, Any], key: str, at: datetime | None) -> Sequence[NewEvent]:
    try:
        return decider.evaluate(state.view, key, at).publish
    except Exception:  # noqa: BLE001 - a rule that fails says nothing
        return ()


def _same(one: NewEvent, event: Event) -> bool:
    return one.data == event.data and one.expires == event.expires and one.because == event.causation
