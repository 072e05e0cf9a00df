"""Looks, before a store is emptied, whether a recovery could read it back: the same questions, and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.decider import Decider
from shared.runtime.ports.interfaces import Bounds, Log
from shared.runtime.processing.partition_task import Options
from shared.runtime.recovery.recover import cursors, refuse_others
from shared.runtime.recovery.snapshots import begins_from_snapshots, look_through
from shared.runtime.snapshots.newest_mark import newest_mark_of_another


async def refuse_to_empty(log: Log, decider: Decider[Any, Any], partition: int, options: Options) -> None:
    """Refuse, by `Refused`, where an emptied store of the partition could not be read back. Raises `Uncertain`, too.

    What an owner has under way meanwhile is not waited for: it can only add to what stands there.
    """
    if not await comes_of_snapshots(log, decider, partition, {}, options):
        topics = [topic for topic in decider.topics if topic]
        cursors(decider, {}, await log.bounds(topics, partition), await log.identity(topics))


async def comes_of_snapshots(
    log: Log, decider: Decider[Any, Any], partition: int, meta: Mapping[str, str], options: Options
) -> bool:
    """Say whether a recovery of a store with this meta would restore it from snapshots. Raises as above."""
    if options.snapshot_every is None:
        return False
    topics = [topic for topic in decider.topics if topic]
    identities = await log.identity(topics)
    refuse_others(decider, meta, identities)
    mark = await newest_mark_of_another(log, decider.snapshots, partition)
    bounds = await log.bounds([*topics, decider.snapshots], partition)
    if begins_from_snapshots(decider, mark, meta, bounds, identities, options) is None:
        return False
    stable = await log.stable(decider.snapshots, partition)
    snapshots = Bounds(bounds[decider.snapshots].begin, stable)
    await look_through(log, decider, partition, mark, bounds, snapshots)
    return True
