"""What a live owner does: apply batches, wake what is due, sweep, say what effects reported (`shared.runtime.step`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from shared.contracts import REPLAY, Event
from shared.decider import Missing
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.instants import from_ms, to_ms
from shared.runtime.ports.interfaces import Batch, Record, Refused, Uncertain
from shared.runtime.ports.limits import (
    COMMIT_ITEMS_MAX,
    DUE_MEMBERS_MAX,
    LOAD_ROUNDS_MAX,
    SWEEP_MEMBERS_MAX,
    SWEEP_PAGE_MEMBERS_MAX,
)
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.read_again.replay import read_again
from shared.runtime.processing.reading import Poison, read_event
from shared.runtime.processing.strange_types import strange_type
from shared.runtime.processing.unit_of_work import UnitOfWork, Unpublishable

Read = tuple[Record, Event | Poison, Sequence[str] | None]
"""A record, what it holds, and the keys that an event touches."""


async def check_fencing_token(owner: PartitionTask[Any, Any]) -> None:
    """Notice, when there is nothing to do, that the store went back or belongs to somebody else.

    Each idle partition asks once a second: for the token alone, as the rest of the meta costs more to read than to ask for.
    """
    invariants.same_fencing_token(await owner.store.fencing_token(owner.partition), owner.fencing_token)


async def apply_batches(owner: PartitionTask[Any, Any], batches: Sequence[Batch]) -> None:
    """Apply all that waits together, say what follows, commit: one transaction and one commit."""
    work = owner.work()
    read = await read_batches(owner, work, batches)
    if records := work.read.total():
        owner.observer.began(work, [event for _, event, _ in read if isinstance(event, Event)])
        await owner.load(work, work.wanted)
        _apply(work, read, owner.clock.now())
        await owner.settle(work, owner.moment())
        await owner.finish(work)
        owner.proven = None  # what these records made due waits for what stands behind them in the log
    owner.counts["events"] += records
    owner.counts["unknown"] += records - len(read)
    owner.feed.done(batches)
    for batch in batches:
        _answer(owner, batch)


async def read_batches(
    owner: PartitionTask[Any, Any], work: UnitOfWork[Any, Any], batches: Sequence[Batch]
) -> list[Read]:
    """Read the records, and note in the work what they touch and where its cursors stand after them."""
    read: list[Read] = []
    for batch in batches:
        await _is_fresh(owner, batch)
        for topic, records in sorted(batch.records.items()):
            await _continues(owner, work.offsets[topic], records)
            work.offsets[topic] = records[-1].offset + 1
            work.read[topic] += len(records)
            for record in records:
                if topic == REPLAY:
                    event = await read_again(owner, record, work.offsets, owner.own_end)
                else:
                    event = read_event(record, owner.applies, owner.options.partitions)
                if event is not None:
                    read.append((record, event, work.want(event) if isinstance(event, Event) else None))
                elif (name := strange_type(record)) is not None:
                    work.strange.append(name)
    return read


def _apply(work: UnitOfWork[Any, Any], read: Sequence[Read], now: datetime) -> None:
    for record, event, keys in read:
        if isinstance(event, Poison):
            work.bury(record, now, event.reason, event.field)
            continue
        try:
            work.apply(event, keys)
        except Exception as error:
            if not invariants.blames(error):
                raise
            # a rule that stumbles over an event stops nobody else
            work.bury(record, now, f"a rule failed: {type(error).__name__}")


async def _is_fresh(owner: PartitionTask[Any, Any], batch: Batch) -> None:
    """Check that no seek came after the fetch. Dropping the batch is not enough: its positions must prove nothing."""
    for topic, records in batch.records.items():
        if invariants.is_stale(await owner.feed.position(topic), records[-1].offset):
            owner.counts["stale"] += 1
            raise Uncertain(f"{topic}: a batch was fetched before a seek", UncertainKind.STALE)


async def _continues(owner: PartitionTask[Any, Any], cursor: int, records: Sequence[Record]) -> None:
    """Check that the records go on where the cursor stands. Gaps are legal (control records), lost records are not."""
    first = records[0]
    if first.offset < cursor:
        reason = f"{first.topic}: offset {first.offset} was handed out, the cursor stands at {cursor}"
        raise Uncertain(reason, UncertainKind.STALE)
    if first.offset > cursor:
        bounds = await owner.log.bounds([first.topic], owner.partition)
        if bounds[first.topic].begin > cursor:
            raise Refused(f"{first.topic}: records {cursor} to {bounds[first.topic].begin} were deleted unread")


def _answer(owner: PartitionTask[Any, Any], batch: Batch | None = None) -> None:
    """See whether what was asked about the ends of the log is now applied: then its instant is proven."""
    positions = batch.positions if batch else owner.feed.reached()
    if owner.question and positions is not None and invariants.complete(positions, owner.question[1]):
        owner.proven = owner.question[0]  # later than before: it is asked only about a wake after what is proven
        owner.question = None


async def wake_due(owner: PartitionTask[Any, Any]) -> bool:
    """Wake what is due, once all that stood in the log at an instant after it is applied; return whether it did anything.

    The ends are asked for only when something is due, and a question is kept until it is answered.
    """
    if owner.next_wake is None:
        return False
    if owner.proven is None or owner.proven < owner.next_wake:
        instant = owner.clock.now() - owner.options.clock_margin
        if owner.question is None and owner.next_wake <= instant:
            owner.question = (instant, await owner.log.ends(owner.decider.reads, owner.partition))
        _answer(owner)
    if owner.proven is None or owner.proven < owner.next_wake:
        return False
    with owner.slots() as slots:
        owner.full = slots == 0
        if owner.full:
            owner.proven = None  # by the time there is a place it is old: what is said then is to be proven anew
            return False
        if slots is None:
            await _wake(owner, owner.proven, DUE_MEMBERS_MAX, COMMIT_ITEMS_MAX)
        else:
            await _wake(owner, owner.proven, slots, slots)  # each item may begin an effect, and a member has several
    return True


async def _wake(owner: PartitionTask[Any, Any], at: datetime, members_max: int, items_max: int) -> None:
    due = await owner.store.due(owner.partition, to_ms(at), members_max, items_max)
    if not due:
        await check_fencing_token(owner)  # a store that was emptied names nothing, either
        earliest = await owner.store.earliest(owner.partition)
        if earliest is not None and earliest <= to_ms(at):
            raise Uncertain("the index of wakes names no item")
        owner.next_wake = None if earliest is None else from_ms(earliest)
        return
    wanted: dict[str, list[str]] = {}
    for _, member, key in due:
        wanted.setdefault(member, []).append(key)
    work = owner.work()
    work.woken = due
    owner.observer.began(work, ())
    await owner.load(work, {member: (*keys, *owner.decider.woken_with) for member, keys in wanted.items()})
    for member, keys in wanted.items():
        for key in keys:
            work.members[member].look_at(key)
    moment = owner.moment(at)
    await owner.settle(work, moment)
    work.park_stuck(moment, [(member, key) for _, member, key in due])
    await owner.settle(work, moment)
    await owner.finish(work)
    owner.counts["wakes"] += len(due)


async def sweep(owner: PartitionTask[Any, Any]) -> None:
    """Look again at some items of members whose profiles have changed, or of all members after the rules have.

    The store remembers until the last item of each that the member owes a sweep: whoever recovers in between begins it anew.
    """
    if not owner.sweeping:
        await _end_sweep(owner)
        return
    parts = await _parts_to_sweep(owner)
    work = owner.work()
    owner.observer.began(work, ())
    await owner.load(work, {member: now for member, (now, _) in parts.items()})
    for member, (now, _) in parts.items():
        for key in now:
            work.members[member].look_at(key)
    await owner.settle(work, owner.moment())
    for member, (_, later) in parts.items():
        if later:
            owner.sweeping[member] = later
            continue
        del owner.sweeping[member]
        if work.members[member].sweep is None:
            work.members[member].sweep = False
    await owner.finish(work)
    if not owner.sweeping:
        await _end_sweep(owner)


async def _parts_to_sweep(owner: PartitionTask[Any, Any]) -> dict[str, tuple[list[str], list[str]]]:
    """Return what one step sweeps, by member: the keys for now, and those for later. Most members have few items."""
    parts: dict[str, tuple[list[str], list[str]]] = {}
    left = COMMIT_ITEMS_MAX
    taken = dict(islice(owner.sweeping.items(), SWEEP_MEMBERS_MAX))
    asked = await owner.store.keys(owner.partition, [member for member, listed in taken.items() if listed is None])
    for member, listed in taken.items():
        if listed is None and member not in asked:
            continue
        keys = [key for key in asked[member] if owner.decider.speaks(key)] if listed is None else listed
        parts[member] = keys[:left], keys[left:]
        left -= len(parts[member][0])
        if left == 0:
            break
    return parts


async def _end_sweep(owner: PartitionTask[Any, Any]) -> None:
    """All that was listed is swept: note it, and see whether more members owe one."""
    if owner.unswept:
        await owner.commit(owner.work(), {"unswept": "0"})
        owner.unswept = False
    owner.sweeping.update(dict.fromkeys(await owner.store.sweeps(owner.partition, SWEEP_PAGE_MEMBERS_MAX)))


async def say_reports(owner: PartitionTask[Any, Any]) -> None:
    """Say what effects reported: the decider turns each outcome into events, or into none if it was settled meanwhile."""
    report = owner.decider.report
    assert report is not None, "a decider with effects has `report`"
    reports = list(owner.reports)
    work = owner.work()
    moment = owner.moment()
    owner.observer.began(work, [event for event, _ in reports])
    for event, _ in reports:
        work.want(event)
    await owner.load(work, work.wanted)
    for event, outcome in reports:
        state = work.members[event.member]
        if invariants.is_earlier(event.incarnation, state.notes.incarnation):
            owner.counts["reports_lost"] += 1  # who was erased meanwhile has nothing that it could settle
            continue
        for _ in range(LOAD_ROUNDS_MAX):
            try:
                if events := report(state.view, event, outcome):
                    work.emit(state, "", events, moment)
                break
            except Missing as absent:
                await owner.load(work, {event.member: absent.keys})
            except Unpublishable:
                owner.counts["reports_lost"] += 1
                break
    await owner.settle(work, moment)
    await owner.finish(work)
    for _ in reports:
        owner.reports.popleft()
    if owner.effects is not None:
        owner.effects.published()
