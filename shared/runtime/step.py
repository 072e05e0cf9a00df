"""What a live owner does next, one thing at a time: its work first, then what is written and deleted beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.runtime.ports.instants import from_ms, to_ms
from shared.runtime.ports.limits import IDLE_LOOK_SECONDS, WAKE_TICK_MS
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.process import apply_batches, check_fencing_token, say_reports, sweep, wake_due
from shared.runtime.processing.read_again.strays import look_for_strays, owes_a_look
from shared.runtime.snapshots.retention import delete_what_may_go, owes_deletion
from shared.runtime.snapshots.snapshot_round import owes_snapshots, write_snapshots


async def step(owner: PartitionTask[Any, Any]) -> bool:
    """Do what is to be done next, or wait for it; return whether there was anything."""
    busy = False
    if batches := owner.feed.take():
        await apply_batches(owner, batches)
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
    if owes_snapshots(owner):
        await write_snapshots(owner)
        busy = True
    if owes_deletion(owner):
        await delete_what_may_go(owner)
        busy = True
    if not busy and not await owner.feed.wait(_wait_until(owner), IDLE_LOOK_SECONDS):
        await check_fencing_token(owner)
    return busy


def _wait_until(owner: PartitionTask[Any, Any]) -> datetime | None:
    """Return when there is something to do without a record: the tick after the next wake.

    None where its proof is asked for, or it waits for a place: whoever brings that rings.

    All partitions tick together: their questions for ends go out as one, and what falls due in between as one step.
    """
    if owner.next_wake is None or owner.question or owner.full:
        return None
    ticks = -(-to_ms(owner.next_wake + owner.options.clock_margin) // WAKE_TICK_MS)
    return from_ms(ticks * WAKE_TICK_MS)
