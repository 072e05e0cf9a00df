"""What a snapshot is taken of: the store as its owner has written it last, asked between two steps."""

from __future__ import annotations

from typing import Any

from shared.runtime.ports.limits import COMMIT_ITEMS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.member.member_state import NOTES, PROFILE
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.snapshot_model.snapshot_form import Position


async def members_of(owner: PartitionTask[Any, Any]) -> list[str]:
    """Return all members whom the store knows, if it is the one that the owner has written last: an emptied one has none."""
    members = await owner.store.members(owner.partition)
    meta = await owner.store.meta(owner.partition)
    invariants.same_fencing_token(meta.get("head", ""), owner.fencing_token)
    return members


def position_of(owner: PartitionTask[Any, Any]) -> Position:
    """Return up to where the owner has applied its partition, between two steps."""
    offsets = dict(owner.offsets)
    if owner.decider.own:  # a projection has none
        offsets[owner.decider.own] = owner.own_end
    return Position(offsets, owner.number, owner.checkpoint, owner.aside)


async def stored_of(owner: PartitionTask[Any, Any], member: str) -> dict[str, bytes]:
    """Return all that the store holds of a member, in pages, at one position: the owner takes no step meanwhile."""
    wanted = [PROFILE, NOTES, *(await owner.store.keys(owner.partition, [member]))[member]]
    values: dict[str, bytes] = {}
    for first in range(0, len(wanted), COMMIT_ITEMS_MAX):
        loaded = await owner.store.load(owner.partition, {member: wanted[first : first + COMMIT_ITEMS_MAX]})
        invariants.same_fencing_token(loaded.fencing_token, owner.fencing_token)
        values |= {key: value for key, value in loaded.members[member].items() if value is not None}
    return values


async def timers_of(owner: PartitionTask[Any, Any], member: str) -> dict[str, int] | None:
    """Return the member's timers, None where they are to be found out anew: a projection has none.

    While anybody owes a sweep, the owner has perhaps not listed all who do. To be asked for before the values: so the token
    under which those are loaded speaks for both.
    """
    if not owner.decider.own or owner.sweeping:
        return None
    return await owner.store.timers(owner.partition, member)
