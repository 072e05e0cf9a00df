"""Writes snapshots into the emptied store, as many members in one commit as it takes.

Timers are written with them where they are those of today's rules. Else the store is swept once it is whole: that finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.runtime.ports.interfaces import Changes, MemberChange
from shared.runtime.ports.limits import COMMIT_ITEMS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.recovery.migrating import migrated
from shared.runtime.snapshots.snapshot_form import Part, timers_in, values_in
from shared.runtime.snapshots.snapshot_state import RESTORING


class StoreWriting:
    """One store in the making."""

    def __init__(self, owner: PartitionTask[Any, Any]) -> None:
        self._owner = owner
        self.timed = True
        """Whether all that was put had its timers."""
        self._members: dict[str, MemberChange] = {}
        self._items = 0

    async def begin(self) -> None:
        """Empty the store, and mark it as one that is restored."""
        await self._write(Changes(wipe=True, meta={RESTORING: "1"}))

    async def put(self, member: str, parts: Sequence[Part]) -> None:
        """Take in all parts of a member's snapshot. Raises `Refused` where they can not be read or migrated."""
        decider, version = self._owner.decider, parts[0].version
        stored = values_in(parts)
        timers = timers_in(parts, stored) if self._of_today(parts[0]) else None
        self.timed = self.timed and timers is not None
        values = migrated(decider, version, stored)
        keys = list(values)
        for first in range(0, len(keys), COMMIT_ITEMS_MAX):
            page = {key: values[key] for key in keys[first : first + COMMIT_ITEMS_MAX]}
            if self._items + len(page) > COMMIT_ITEMS_MAX:
                await self.end()
            wakes: dict[str, int | None] = {key: timers[key] for key in page if key in timers} if timers else {}
            self._members[member] = MemberChange(wipe=first == 0, puts=page, wakes=wakes)
            self._items += len(page)

    async def end(self) -> None:
        """Write what was put and is not written yet."""
        if self._members:
            await self._write(Changes(members=self._members))
        self._members, self._items = {}, 0

    def _of_today(self, part: Part) -> bool:
        """Say whether timers of the snapshot are what today's rules say: others come late, or never."""
        decider = self._owner.decider
        return part.version == decider.version and part.rules == decider.rules

    async def _write(self, changes: Changes) -> None:
        owner = self._owner
        fencing_token = invariants.next_fencing_token(owner.fencing_token)
        await owner.store.commit(
            owner.partition, invariants.expected_fencing_token(owner.fencing_token), fencing_token, changes
        )
        owner.fencing_token = fencing_token
