"""What a decider costs without Kafka and Redis: CPU of an event by part, of a timer, and a digest of all that is published.

Run it: `python -m tests.bench.bench_decider [SERVICE] [EVENTS] [PASSES]`. It steps through one partition's share of the
backlog, and then through each timer of the next days, as an owner would. Equal digests before and after a change show that
what is published, and each timer, is the same to the byte; the best of some passes is what the machine allows.
"""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from rapport.composition import DECIDERS
from services.followups.engine import evaluate
from shared.contracts import ACTIVITY, Event, partition_for
from shared.contracts.cloudevents import codec
from shared.decider import Decider
from shared.runtime.ports.instants import from_ms, to_ms
from shared.runtime.ports.interfaces import Changes, Message, Record
from shared.runtime.processing.member.shell_events import applied_by
from shared.runtime.processing.reading import read_event
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork
from tests.bench.network import EVENTS_PER_MEMBER, PARTITIONS, Network

END = datetime(2026, 11, 29, 4, tzinfo=UTC)
"""When the last event of the backlog happens: fixed, so that a digest is comparable from day to day."""
EVENTS = 100_000
PASSES = 3
STEP_RECORDS = 1_600
STEP_TIMERS = 500
DAYS = 10
PARTS = ("read", "load", "apply", "settle", "encode", "timers")
say = sys.stdout.write
Stored = dict[str, dict[str, bytes]]


def backlog(events: int) -> list[Record]:
    """Return the records of partition 0 of a backlog of so many events."""
    told = [
        (codec.encode(event), to_ms(event.logged))
        for event in Network(events // EVENTS_PER_MEMBER).events(events, END)
        if partition_for(event.member, PARTITIONS) == 0
    ]
    return [
        Record(ACTIVITY, 0, offset, key, value, tuple(headers), at)
        for offset, ((key, value, headers), at) in enumerate(told)
    ]


class Partition:
    """One partition of a service whose store and log are in memory."""

    def __init__(self, decider: Decider[Any, Any]) -> None:
        self.decider, self.applies = decider, applied_by(decider)
        self.stored: Stored = {}
        self.timers: dict[tuple[str, str], int] = {}
        self.offsets, self.number = dict.fromkeys(decider.reads, 0), 0
        self.spent, self.published, self.digest = dict.fromkeys(PARTS, 0.0), 0, hashlib.sha256()

    def read(self, records: Sequence[Record]) -> None:
        """Apply records in one step, and publish what follows."""
        work, began = UnitOfWork(self.decider, 0, self.offsets, self.number), process_time()
        work.offsets.update({record.topic: record.offset + 1 for record in records})
        read = [event for record in records if isinstance(event := read_event(record, self.applies, PARTITIONS), Event)]
        events = [(event, work.want(event)) for event in read]
        began = self._spend("read", began)
        self._load(work, work.wanted)
        began = self._spend("load", began)
        for event, keys in events:
            work.apply(event, keys)
        began = self._spend("apply", began)
        self._settle(work, EvaluationTime(END))
        began = self._spend("settle", began)
        self._commit(work)
        self._spend("encode", began)

    def wake(self, at: datetime, due: Sequence[tuple[str, str]]) -> None:
        """Publish what is due."""
        work, began = UnitOfWork(self.decider, 0, self.offsets, self.number), process_time()
        wanted: dict[str, list[str]] = {}
        for member, key in due:
            wanted.setdefault(member, []).append(key)
        self._load(work, {member: (*keys, *self.decider.woken_with) for member, keys in wanted.items()})
        for member, key in due:
            work.members[member].look_at(key)
        moment = EvaluationTime(at, at)
        self._settle(work, moment)
        work.park_stuck(moment, due)
        self._settle(work, moment)
        self._commit(work)
        self._spend("timers", began)

    def due(self, until: datetime) -> Iterator[tuple[datetime, list[tuple[str, str]]]]:
        """Yield what is due next, some at a time, until an instant."""
        while self.timers and (first := min(self.timers.values())) <= to_ms(until):
            at = max(first, min(first + 60_000, to_ms(until)))
            due = sorted((ms, *named) for named, ms in self.timers.items() if ms <= at)[:STEP_TIMERS]
            yield from_ms(at), [(member, key) for _, member, key in due]

    def _load(self, work: UnitOfWork[Any, Any], wanted: Mapping[str, Any]) -> None:
        absent = work.unloaded(wanted)
        state = self.stored
        work.add({member: {key: state.get(member, {}).get(key) for key in keys} for member, keys in absent.items()})

    def _settle(self, work: UnitOfWork[Any, Any], moment: EvaluationTime) -> None:
        while missing := work.look(moment):
            self._load(work, missing)

    def _commit(self, work: UnitOfWork[Any, Any]) -> None:
        assert not work.dead, work.buried[:1]
        changes = work.changes({})
        self.committed(changes, work.events)
        for member, change in changes.members.items():
            state = self.stored.setdefault(member, {})
            state.update(change.puts)
            for key in change.deletes:
                state.pop(key, None)
            for key, at in change.wakes.items():
                self.timers[member, key] = at or 0
                if at is None:
                    del self.timers[member, key]
        self.offsets, self.number, self.published = dict(work.offsets), work.number, self.published + len(work.events)
        for _, message in work.events:
            self.digest.update(repr(message).encode())

    def committed(self, changes: Changes, said: Sequence[tuple[Event, Message]]) -> None:
        """Take note of what a commit writes and what it publishes; here nothing is noted."""

    def _spend(self, part: str, began: float) -> float:
        now = process_time()
        self.spent[part] += now - began
        return now


def run(decider: Decider[Any, Any], records: Sequence[Record]) -> dict[str, float | str]:
    """Step through the records, and through the timers of the next days; return CPU by part, counts and the digest."""
    partition = Partition(decider)
    for start in range(0, len(records), STEP_RECORDS):
        partition.read(records[start : start + STEP_RECORDS])
    told, timers = partition.published, 0
    for at, due in partition.due(END + timedelta(days=DAYS)):
        partition.wake(at, due)
        timers += len(due)
    partition.digest.update(repr(sorted(partition.timers.items())).encode())
    spent = {part: 1e6 * partition.spent[part] / len(records) for part in PARTS}
    timer = 1e6 * partition.spent["timers"] / max(timers, 1)
    event = sum(spent[part] for part in PARTS if part != "timers")
    stored = sum(len(value) for items in partition.stored.values() for value in items.values())
    return {
        "CPU of an event, us": event, **{f"- {part}, us": spent[part] for part in PARTS if part != "timers"},
        "CPU of a timer, us": timer, "timers": timers, "published on reading": told, "published": partition.published,
        "bytes stored": stored, "digest": partition.digest.hexdigest()[:16],
    }  # fmt: skip


def rules_asked(decider: Decider[Any, Any], records: Sequence[Record]) -> float:
    """Return how many rules of *followups* are asked for each event that it publishes on reading the backlog."""
    asked, ask = 0, evaluate.outcome

    def counted(case: Any) -> Any:
        nonlocal asked
        asked += 1
        return ask(case)

    evaluate.outcome = counted
    try:
        partition = Partition(decider)
        for start in range(0, len(records), STEP_RECORDS):
            partition.read(records[start : start + STEP_RECORDS])
    finally:
        evaluate.outcome = ask
    return asked / max(partition.published, 1)


def main() -> None:
    """Measure and print: of each part the best pass."""
    name = sys.argv[1] if len(sys.argv) > 1 else "followups"
    events = int(sys.argv[2]) if len(sys.argv) > 2 else EVENTS
    passes = int(sys.argv[3]) if len(sys.argv) > 3 else PASSES
    decider, records = DECIDERS[name], backlog(events)
    gc.freeze()
    best: dict[str, float | str] = {}
    for _ in range(passes):
        for figure, value in run(decider, records).items():
            best[figure] = value if isinstance(value, str) else min(value, float(best.get(figure, value)))
        gc.collect()
    for figure, value in best.items():
        say(f"{figure}: {value}\n" if isinstance(value, str) else f"{figure}: {value:,.1f}\n")
    if name == "followups":
        say(f"rules asked for an event published: {rules_asked(decider, records):.2f}\n")


if __name__ == "__main__":
    main()
