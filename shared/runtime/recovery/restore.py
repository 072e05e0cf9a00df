"""Read back what was said: own events from `own_end` to the end, the inputs before each applied first, nothing decided.

A long way is committed in parts: what a part touched is owed a decision, which a timer of then pays. Where timers wait for
places among effects, a sweep pays it, and the parts are marked `unswept`.

What somebody else has put on the own topic lacks the service's marks: it is passed over, and becomes a dead letter. What
bears them and can not be the next event is refused, until a person says that it is to be stepped over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts import REPLAY, Event
from shared.contracts.topic_names import SOURCES
from shared.runtime.ports.interfaces import Record, Refused
from shared.runtime.ports.limits import READ_BACK_RECORDS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.read_again.replay import read_again
from shared.runtime.processing.read_again.step_over import RefusedRecord, is_stepped_over
from shared.runtime.processing.reading import FOREIGN, STEPPED_OVER, Poison, read_event
from shared.runtime.processing.strange_types import strange_type
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork
from shared.runtime.snapshot_model.snapshot_state import RESTORING


@dataclass(slots=True)
class Part:
    """Events in the order in which they were applied once, and where reading stands after them."""

    offsets: dict[str, int]
    number: int
    own_end: int
    checkpoint: str
    looked: int
    """The own topic was looked through up to here; the place of a control record at its end is not counted."""
    events: list[Event] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    """The ids of those that are own events."""
    foreign: list[tuple[Record, str]] = field(default_factory=list)
    """What stood between them and is nobody's of ours, each with the reason of its dead letter."""
    strange: list[str] = field(default_factory=list)
    """Types that nobody knows, of the inputs that were passed over."""
    whole: bool = False
    """Whether nothing is left to read back after it."""


async def read_back(owner: PartitionTask[Any, Any], end: int, lasting: Mapping[str, str], *, unswept: bool) -> bool:
    """Bring the store up to the own topic's `end`, and decide for what that touched; return whether a sweep is owed."""
    owner.own_end = invariants.read_back_from(owner.own_end, end)
    reader = Reader(owner, end)
    while True:
        part = await reader.next_part()
        work = owner.work()
        touched = [(event, work.want(event)) for event in part.events]
        await owner.load(work, work.wanted)
        for event, keys in touched:
            _apply_again(owner, work, event, keys, own=event.id in part.own)
        for record, reason in part.foreign:
            work.bury(record, owner.clock.now(), reason)
        work.offsets, work.number, work.strange = part.offsets, part.number, part.strange
        owner.own_end, owner.checkpoint = part.own_end, part.checkpoint
        owner.looked = (owner.looked[0], part.looked)
        if owner.aside >= owner.looked[0]:  # else what lies before is looked through first, by `strays`
            owner.aside = max(owner.aside, part.looked)
        moment = owner.moment()
        if part.whole:
            await owner.settle(work, moment)
            restored = {RESTORING: "0"} if owner.restored else {}
            await owner.finish(work, {**lasting, **restored, "unswept": "1" if unswept else "0"})
            return unswept
        unswept = unswept or bool(owner.decider.effects)  # of all others, what came up has a timer of then
        await owner.settle(work, as_logged(moment, part.events), deciding=False)
        await owner.finish(work, {**lasting, "unswept": "1"})


def as_logged(moment: EvaluationTime, events: Sequence[Event]) -> EvaluationTime:
    """Return when the last of the events was logged, as far as that has passed: what they touched has a timer of then.

    With one of now, a host whose clock is ahead would keep it waiting after the clock was put right.
    """
    return EvaluationTime(min(moment.now, max((event.logged for event in events), default=moment.now)))


def _apply_again(
    owner: PartitionTask[Any, Any], work: UnitOfWork[Any, Any], event: Event, keys: Sequence[str] | None, *, own: bool
) -> None:
    """Apply what was applied before. An input that the rules stumbled over then became a dead letter then."""
    try:
        work.apply(event, keys)
    except Exception as error:
        if not invariants.blames(error):
            raise
        if own:
            raise Refused(f"own event {event.number} can not be applied: {type(error).__name__}") from error
        owner.counts["skipped"] += 1


class Reader:
    """Walks the own topic and the inputs together, in parts of bounded size."""

    def __init__(self, owner: PartitionTask[Any, Any], end: int) -> None:
        self.owner, self.end = owner, end
        self.offsets = dict(owner.offsets)
        self.number, self.own_end, self.checkpoint = owner.number, owner.own_end, owner.checkpoint
        self.own: list[tuple[Record, Event]] = []
        """Own events that were read and not handed out, the next one last."""
        self.foreign: list[tuple[Record, str]] = []
        self.strange: list[str] = []
        restored = owner.restored.furthest if owner.restored else {}
        self.furthest = {topic: offset for topic, offset in restored.items() if topic in self.offsets}
        """Inputs up to here belong to the way back, whatever own events there are: some members stand there."""
        self.ahead = self.met = owner.own_end
        """The own topic was read up to here; the last record stood right before `met`."""

    async def next_part(self) -> Part:
        """Return the next events to apply."""
        events: list[Event] = []
        own: set[str] = set()
        while len(events) < READ_BACK_RECORDS_MAX:
            if not self.own and not await self._read_own():
                events += await self._inputs_before(self.furthest, READ_BACK_RECORDS_MAX - len(events))
                if self._lacks(self.furthest):
                    continue
                self.own_end = self.ahead
                return self._part(events, own, whole=self.ahead >= self.end)
            record, event = self.own[-1]
            input_offsets = self._input_offsets(event)
            events += await self._inputs_before(input_offsets, READ_BACK_RECORDS_MAX - len(events))
            if self._lacks(input_offsets):
                continue  # the part is full before the event's place is reached
            self.own.pop()
            if self.owner.is_new(event, record):
                events.append(event)
            own.add(event.id)
            assert event.number is not None
            self.number, self.own_end = event.number, record.offset + 1
            self.checkpoint = f"{record.offset} {invariants.digest(record.key, record.value, record.headers)}"
        return self._part(events, own, whole=False)

    def _part(self, events: list[Event], own: set[str], *, whole: bool) -> Part:
        foreign, self.foreign = self.foreign, []
        strange, self.strange = self.strange, []
        looked = self.met if self.own_end == self.met + 1 else self.own_end
        return Part(
            dict(self.offsets), self.number, self.own_end, self.checkpoint, looked, events, own, foreign, strange, whole
        )

    def _input_offsets(self, event: Event) -> Mapping[str, int]:
        assert event.input_offsets is not None
        return {topic: offset for topic, offset in event.input_offsets.items() if topic in self.offsets}

    def _lacks(self, input_offsets: Mapping[str, int]) -> bool:
        return any(self.offsets[topic] < offset for topic, offset in input_offsets.items())

    async def _read_own(self) -> bool:
        """Read on in the own topic; return whether there is anything more."""
        topic, partition = self.owner.decider.own, self.owner.partition
        number = self.number
        while not self.own and self.ahead < self.end and len(self.foreign) < READ_BACK_RECORDS_MAX:
            records, self.ahead = await self.owner.log.read(
                topic, partition, self.ahead, self.end, READ_BACK_RECORDS_MAX
            )
            for record in records:
                self.met = record.offset + 1
                # A batch that nobody can read lacks all marks, too, and holds what was said: it is refused, not set aside.
                if record.fault is None and invariants.is_foreign(topic, record.headers):
                    self._set_aside(record, FOREIGN)
                    continue
                try:
                    self.own.append((record, own_event(record, number)))
                except RefusedRecord:
                    if not await is_stepped_over(self.owner.log, self.owner.decider.name, record):
                        raise
                    self._set_aside(record, STEPPED_OVER)
                else:
                    number += 1
        self.own.reverse()
        return bool(self.own)

    def _set_aside(self, record: Record, reason: str) -> None:
        if self._is_new(record):
            self.foreign.append((record, reason))

    def _is_new(self, record: Record) -> bool:
        """Say whether a foreign record is met for the first time: the way back begins behind the last own event."""
        return record.offset >= self.owner.aside

    async def _inputs_before(self, input_offsets: Mapping[str, int], records_max: int) -> list[Event]:
        """Read inputs up to a place, at most about `records_max`, and move the cursors over them."""
        events: list[Event] = []
        for topic, offset in sorted(input_offsets.items()):
            while self.offsets[topic] < offset and len(events) < records_max:
                records, self.offsets[topic] = await self.owner.log.read(
                    topic, self.owner.partition, self.offsets[topic], offset, records_max - len(events)
                )
                if topic == REPLAY:
                    read = [await read_again(self.owner, record, self.offsets, self.own_end) for record in records]
                else:
                    read = [read_event(record, self.owner.applies, self.owner.options.partitions) for record in records]
                    passed = (record for record, one in zip(records, read, strict=True) if one is None)
                    self.strange += [name for name in map(strange_type, passed) if name is not None]
                events += [
                    one
                    for record, one in zip(records, read, strict=True)
                    if one is not None and not isinstance(one, Poison) and self.owner.is_new(one, record)
                ]
        return events


def own_event(record: Record, last: int) -> Event:
    """Return the service's event number `last` + 1. Refuse, by `RefusedRecord`, what can not be it."""
    event = read_event(record)
    service = SOURCES[record.topic].rpartition("/")[2]
    if event is None or isinstance(event, Poison) or event.number is None or event.input_offsets is None:
        reason = f"{record.topic} holds at offset {record.offset} what this service can not have said"
        raise RefusedRecord(reason, service, record)
    try:
        invariants.follows(event.number, last, record.offset)
    except Refused as refusal:
        raise RefusedRecord(str(refusal), service, record) from None
    return event
