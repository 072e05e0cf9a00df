"""What a live owner does: fold batches, wake what is due, sweep, say what effects reported. One step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.contracts import REPLAY, Fact
from shared.decider import Missing
from shared.runtime.ports.errors import DoubtKind
from shared.runtime.ports.instants import from_ms, to_ms
from shared.runtime.ports.interfaces import Batch, Doubt, Record, Refused
from shared.runtime.ports.limits import (
    COMMIT_ITEMS_MAX,
    DUE_MEMBERS_MAX,
    IDLE_LOOK_SECONDS,
    LOAD_ROUNDS_MAX,
    SWEEP_PAGE_MEMBERS_MAX,
    WAKE_TICK_MS,
)
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import Owner
from shared.runtime.processing.reading import Poison, read_fact
from shared.runtime.processing.replay import read_again
from shared.runtime.processing.strange_types import strange_type
from shared.runtime.processing.strays import look_for_strays, owes_a_look
from shared.runtime.processing.unit_of_work import Draft, Unsayable

Read = tuple[Record, Fact | Poison, Sequence[str] | None]
"""A record, what it holds, and the keys that a fact touches."""


async def step(owner: Owner[Any, Any]) -> bool:
    """Do what is to be done next, or wait for it; return whether there was anything."""
    busy = False
    if batches := owner.feed.take():
        await fold_batches(owner, batches)
        busy = True
    if owner.reports:
        await say_reports(owner)
        busy = True
    if await wake_due(owner):
        busy = True
    if owner.sweeping or owner.unswept:
        await sweep(owner)
        busy = True
    if owes_a_look(owner):
        await look_for_strays(owner)
        busy = True
    if not busy and not await owner.feed.wait(_wait_until(owner), IDLE_LOOK_SECONDS):
        await look_at_head(owner)
    return busy


async def look_at_head(owner: Owner[Any, Any]) -> None:
    """Notice, when there is nothing to do, that the store went back or belongs to somebody else."""
    meta = await owner.store.meta(owner.partition)
    invariants.same_head(meta.get("head", ""), owner.head)


async def fold_batches(owner: Owner[Any, Any], batches: Sequence[Batch]) -> None:
    """Fold all that waits together, say what follows, commit: one transaction and one commit."""
    draft = owner.draft()
    read = await _read(owner, draft, batches)
    if records := draft.read.total():
        owner.observer.began(draft, [fact for _, fact, _ in read if isinstance(fact, Fact)])
        await owner.load(draft, draft.wanted)
        _fold(draft, read, owner.clock.now())
        await owner.settle(draft, owner.moment())
        await owner.finish(draft)
        owner.proven = None  # what these records made due waits for what stands behind them in the log
    owner.counts["events"] += records
    owner.counts["unknown"] += records - len(read)
    owner.feed.done(batches)
    for batch in batches:
        _answer(owner, batch)


async def _read(owner: Owner[Any, Any], draft: Draft[Any, Any], batches: Sequence[Batch]) -> list[Read]:
    """Read the records, and note in the draft what they touch and where its cursors stand after them."""
    read: list[Read] = []
    for batch in batches:
        await _is_fresh(owner, batch)
        for topic, records in sorted(batch.records.items()):
            await _continues(owner, draft.offsets[topic], records)
            draft.offsets[topic] = records[-1].offset + 1
            draft.read[topic] += len(records)
            for record in records:
                if topic == REPLAY:
                    fact = await read_again(owner, record, draft.offsets, owner.known)
                else:
                    fact = read_fact(record, owner.folds, owner.options.partitions)
                if fact is not None:
                    read.append((record, fact, draft.want(fact) if isinstance(fact, Fact) else None))
                elif (name := strange_type(record)) is not None:
                    draft.strange.append(name)
    return read


def _fold(draft: Draft[Any, Any], read: Sequence[Read], now: datetime) -> None:
    for record, fact, keys in read:
        if isinstance(fact, Poison):
            draft.bury(record, now, fact.reason, fact.field)
            continue
        try:
            draft.fold(fact, keys)
        except Exception as error:
            if not invariants.blames(error):
                raise
            # a rule that stumbles over a fact stops nobody else
            draft.bury(record, now, f"a rule failed: {type(error).__name__}")


async def _is_fresh(owner: Owner[Any, Any], batch: Batch) -> None:
    """Check that no seek came after the fetch. Dropping the batch is not enough: its positions must prove nothing."""
    for topic, records in batch.records.items():
        if invariants.is_stale(await owner.feed.position(topic), records[-1].offset):
            owner.counts["stale"] += 1
            raise Doubt(f"{topic}: a batch was fetched before a seek", DoubtKind.STALE)


async def _continues(owner: Owner[Any, Any], cursor: int, records: Sequence[Record]) -> None:
    """Check that the records go on where the cursor stands. Gaps are legal (control records), lost records are not."""
    first = records[0]
    if first.offset < cursor:
        reason = f"{first.topic}: offset {first.offset} was handed out, the cursor stands at {cursor}"
        raise Doubt(reason, DoubtKind.STALE)
    if first.offset > cursor:
        bounds = await owner.log.bounds([first.topic], owner.partition)
        if bounds[first.topic].begin > cursor:
            raise Refused(f"{first.topic}: records {cursor} to {bounds[first.topic].begin} were deleted unread")


def _answer(owner: Owner[Any, Any], batch: Batch | None = None) -> None:
    """See whether what was asked about the ends of the log is now folded: then its instant is proven."""
    positions = batch.positions if batch else owner.feed.reached()
    if owner.question and positions is not None and invariants.complete(positions, owner.question[1]):
        owner.proven = owner.question[0]  # later than before: it is asked only about a wake after what is proven
        owner.question = None


async def wake_due(owner: Owner[Any, Any]) -> bool:
    """Wake what is due, once all that stood in the log at an instant after it is folded; return whether it did anything.

    The ends are asked for only when something is due, and a question is kept until it is answered.
    """
    if owner.next_wake is None:
        return False
    if owner.proven is None or owner.proven < owner.next_wake:
        instant = owner.clock.now() - owner.options.clock_margin
        if owner.question is None and owner.next_wake <= instant:
            owner.question = (instant, await owner.log.ends(owner.core.reads, owner.partition))
        _answer(owner)
    if owner.proven is None or owner.proven < owner.next_wake:
        return False
    with owner.places() as places:
        owner.full = places == 0
        if owner.full:
            owner.proven = None  # by the time there is a place it is old: what is said then is to be proven anew
            return False
        await _wake(owner, owner.proven, DUE_MEMBERS_MAX if places is None else places)
    return True


async def _wake(owner: Owner[Any, Any], at: datetime, members_max: int) -> None:
    due = await owner.store.due(owner.partition, to_ms(at), members_max, COMMIT_ITEMS_MAX)
    if not due:
        await look_at_head(owner)  # a store that was emptied names nothing, either
        earliest = await owner.store.earliest(owner.partition)
        if earliest is not None and earliest <= to_ms(at):
            raise Doubt("the index of wakes names no item")
        owner.next_wake = None if earliest is None else from_ms(earliest)
        return
    wanted: dict[str, list[str]] = {}
    for _, member, key in due:
        wanted.setdefault(member, []).append(key)
    draft = owner.draft()
    draft.woken = due
    owner.observer.began(draft, ())
    await owner.load(draft, {member: (*keys, *owner.core.woken_with) for member, keys in wanted.items()})
    for member, keys in wanted.items():
        for key in keys:
            draft.members[member].look_at(key)
    moment = owner.moment(at)
    await owner.settle(draft, moment)
    draft.park_stuck(moment, [(member, key) for _, member, key in due])
    await owner.settle(draft, moment)
    await owner.finish(draft)
    owner.counts["wakes"] += len(due)


async def sweep(owner: Owner[Any, Any]) -> None:
    """Look again at some items of a member whose profile has changed, or of all members after the rules have.

    The store remembers until the last of them that the member owes a sweep: whoever claims in between begins it anew.
    """
    if not owner.sweeping:
        await _end_sweep(owner)
        return
    member, keys = next(iter(owner.sweeping.items()))
    if keys is None:
        keys = [key for key in await owner.store.keys(owner.partition, member) if owner.core.speaks(key)]
    now, later = keys[:COMMIT_ITEMS_MAX], keys[COMMIT_ITEMS_MAX:]
    draft = owner.draft()
    owner.observer.began(draft, ())
    await owner.load(draft, {member: now})
    known = draft.members[member]
    for key in now:
        known.look_at(key)
    await owner.settle(draft, owner.moment())
    if not later and known.sweep is None:
        known.sweep = False
    if later:
        owner.sweeping[member] = later
    else:
        del owner.sweeping[member]
    await owner.finish(draft)
    if not owner.sweeping:
        await _end_sweep(owner)


async def _end_sweep(owner: Owner[Any, Any]) -> None:
    """All that was listed is swept: note it, and see whether more members owe one."""
    if owner.unswept:
        await owner.commit(owner.draft(), {"unswept": "0"})
        owner.unswept = False
    owner.sweeping.update(dict.fromkeys(await owner.store.sweeps(owner.partition, SWEEP_PAGE_MEMBERS_MAX)))


async def say_reports(owner: Owner[Any, Any]) -> None:
    """Say what effects reported: the core turns each outcome into facts, or into none if it was settled meanwhile."""
    report = owner.core.report
    assert report is not None, "a core with effects has `report`"
    reports = list(owner.reports)
    draft = owner.draft()
    moment = owner.moment()
    owner.observer.began(draft, [fact for fact, _ in reports])
    for fact, _ in reports:
        draft.want(fact)
    await owner.load(draft, draft.wanted)
    for fact, outcome in reports:
        known = draft.members[fact.member]
        for _ in range(LOAD_ROUNDS_MAX):
            try:
                if said := report(known.view, fact, outcome):
                    draft.say(known, "", said, moment)
                break
            except Missing as absent:
                await owner.load(draft, {fact.member: absent.keys})
            except Unsayable:
                owner.counts["reports_lost"] += 1
                break
    await owner.settle(draft, moment)
    await owner.finish(draft)
    for _ in reports:
        owner.reports.popleft()


def _wait_until(owner: Owner[Any, Any]) -> datetime | None:
    """Return when there is something to do without a record: the tick after the next wake.

    None where its proof is asked for, or it waits for a place: whoever brings that rings.

    All partitions tick together: their questions for ends go out as one, and what falls due in between as one step.
    """
    if owner.next_wake is None or owner.question or owner.full:
        return None
    ticks = -(-to_ms(owner.next_wake + owner.options.clock_margin) // WAKE_TICK_MS)
    return from_ms(ticks * WAKE_TICK_MS)
