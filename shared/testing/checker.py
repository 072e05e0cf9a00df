"""Holds the promises from outside: the log alone tells what must be true, and the store must be what the log says.

`check` replays a partition from its topics: the inputs up to each own fact's place, then the fact. It shares the cores
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
from typing import Any

from shared.contracts import REPLAY, DigestFailed, DigestSending, DigestSent, Fact, Parked, ReplayRequested
from shared.decider import Core, Said
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.member_state import Known, folded_by
from shared.runtime.processing.reading import Poison, read_fact
from shared.runtime.processing.replay import original_of, request_of


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
    strays: Sequence[Record] = ()
    """What somebody else has put on the service's own topic."""


class Acknowledged:
    """What of one topic was acknowledged when, to be asked thousands of times."""

    def __init__(self, acknowledged: Mapping[tuple[str, int], datetime], topic: str) -> None:
        told = sorted((when, offset) for (name, offset), when in acknowledged.items() if name == topic)
        self._instants = [when for when, _ in told]
        self._highest = list(accumulate((offset for _, offset in told), max))

    def last_before(self, instant: datetime) -> int:
        """Return the highest offset that was acknowledged before the instant, -1 when there was none."""
        found = bisect_left(self._instants, instant)
        return self._highest[found - 1] if found else -1


class Replay:
    """The fold of the log, and what is wrong with what was said."""

    def __init__(self, cores: Sequence[Core[Any, Any]], evidence: Evidence) -> None:
        self.cores = cores
        self.core = cores[-1]
        self.evidence = evidence
        self.members: dict[str, Known[Any, Any]] = {}
        self.offsets = dict.fromkeys(self.core.reads, 0)
        self.next = dict.fromkeys(self.core.reads, 0)
        self.own = 0
        """The own topic is judged up to here."""
        self.acknowledged = {topic: Acknowledged(evidence.acknowledged, topic) for topic in self.core.reads}
        self.expected: dict[str, deque[Said]] = {}
        self.violations: list[str] = []

    def member(self, name: str) -> Known[Any, Any]:
        """Return the member, known or new."""
        if name not in self.members:
            known: Known[Any, Any] = Known(self.core, name)
            known.items = AllItems()
            known.view._items = known.items  # noqa: SLF001 - the view of a member of whom all is in memory
            self.members[name] = known
        return self.members[name]

    def run(self) -> list[str]:
        """Check every own fact in turn, then the rest of the inputs; return the violations."""
        for expected, record in enumerate(self.evidence.own, 1):
            fact = read_fact(record)
            if not isinstance(fact, Fact) or fact.place is None:
                self.violations.append(f"own offset {record.offset} can not be read")
                continue
            if fact.number != expected:
                self.violations.append(f"own offset {record.offset} has number {fact.number}, not {expected}")
            self._inputs_to(fact.place)
            self._judge(fact)
            self._fold(fact)
            self.own = record.offset + 1
        self._inputs_to(dict.fromkeys(self.core.reads, 1 << 62))
        return self.violations

    def _inputs_to(self, place: Mapping[str, int]) -> None:
        for topic in sorted(self.offsets):
            records = self.evidence.inputs[topic]
            self.offsets[topic] = max(self.offsets[topic], place.get(topic, 0))
            while self.next[topic] < len(records) and records[self.next[topic]].offset < self.offsets[topic]:
                fact = self.read(records[self.next[topic]])
                self.next[topic] += 1
                if isinstance(fact, Fact):
                    self._fold(fact)

    @property
    def cursors(self) -> dict[str, int]:
        """How far the inputs and the own topic are folded."""
        return {**self.offsets, self.core.own: self.own}

    def read(self, record: Record) -> Fact | Poison | None:
        """Return what an input means to the service, that of a replay by the place that it names."""
        if record.topic != REPLAY:
            return read_fact(record, folded_by(self.core))
        request = request_of(self.core, record)
        if not isinstance(request, ReplayRequested):
            return request
        if request.offset >= self.cursors[request.topic]:
            return None
        records = self.evidence.own if request.topic == self.core.own else self.evidence.inputs[request.topic]
        return original_of(self.core, record, next((one for one in records if one.offset == request.offset), None))

    def _fold(self, fact: Fact) -> None:
        with contextlib.suppress(Exception):  # the shell made a dead letter of it, and those are counted
            self.member(fact.member).fold(fact)

    def _judge(self, fact: Fact) -> None:
        """Find the item of which the rules say exactly this, here."""
        known = self.member(fact.member)
        rest = self.expected.setdefault(fact.member, deque())
        if rest and _same(rest[0], fact):
            rest.popleft()
            return
        rest.clear()
        if isinstance(fact.data, Parked):
            return
        if isinstance(fact.data, DigestSent | DigestFailed):
            return
        for at in (None, fact.time):
            for core in self.cores:
                for key in _likely_first(core, known, fact):
                    said = _ask(core, known, key, at)
                    if said and _same(said[0], fact):
                        rest.extend(said[1:])
                        if at is not None:
                            self._complete(fact)
                        return
        self.violations.append(f"number {fact.number} ({fact.data.TYPE}) is not what the rules say at its place")

    def _complete(self, fact: Fact) -> None:
        """All that was acknowledged before the instant of a wake lies below its place."""
        assert fact.place is not None
        for topic, acknowledged in self.acknowledged.items():
            if topic in self.offsets and (offset := acknowledged.last_before(fact.time)) >= fact.place.get(topic, 0):
                self.violations.append(f"number {fact.number} was said at {fact.time} without {topic} {offset}")

    def unsaid(self, now: datetime) -> list[str]:
        """Return what the rules would still say now."""
        left = []
        for name, known in self.members.items():
            for key in [key for key, item in known.items.items() if item is not None]:
                if known.is_parked(key):
                    continue
                if _ask(self.core, known, key, None):
                    left.append(f"{name} {key}: unsaid")
                wake = self.core.evaluate(known.view, key, None).timer
                if wake is not None and wake <= now:
                    left.append(f"{name} {key}: a wake at {wake} did not fire")
        return left


def check_dead_letters(replay: Replay) -> list[str]:
    """Every unreadable record has its dead letter; a repeated id has the same bytes."""
    core, evidence = replay.core, replay.evidence
    by_id: dict[bytes, tuple[bytes | None, bytes | None]] = {}
    violations = []
    for record in evidence.dead:
        name = dict(record.headers)["ce_id"]
        if by_id.setdefault(name, (record.key, record.value)) != (record.key, record.value):
            violations.append(f"dead letter {name!r} has two contents")
    for topic, records in {**evidence.inputs, core.own: evidence.strays}.items():
        for record in records:
            name = f"{core.name}/{topic}/{record.partition}/{record.offset}".encode()
            if _must_be_buried(replay, record) and name not in by_id:
                violations.append(f"no dead letter {name!r}")
    return violations


def _must_be_buried(replay: Replay, record: Record) -> bool:
    """Say whether a record has a dead letter. That of a replay may depend on how far the original's topic was read."""
    if record.topic == replay.core.own:
        return True
    if record.topic == REPLAY:
        return isinstance(request_of(replay.core, record), Poison)
    return isinstance(read_fact(record, folded_by(replay.core)), Poison)


def check_attempts(own: Iterable[Record]) -> list[str]:
    """Each attempt to send a mail is announced once, and has at most one outcome of each kind."""
    seen: set[tuple[str, str, int]] = set()
    violations = []
    for record in own:
        fact = read_fact(record)
        if isinstance(fact, Fact) and isinstance(fact.data, DigestSending):
            attempt = (fact.member, fact.data.digest_id, fact.data.attempt)
            if attempt in seen:
                violations.append(f"{attempt} was begun twice")
            seen.add(attempt)
    return violations


def _likely_first(core: Core[Any, Any], known: Known[Any, Any], fact: Fact) -> list[str]:
    """Return all items that are there, those first that the fact is about."""
    with contextlib.suppress(Exception):  # a core that stumbles over a fact names nothing
        touched = [key for key in core.touches(fact) if known.items.get(key) is not None]
        return list(dict.fromkeys([*touched, *(key for key, item in known.items.items() if item is not None)]))
    return [key for key, item in known.items.items() if item is not None]


def _ask(core: Core[Any, Any], known: Known[Any, Any], key: str, at: datetime | None) -> Sequence[Said]:
    try:
        return core.evaluate(known.view, key, at).publish
    except Exception:  # noqa: BLE001 - a rule that fails says nothing
        return ()


def _same(said: Said, fact: Fact) -> bool:
    return said.data == fact.data and said.expires == fact.expires and said.because == fact.causation
