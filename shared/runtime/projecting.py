"""How a partition of a projection is owned: claimed, and brought up to what stands in its topics. Nothing is said.

What a decider says makes recovery long: who says it twice contradicts himself on the log. A projection has but one effect,
the commit to its store, and that is exact by itself:

- the cursors stand beside the state and are written in the same atomic commit, so the store always is what its topics say
  up to its cursors, whatever dies when;
- a claim writes a new head, and a commit under an older one is refused, so whoever sleeps overwrites nothing;
- a store that was lost or went back names older cursors: what follows them is read again, and nothing contradicts it.

So there is no transaction, no fence on the log, no anchor. A record that nobody can read is passed over and counted: the
services that decide set it aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.contracts import Event
from shared.runtime.ports.interfaces import Changes
from shared.runtime.ports.limits import IDLE_LOOK_SECONDS
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.process import look_at_head, read_batches
from shared.runtime.processing.strange_types import FIELD as STRANGE
from shared.runtime.processing.strange_types import counts_of
from shared.runtime.recovery.recover import cursors

PASSED: str = "passed"
"""What an owner counts: records that it passed over, because they can not be read or can not be applied."""


async def claim(owner: PartitionTask[Any, Any]) -> None:
    """Make this owner the only one, and read on where its store stands. Raises `Uncertain` or `Refused`.

    A store that an older version has written is emptied: what it says is read again from the topics.
    """
    decider, partition, feed = owner.decider, owner.partition, owner.feed
    feed.pause()
    stored = await owner.store.meta(partition)
    await invariants.may_own(feed, {topic: int(stored.get(f"off:{topic}", 0)) for topic in decider.reads})
    owner.head = invariants.new_head()
    meta = await owner.store.claim(partition, owner.head, owner.options.name)
    bounds = await owner.log.bounds(decider.reads, partition)
    identities = await owner.log.identity(decider.reads)
    outdated = "version" in meta and int(meta["version"]) < decider.version
    known: Mapping[str, str] = {} if outdated else meta
    owner.offsets = cursors(decider, known, bounds, identities, begin_at_earliest=owner.options.begin_at_earliest)
    owner.strange = counts_of(known.get(STRANGE, ""))
    if outdated:
        head = invariants.next_head(owner.head)
        expected = invariants.expected_head(owner.head)
        await owner.store.commit(partition, expected, head, Changes(wipe=True))
        owner.head = head
    lasting = {f"topic:{topic}": identity for topic, identity in identities.items()}
    await owner.commit(owner.work(), {"version": str(decider.version), **lasting})
    feed.resume(owner.offsets)
    owner.live, owner.refused = True, None
    owner.counts["claims"] += 1


async def step(owner: PartitionTask[Any, Any]) -> bool:
    """Apply what waits, or wait for it; return whether there was anything."""
    batches = owner.feed.take()
    if not batches:
        if not await owner.feed.wait(None, IDLE_LOOK_SECONDS):
            await look_at_head(owner)
        return False
    work = owner.work()
    read = await read_batches(owner, work, batches)
    records = work.read.total()
    events = [(event, keys) for _, event, keys in read if isinstance(event, Event)]
    passed = len(read) - len(events)
    owner.observer.began(work, [event for event, _ in events])
    await owner.load(work, work.wanted)
    for event, keys in events:
        try:
            work.apply(event, keys)
        except Exception as error:
            if not invariants.blames(error):
                raise
            passed += 1
    for known in work.members.values():
        known.sweep = None  # nothing is evaluated, so nothing has to be looked at again
    await owner.finish(work)
    owner.counts["events"] += records
    owner.counts["unknown"] += records - len(read)
    owner.counts[PASSED] += passed
    owner.feed.done(batches)
    return True
