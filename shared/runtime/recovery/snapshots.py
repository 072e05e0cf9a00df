"""The way back from snapshots: of a store that is empty, or that stands before what the snapshots cover.

Three walks. The first reads the whole snapshots topic of the partition, finds each member's newest snapshot, and refuses
what does not hold together: nothing is deleted before. The second writes those into the emptied store. Each member then
stands where their snapshot was taken, so the third, which is `read_back`, begins at the mark, passes over what a member's
snapshot holds, and goes on until all of them stand at one position. The store bears a mark of its own until then: whoever
recovers in between begins anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.decider import Decider
from shared.runtime.ports.interfaces import Bounds, Log, Record, Refused
from shared.runtime.ports.limits import SNAPSHOT_PAGE_RECORDS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.recovery.migrating import OLDER, refuse_unmigrated
from shared.runtime.recovery.store_writing import StoreWriting
from shared.runtime.snapshot_model.snapshot_form import (
    Mark,
    Part,
    Position,
    beyond,
    of_key,
    part_in,
)
from shared.runtime.snapshot_model.snapshot_state import RESTORING, Restored
from shared.stored.migration import gap, way

WAY_OUT: Final = "restore a copy of the store that fits the log"


def begins_from_snapshots(
    decider: Decider[Any, Any],
    mark: Mark,
    meta: Mapping[str, str],
    bounds: Mapping[str, Bounds],
    identities: Mapping[str, str],
    options: Options,
) -> Position | None:
    """Return the position from which the snapshots are to be followed, where the store does not stand there or beyond.

    None: the store goes on, or all of the log is read. Raises `Refused` where neither leads anywhere.
    """
    if (position := mark.position) is None:
        return None
    reach = _of_today(decider, position.offsets)
    if decider.own:
        reach[decider.own] = mark.needed.get(decider.own, 0)
    if not (
        invariants.is_behind(meta, decider.own, reach, position.number)
        or meta.get(RESTORING) == "1"
        or int(meta.get("version", decider.version)) < decider.version
    ):
        return None
    if (begun := [topic for topic in decider.topics if bounds[topic].begin > position.offsets.get(topic, 0)]) and (
        options.begin_at_earliest and not meta.get("number")
    ):
        return None
    for topic, identity in identities.items():
        if mark.identities.get(topic, identity) != identity:
            raise Refused(f"{topic} is another topic than the one that the snapshots follow")
    steps = way(decider.migrations, mark.version, decider.version)
    is_whole = not any(bounds[topic].begin for topic in decider.topics)
    if is_whole and options.keep is None and (steps is None or any(step.remembers_more for step in steps)):
        return None  # all of the log is there, and stays
    if steps is None:
        raise Refused(
            f"no migration leads from the version of the snapshots ({mark.version} of {decider.name}) to this one "
            f"({decider.version}), and the log {'may lose its beginning' if is_whole else 'begins later'}: "
            f"{gap(decider.migrations, mark.version, decider.version)}; {OLDER}"
        )
    for topic in begun or decider.topics:
        _refuse_gap(topic, position.offsets.get(topic, 0), bounds[topic])
    return position


def _refuse_gap(topic: str, offset: int, bounds: Bounds) -> None:
    """Refuse, by `Refused`, a log that begins behind what the snapshots cover: to read all of it again would not help."""
    try:
        invariants.within(topic, offset, bounds)
    except Refused:
        if offset > bounds.end:
            raise
        raise Refused(
            f"{topic} ({bounds.begin} to {bounds.end}): the snapshots are followed from {offset} on, which lies outside of"
            f" the log: what stood between is gone, and no snapshot covers it; {WAY_OUT}"
        ) from None


@dataclass(frozen=True, slots=True)
class Newest:
    """What is known of a member's newest snapshot."""

    snapshot: str
    parts: int
    position: Position
    version: int
    """Of the stored states."""


@dataclass(slots=True)
class Found:
    """Each member's newest snapshot, as far as the topic was read."""

    newest: dict[str, Newest] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    """By member: how many of these parts were met."""

    def add(self, member: str, number: int, part: Part | None) -> None:
        """Take in the next record: a part, or that one was taken away."""
        if part is None:
            if number == 0:
                self.newest.pop(member, None)
                self.seen.pop(member, None)
            return
        if member not in self.newest or self.newest[member].snapshot != part.snapshot:
            self.newest[member] = Newest(part.snapshot, part.parts, part.position, part.version)
            self.seen[member] = 0
        self.seen[member] += 1

    def check(self) -> None:
        """Refuse snapshots of which a part is missing."""
        for member, one in self.newest.items():
            if not invariants.is_complete(one.parts, self.seen[member]):
                raise Refused(f"a snapshot has {self.seen[member]} of its {one.parts} parts; {WAY_OUT}")


async def restore(
    owner: PartitionTask[Any, Any], position: Position, bounds: Mapping[str, Bounds], snapshots: Bounds
) -> Mapping[str, str]:
    """Write the newest snapshots into the emptied store; return the meta from which to read back. Raises `Refused`."""
    assert owner.snapshots is not None, "only where there are snapshots, one restores them"
    found = await look_through(owner.log, owner.decider, owner.partition, owner.snapshots.mark, bounds, snapshots)
    parts: dict[str, list[Part]] = {}
    writing = StoreWriting(owner)
    await writing.begin()
    async for record, member, _ in _records(owner.log, owner.snapshots.topic, owner.partition, snapshots):
        if record.value is None or member not in found.newest:
            continue
        part = part_in(record)
        if part.snapshot != found.newest[member].snapshot:
            continue
        parts.setdefault(member, []).append(part)
        if len(parts[member]) == part.parts:
            await writing.put(member, parts.pop(member))
    await writing.end()
    positions = {member: one.position for member, one in found.newest.items()}
    owner.restored = Restored(positions, _furthest(position, positions))
    owner.counts["restored"] += 1
    cursors = {f"off:{topic}": str(position.offsets.get(topic, 0)) for topic in owner.decider.reads}
    own_end = str(position.offsets.get(owner.decider.own, 0))
    written = {
        "own_end": own_end,
        "number": str(position.number),
        "checkpoint": position.checkpoint,
        "aside": str(position.aside),
    }
    return {**cursors, **written, "unswept": "0" if writing.timed else "1"}


async def look_through(
    log: Log,
    decider: Decider[Any, Any],
    partition: int,
    mark: Mark,
    bounds: Mapping[str, Bounds],
    snapshots: Bounds,
) -> Found:
    """Look whether the snapshots are all that the mark says, and fit the log. Raises `Refused`; nothing is changed."""
    position, found = mark.position, Found()
    assert position is not None, "only a mark with a position is followed"
    async for record, member, number in _records(log, decider.snapshots, partition, snapshots):
        found.add(member, number, None if record.value is None else part_in(record))
    for version in sorted(
        {one.version for one in found.newest.values()}
    ):  # what is written over stays until it is compacted
        refuse_unmigrated(decider, version)
    found.check()
    _refuse_lost(decider, mark, position, found)
    taken = [position, *(one.position for one in found.newest.values())]
    furthest = _furthest(position, {str(n): one for n, one in enumerate(taken)})
    for topic, offset in _of_today(decider, furthest).items():
        invariants.within(topic, offset, bounds[topic])
    last = max(taken, key=lambda one: one.number)
    if last.checkpoint and (offset := int(last.checkpoint.partition(" ")[0])) >= bounds[decider.own].begin:
        records, _ = await log.read(decider.own, partition, offset, offset + 1, 1)
        invariants.checkpoint_in_log(last.checkpoint, records[0] if records else None)
    return found


def _refuse_lost(decider: Decider[Any, Any], mark: Mark, position: Position, found: Found) -> None:
    """Refuse snapshots that the mark's round has written and that are gone, though the topic has the name it had."""
    covered = {topic: offset for topic, offset in position.offsets.items() if topic in decider.reads}
    for one in found.newest.values():
        if not invariants.reaches(one.position.offsets, one.position.number, covered, position.number):
            raise Refused(
                f"{decider.snapshots} has lost its end: a member's snapshot stands before the mark; {WAY_OUT}"
            )
    if not invariants.has_all(mark.members, len(found.newest)):
        raise Refused(
            f"{decider.snapshots} holds snapshots of {len(found.newest)} members, the mark says {mark.members}; {WAY_OUT}"
        )


async def _records(log: Log, topic: str, partition: int, bounds: Bounds) -> AsyncIterator[tuple[Record, str, int]]:
    """Yield each record of the snapshots topic that is a part or takes one away, with the member and the part's number."""
    position = bounds.begin
    while position < bounds.end:
        records, position = await log.read(topic, partition, position, bounds.end, SNAPSHOT_PAGE_RECORDS_MAX)
        for record in records:
            if (about := of_key(record.key)) is not None:
                yield record, *about


def _of_today(decider: Decider[Any, Any], offsets: Mapping[str, int]) -> dict[str, int]:
    """Return the offsets of the topics that this version reads: one before it may have read others."""
    return {topic: offset for topic, offset in offsets.items() if topic in decider.topics}


def _furthest(position: Position, positions: Mapping[str, Position]) -> dict[str, int]:
    furthest = dict(position.offsets)
    for one in positions.values():
        furthest = beyond(furthest, one.offsets)
    return furthest
