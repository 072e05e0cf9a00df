"""Writes snapshots into the emptied store, as many members in one commit as it takes.

Timers are written with them where they are those of today's rules. Whose snapshot has none owes a sweep, which finds them;
where rules are others, everybody does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.runtime.ports.interfaces import Changes, MemberChange
from shared.runtime.ports.limits import COMMIT_ITEMS_MAX, RESTORE_BYTES_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.recovery.migrating import migrated
from shared.runtime.snapshot_model.snapshot_form import Part, timers_in, values_in
from shared.runtime.snapshot_model.snapshot_state import RESTORING


class StoreWriting:
    """One store in the making."""

    def __init__(self, owner: PartitionTask[Any, Any]) -> None:
        self._owner = owner
        self.timed = True
        """Whether all that was put was said under today's rules."""
        self._members: dict[str, MemberChange] = {}
        self._items = self._bytes = 0

    async def begin(self) -> None:
        """Empty the store, and mark it as one that is restored."""
        await self._write(Changes(wipe=True, meta={RESTORING: "1"}))

    async def put(self, member: str, parts: Sequence[Part]) -> None:
        """Take in all parts of a member's snapshot. Raises `Refused` where they can not be read or migrated."""
        decider, version = self._owner.decider, parts[0].version
        stored = values_in(parts)
        of_today = self._of_today(parts[0])
        timers = timers_in(parts, stored) if of_today else None
        self.timed = self.timed and of_today
        owes = True if decider.own and timers is None else None
        wipe = True
        for page in _pages(migrated(decider, version, stored)):
            size = sum(map(len, page.values()))
            if self._items + len(page) > COMMIT_ITEMS_MAX or self._bytes + size > RESTORE_BYTES_MAX:
                await self.end()
            wakes: dict[str, int | None] = {key: timers[key] for key in page if key in timers} if timers else {}
            self._members[member] = MemberChange(wipe=wipe, puts=page, wakes=wakes, sweep=owes)
            self._items, self._bytes, wipe = self._items + len(page), self._bytes + size, False

    async def end(self) -> None:
        """Write what was put and is not written yet."""
        if self._members:
            await self._write(Changes(members=self._members))
        self._members, self._items, self._bytes = {}, 0, 0

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


def _pages(values: Mapping[str, bytes]) -> Iterator[dict[str, bytes]]:
    """Yield the values in as many pieces as commits take: mostly in one. No two neighbours fit into one commit."""
    if len(values) <= COMMIT_ITEMS_MAX and sum(map(len, values.values())) <= RESTORE_BYTES_MAX:
        yield dict(values)
        return
    page: dict[str, bytes] = {}
    size = 0
    for key, value in values.items():
        if page and (len(page) == COMMIT_ITEMS_MAX or size + len(value) > RESTORE_BYTES_MAX):
            yield page
            page, size = {}, 0
        page[key] = value
        size += len(value)
    yield page
