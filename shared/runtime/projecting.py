"""How a partition of a projection is owned: recovered, and brought up to what stands in its topics. Nothing is said.

What a decider says makes recovery long: who says it twice contradicts himself on the log. A projection has but one effect,
the commit to its store, and that is exact by itself:

- the cursors stand beside the state and are written in the same atomic commit, so the store always is what its topics say
  up to its cursors, whatever dies when;
- a recovery writes a new fencing token, and a commit under an older one is refused, so whoever sleeps overwrites nothing;
- a store that was lost or went back names older cursors: what follows them is read again, and nothing contradicts it.

So there is no transaction, no fence on the log, no checkpoint. A record that nobody can read is passed over and counted: the
services that decide set it aside.

Where there are snapshots it writes those, and nothing else. What says which records nobody needs must not come from one who
sleeps, so then a recovery fences the log, too, and each dose is a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts import Event
from shared.runtime.ports.interfaces import Batch
from shared.runtime.ports.limits import IDLE_LOOK_SECONDS, READ_BACK_RECORDS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.process import check_fencing_token, read_batches
from shared.runtime.processing.reading import read_event
from shared.runtime.processing.strange_types import FIELD as STRANGE
from shared.runtime.processing.strange_types import counts_of, strange_type
from shared.runtime.processing.unit_of_work import UnitOfWork
from shared.runtime.recovery.recover import Recovering, cursors, followed, identities_of
from shared.runtime.snapshot_model.snapshot_state import RESTORING
from shared.runtime.snapshots.snapshot_round import owes_snapshots, write_snapshots

PASSED: str = "passed"
"""What an owner counts: records that it passed over, because they can not be read or can not be applied."""


async def recover(owner: PartitionTask[Any, Any]) -> None:
    """Make this owner the only one, and read on where its store stands. Raises `Uncertain` or `Refused`.

    A store that an older version has written is emptied: what it says is read again from the topics, or from snapshots.
    """
    decider, partition, feed = owner.decider, owner.partition, owner.feed
    feed.pause()
    stored = await owner.store.meta(partition)
    await invariants.may_own(feed, {topic: int(stored.get(f"off:{topic}", 0)) for topic in decider.reads})
    owner.fencing_token = invariants.new_fencing_token()
    if owner.snapshots is None:
        meta = await owner.store.acquire(partition, owner.fencing_token, owner.options.name)
    else:
        meta, owner.writer = await invariants.fence(
            owner.store, owner.log, partition, owner.fencing_token, owner.options.name
        )
    snapshots = [owner.snapshots.topic] if owner.snapshots else []
    bounds = await owner.log.bounds([*decider.reads, *snapshots], partition)
    identities = await identities_of(owner, decider.reads)
    async with Recovering(owner):
        store_meta = await followed(owner, meta, bounds, identities)
        owner.offsets = cursors(
            decider, store_meta, bounds, identities, begin_at_earliest=owner.options.begin_at_earliest
        )
    owner.strange = counts_of(store_meta.get(STRANGE, ""))
    lasting = {f"topic:{topic}": identity for topic, identity in identities.items()}
    lasting |= {"version": str(decider.version)}
    if owner.restored is not None:
        await _stand_at_one_place(owner, lasting, owner.restored.furthest)
        owner.restored = None
        lasting |= {RESTORING: "0"}
    await owner.commit(owner.work(), lasting)
    feed.resume(owner.offsets)
    owner.live, owner.refused = True, None
    owner.counts["recoveries"] += 1


async def _stand_at_one_place(
    owner: PartitionTask[Any, Any], lasting: Mapping[str, str], furthest: Mapping[str, int]
) -> None:
    """Read up to where the newest snapshot was taken, past what each member's own one holds, one topic after the other."""
    for topic in owner.decider.reads:
        while (begin := owner.offsets[topic]) < (end := furthest.get(topic, 0)):
            records, reached = await owner.log.read(topic, owner.partition, begin, end, READ_BACK_RECORDS_MAX)
            work = owner.work()
            read = [(one, read_event(one, owner.applies, owner.options.partitions)) for one in records]
            events = [one for record, one in read if isinstance(one, Event) and owner.is_new(one, record)]
            work.strange += [name for one, event in read if event is None and (name := strange_type(one)) is not None]
            touched = [(event, work.want(event)) for event in events]
            await owner.load(work, work.wanted)
            _apply(work, touched)
            work.offsets[topic] = reached
            await owner.commit(work, lasting)


async def step(owner: PartitionTask[Any, Any]) -> bool:
    """Apply what waits, write snapshots that are due, or wait; return whether there was anything."""
    busy = False
    if batches := owner.feed.take():
        await _apply_batches(owner, batches)
        busy = True
    if owes_snapshots(owner):
        await write_snapshots(owner)
        busy = True
    if not busy and not await owner.feed.wait(None, IDLE_LOOK_SECONDS):
        await check_fencing_token(owner)
    return busy


async def _apply_batches(owner: PartitionTask[Any, Any], batches: Sequence[Batch]) -> None:
    work = owner.work()
    read = await read_batches(owner, work, batches)
    records = work.read.total()
    events = [(event, keys) for _, event, keys in read if isinstance(event, Event)]
    owner.observer.began(work, [event for event, _ in events])
    await owner.load(work, work.wanted)
    passed = len(read) - len(events) + _apply(work, events)
    await owner.finish(work)
    owner.counts["events"] += records
    owner.counts["unknown"] += records - len(read)
    owner.counts[PASSED] += passed
    owner.feed.done(batches)


def _apply(work: UnitOfWork[Any, Any], events: Sequence[tuple[Event, Sequence[str] | None]]) -> int:
    """Apply events; return how many were passed over, because they can not be applied."""
    passed = 0
    for event, keys in events:
        try:
            work.apply(event, keys)
        except Exception as error:
            if not invariants.blames(error):
                raise
            passed += 1
    for member in work.members.values():
        member.sweep = None  # nothing is evaluated, so nothing has to be looked at again
    return passed
