"""Recovery of a partition, in this order and no other.

0. commit the stored cursors to the consumer group: it refuses who is no longer a member;
1. write a new fencing token into the store and read its meta: older owners' commits are void;
2. make a new producer under the partition's transactional id: older owners' events are void, what was open is aborted;
3. ask where the topics begin and end, and which topics they are; empty a store that an older version has written, and one
   that stands before what the snapshots cover is restored from them;
4. find the checkpoint where it stood, then read own events from behind it to the end: for each, apply the inputs up to
its place,
   then the event, without deciding anything;
5. decide for what was touched, publish, commit, and live.

A start, a rebalance, any uncertain outcome, a store that went back and one that was emptied all come here. What was
said once is read back, never decided again. What the store and the log can not settle between them is refused, and an
operator chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.decider import Decider
from shared.runtime.ports.interfaces import Bounds, Changes, Log, Offsets, Refused, Unstable
from shared.runtime.ports.limits import SWEEP_PAGE_MEMBERS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.missed_responses import FIELD, missed_of
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.process import check_fencing_token
from shared.runtime.processing.strange_types import FIELD as STRANGE
from shared.runtime.processing.strange_types import counts_of
from shared.runtime.recovery.restore import read_back
from shared.runtime.recovery.snapshots import begins_from_snapshots, restore
from shared.runtime.snapshot_model.snapshot_state import RESTORING
from shared.runtime.snapshots.newest_mark import newest_mark


async def recover(owner: PartitionTask[Any, Any]) -> None:
    """Make this owner the only one, and its state what the log says. Raises `Uncertain` or `Refused`."""
    decider, partition, feed = owner.decider, owner.partition, owner.feed
    feed.pause()
    stored = await owner.store.meta(partition)
    await invariants.may_own(feed, {topic: int(stored.get(f"off:{topic}", 0)) for topic in decider.reads})
    owner.fencing_token = invariants.new_fencing_token()
    meta, owner.writer = await invariants.fence(
        owner.store, owner.log, partition, owner.fencing_token, owner.options.name
    )
    topics = [*decider.reads, decider.own]
    snapshots = [owner.snapshots.topic] if owner.snapshots else []
    bounds = await owner.log.bounds([*topics, *snapshots], partition)
    if (end := bounds[decider.own].end) == invariants.unsealed(int(meta.get("own_end", 0))):
        await owner.writer.seal(decider.own)
        raise Unstable(decider.own, end, end + 1)  # the fence of the next recovery waits until it is written
    identities = await identities_of(owner, topics)
    async with Recovering(owner):
        meta = await followed(owner, meta, bounds, identities)
        owner.number, owner.own_end = int(meta.get("number", 0)), int(meta.get("own_end", 0))
        owner.checkpoint, owner.aside = (
            meta.get("checkpoint", ""),
            max(int(meta.get("aside", 0)), bounds[decider.own].begin),
        )
        owner.missed, owner.strange = missed_of(meta.get(FIELD, "")), counts_of(meta.get(STRANGE, ""))
        owner.offsets = cursors(decider, meta, bounds, identities, begin_at_earliest=owner.options.begin_at_earliest)
        unswept = meta.get("unswept") == "1" or ("rules" in meta and meta["rules"] != decider.rules)
        lasting = {"rules": decider.rules, "version": str(decider.version)}
        lasting |= {f"topic:{topic}": identity for topic, identity in identities.items()}
        await find_checkpoint(owner.log, decider.own, partition, meta, bounds[decider.own].begin)
        owner.own_end = read_on_from(owner.checkpoint, owner.own_end, bounds[decider.own])
        owner.looked = (owner.own_end, bounds[decider.own].end)
        unswept = await read_back(owner, bounds[decider.own].end, lasting, unswept=unswept)
    owner.restored = None
    await _prepare_sweeps(owner, unswept=unswept)
    feed.resume(owner.offsets)
    owner.live, owner.refused = True, None
    owner.counts["recoveries"] += 1


async def identities_of(owner: PartitionTask[Any, Any], topics: Sequence[str]) -> Mapping[str, str]:
    """Ask which topics the names stand for, that of the snapshots, too; return those of the events."""
    state = owner.snapshots
    found = dict(await owner.log.identity([*topics, *([state.topic] if state else [])]))
    if state is not None:
        state.follow(found.pop(state.topic))
    owner.identities = found
    return found


class Recovering:
    """Where reading stands at an open transaction of this service, end it, and refuse only as long as no other owns it.

    Nobody else writes to its topics, and what was open was aborted: the transaction lacks its end. Whoever owns the partition
    meanwhile writes on, and Kafka compacts: what was asked of the topics before then looks like a loss.

    No generator: where it is collected together with the coroutine in its block, contextlib raises a RuntimeError there, and
    whoever was dropped begins another recovery.
    """

    def __init__(self, owner: PartitionTask[Any, Any]) -> None:
        self._owner = owner

    async def __aenter__(self) -> None:
        """Begin."""

    async def __aexit__(self, _: object, error: BaseException | None, trace: object) -> None:
        """Look at what the block has ended with, and let it pass."""
        if isinstance(error, Refused):
            await check_fencing_token(self._owner)
        if isinstance(error, Unstable):
            await self._seal(error.topic)

    async def _seal(self, topic: str) -> None:
        owner = self._owner
        if topic in (owner.decider.own, owner.snapshots and owner.snapshots.topic):
            assert owner.writer is not None, "the recovery has made it"
            await owner.writer.seal(topic)


async def followed(
    owner: PartitionTask[Any, Any], meta: Mapping[str, str], bounds: Mapping[str, Bounds], identities: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the meta of a store that can be read on from: as it stands, restored from snapshots, or emptied."""
    decider, state = owner.decider, owner.snapshots
    if state is not None:
        state.end = bounds[state.topic].end
        state.mark = await newest_mark(owner.log, state.topic, owner.partition, bounds[state.topic], state.identity)
        refuse_others(decider, meta, identities)
        if (
            position := begins_from_snapshots(decider, state.mark, meta, bounds, identities, owner.options)
        ) is not None:
            return await restore(owner, position, bounds, bounds[state.topic])
    if 0 < int(meta.get("version", 0)) < decider.version or meta.get(RESTORING) == "1":
        return await _emptied(owner, meta, bounds, identities)
    return meta


async def _emptied(
    owner: PartitionTask[Any, Any], meta: Mapping[str, str], bounds: Mapping[str, Bounds], identities: Mapping[str, str]
) -> Mapping[str, str]:
    """Empty a store that an older version has written in another form, and return its meta: all of it is read back.

    What would be refused of the old store, or of an empty one, is refused before anything is deleted.
    """
    for stored in (meta, {}):
        cursors(owner.decider, stored, bounds, identities, begin_at_earliest=owner.options.begin_at_earliest)
    fencing_token = invariants.next_fencing_token(owner.fencing_token)
    await owner.store.commit(
        owner.partition, invariants.expected_fencing_token(owner.fencing_token), fencing_token, Changes(wipe=True)
    )
    owner.fencing_token = fencing_token
    return {}


def cursors(
    decider: Decider[Any, Any],
    meta: Mapping[str, str],
    bounds: Mapping[str, Bounds],
    identities: Mapping[str, str],
    *,
    begin_at_earliest: bool = False,
) -> Offsets:
    """Return where the inputs are to be read on. Refuse, by `Refused`, what only an operator can decide."""
    refuse_others(decider, meta, identities)
    offsets = {topic: int(meta.get(f"off:{topic}", 0)) for topic in decider.reads}
    own_end = int(meta.get("own_end", 0))
    fresh = own_end == 0 and int(meta.get("number", 0)) == 0 and not any(offsets.values())
    if fresh and begin_at_earliest:
        offsets = {topic: bounds[topic].begin for topic in decider.reads}
    for topic in decider.topics:
        offset = offsets.get(topic, own_end)
        if fresh and bounds[topic].begin > offset:
            raise Refused(
                f"{topic} begins at {bounds[topic].begin}: earlier records are gone, so what they say is not known; "
                "restore a copy of the store, or start with --begin-at-earliest"
            )
        invariants.within(topic, offset, bounds[topic])
    return offsets


def refuse_others(decider: Decider[Any, Any], meta: Mapping[str, str], identities: Mapping[str, str]) -> None:
    """Refuse, by `Refused`, a store that newer code has written, or that follows other topics."""
    if (version := int(meta.get("version", 0))) > decider.version:
        raise Refused(
            f"the store was written by version {version} of {decider.name}, this is version {decider.version}"
        )
    for topic, identity in identities.items():
        if (before := meta.get(f"topic:{topic}", identity)) != identity:
            raise Refused(f"{topic} is another topic than before ({identity}, the store follows {before})")


async def find_checkpoint(log: Log, own: str, partition: int, meta: Mapping[str, str], begin: int) -> None:
    """Look for the last own event that the store knows where it stood in the log. Refuse, by `Refused`, another log."""
    checkpoint = meta.get("checkpoint", "")
    if not checkpoint:
        if int(meta.get("number", 0)):
            raise Refused("the store knows own events but has no checkpoint")
        return
    offset = int(checkpoint.partition(" ")[0])
    if offset < begin:
        return
    records, _ = await log.read(own, partition, offset, offset + 1, 1)
    invariants.checkpoint_in_log(checkpoint, records[0] if records else None)


def read_on_from(checkpoint: str, own_end: int, bounds: Bounds) -> int:
    """Return where own events are read on: behind the last one that is known, wherever its control record stands."""
    behind = int(checkpoint.partition(" ")[0]) + 1 if checkpoint else own_end
    return behind if bounds.begin <= behind < own_end else own_end


async def _prepare_sweeps(owner: PartitionTask[Any, Any], *, unswept: bool) -> None:
    owner.unswept = unswept
    owner.sweeping.clear()
    if unswept:
        members = await owner.store.members(owner.partition)
    else:
        members = await owner.store.sweeps(owner.partition, SWEEP_PAGE_MEMBERS_MAX)
    owner.sweeping.update(dict.fromkeys(members))
