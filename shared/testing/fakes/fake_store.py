"""A store in memory that behaves as the one on Redis does, can be hurt at every call, and can go back to an older copy.

It passes the same suite as the real one. Nothing that it holds is ever changed in place: a commit puts a new version of
a partition in place of the old one, so a snapshot costs a few references. It knows no event loop, so whoever drives the
shell by hand (`Faults`) can stop, kill or delay it at each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Changes, Loaded, MemberChange, Uncertain
from shared.runtime.ports.limits import SWEEP_PAGE_KEYS_MAX
from shared.testing.fakes.faults import Faults, NoFaults


@dataclass(frozen=True, slots=True)
class _Member:
    items: Mapping[str, bytes]
    wakes: Mapping[str, int]
    sweep: bool
    earliest: int | None


@dataclass(frozen=True, slots=True)
class _Partition:
    meta: Mapping[str, str]
    members: Mapping[str, _Member]


_NOBODY = _Member(items={}, wakes={}, sweep=False, earliest=None)
_NEW = _Partition(meta={}, members={})


class Snapshot:
    """A copy of the store as it stood once. Only the store looks inside."""

    __slots__ = ("_partitions",)

    def __init__(self, partitions: Mapping[int, _Partition]) -> None:
        self._partitions = dict(partitions)

    def partitions(self) -> dict[int, _Partition]:
        """Return what the store held."""
        return dict(self._partitions)


class FakeStore:
    """What one service knows, in memory: the `Store` of `shared.runtime.ports.interfaces`.

    Every owner is given the same one.
    """

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults or NoFaults()
        self._partitions: dict[int, _Partition] = {}

    def snapshot(self) -> Snapshot:
        """Return a copy of everything; what comes later does not change it."""
        return Snapshot(self._partitions)

    def restore(self, snapshot: Snapshot | None) -> None:
        """Go back to a copy, or with None to an empty store, under whoever is using it."""
        self._partitions = {} if snapshot is None else snapshot.partitions()

    def contents(self, partition: int) -> dict[str, tuple[Mapping[str, bytes], Mapping[str, int]]]:
        """Return each member's stored items and wakes, for who judges from outside."""
        return {name: (state.items, state.wakes) for name, state in self._at(partition).members.items()}

    def meta_of(self, partition: int) -> Mapping[str, str]:
        """Return the partition's meta, for who judges from outside."""
        return self._at(partition).meta

    async def meta(self, partition: int) -> Mapping[str, str]:
        """Read the partition's meta. `wiping` in it: what is stored is being deleted."""
        await self._faults.step("store.meta")
        meta = MappingProxyType(self._at(partition).meta)
        await self._faults.step("store.meta.reply")
        return meta

    async def fencing_token(self, partition: int) -> str:
        """Read the partition's fencing token alone: empty if new."""
        return (await self.meta(partition)).get("head", "")

    async def acquire(self, partition: int, fencing_token: str, owner: str) -> Mapping[str, str]:
        """Write a new fencing token and return the meta that stands there. A wipe that did not end is ended first."""
        await self._faults.step("store.acquire")
        stood = self._at(partition)
        meta = {**stood.meta, "head": fencing_token, "owner": owner}
        self._partitions[partition] = replace(stood, meta=meta)
        if "wiping" in meta:
            await self._faults.step("store.wipe")
            self._end_wipe(partition, fencing_token)
        await self._faults.step("store.acquire.reply")
        return MappingProxyType({name: value for name, value in meta.items() if name != "wiping"})

    async def load(self, partition: int, wanted: Mapping[str, Sequence[str]]) -> Loaded:
        """Load items and the fencing token, in one atomic step."""
        await self._faults.step("store.load")
        stood = self._at(partition)
        loaded = Loaded(
            stood.meta.get("head", ""),
            {
                member: {key: stood.members.get(member, _NOBODY).items.get(key) for key in keys}
                for member, keys in wanted.items()
            },
        )
        await self._faults.step("store.load.reply")
        return loaded

    async def due(self, partition: int, at_ms: int, members_max: int, items_max: int) -> list[tuple[int, str, str]]:
        """Return (wake, member, key) of at most `items_max` due items, from the members whose earliest is earliest."""
        await self._faults.step("store.due")
        members = self._at(partition).members
        earliest = sorted(
            (state.earliest, member)
            for member, state in members.items()
            if state.earliest is not None and state.earliest <= at_ms
        )
        due = [
            (wake, member, key)
            for _, member in earliest[:members_max]
            for wake, key in sorted((wake, key) for key, wake in members[member].wakes.items() if wake <= at_ms)
        ]
        await self._faults.step("store.due.reply")
        return due[:items_max]

    async def commit(self, partition: int, expected: str, fencing_token: str, changes: Changes) -> int | None:
        """Write `changes` and the new `fencing_token` if the stored one is `expected`, else raise `Uncertain`.

        A wipe of the partition can die half-way, as the real one does page by page.
        """
        await self._faults.step("store.commit")
        if changes.wipe:
            stood = self._under(partition, expected)
            self._partitions[partition] = replace(stood, meta={"head": fencing_token, "wiping": "1"})
            await self._faults.step("store.wipe")
            self._end_wipe(partition, fencing_token)
            await self._faults.step("store.wipe.reply")
            expected = fencing_token
        stood = self._under(partition, expected)
        members = dict(stood.members)
        for member, change in changes.members.items():
            state = _changed(_NOBODY if change.wipe else members.get(member, _NOBODY), change)
            if state.items:
                members[member] = state
            else:
                members.pop(member, None)
        self._partitions[partition] = _Partition({**stood.meta, **changes.meta, "head": fencing_token}, members)
        earliest = self._earliest(partition)
        await self._faults.step("store.commit.reply")
        return earliest

    async def earliest(self, partition: int) -> int | None:
        """Return the partition's earliest wake in ms, or None."""
        await self._faults.step("store.earliest")
        earliest = self._earliest(partition)
        await self._faults.step("store.earliest.reply")
        return earliest

    async def sweeps(self, partition: int, members_max: int) -> list[str]:
        """Return members that owe a sweep."""
        await self._faults.step("store.sweeps")
        owing = sorted(member for member, state in self._at(partition).members.items() if state.sweep)
        await self._faults.step("store.sweeps.reply")
        return owing[:members_max]

    async def members(self, partition: int) -> list[str]:
        """Return the ids of all members of the partition, sorted."""
        await self._faults.step("store.members")
        members = sorted(self._at(partition).members)
        await self._faults.step("store.members.reply")
        return members

    async def keys(self, partition: int, members: Sequence[str]) -> dict[str, list[str]]:
        """Return the keys of all items, without "" and "!", sorted: the first member's, and of those after as fill a page."""
        await self._faults.step("store.keys")
        stood = self._at(partition).members
        keys: dict[str, list[str]] = {}
        for member in members:
            if sum(map(len, keys.values())) >= SWEEP_PAGE_KEYS_MAX:
                break
            keys[member] = sorted(stood.get(member, _NOBODY).items.keys() - {"", "!"})
        await self._faults.step("store.keys.reply")
        return keys

    async def timers(self, partition: int, member: str) -> dict[str, int]:
        """Return the instants in ms of the wakes of the member's items."""
        await self._faults.step("store.timers")
        timers = dict(self._at(partition).members.get(member, _NOBODY).wakes)
        await self._faults.step("store.timers.reply")
        return timers

    def _at(self, partition: int) -> _Partition:
        return self._partitions.get(partition, _NEW)

    def _under(self, partition: int, expected: str) -> _Partition:
        stood = self._at(partition)
        if stood.meta.get("head") != expected:
            raise Uncertain("store: the fencing token is another one", UncertainKind.FENCED_AT_COMMIT)
        return stood

    def _end_wipe(self, partition: int, fencing_token: str) -> None:
        meta = {name: value for name, value in self._under(partition, fencing_token).meta.items() if name != "wiping"}
        self._partitions[partition] = _Partition(meta, {})

    def _earliest(self, partition: int) -> int | None:
        return min(
            (state.earliest for state in self._at(partition).members.values() if state.earliest is not None),
            default=None,
        )


def _changed(state: _Member, change: MemberChange) -> _Member:
    deletes = set(change.deletes)
    items = {key: value for key, value in state.items.items() if key not in deletes} | change.puts
    wakes = {key: wake for key, wake in {**state.wakes, **change.wakes}.items() if wake is not None}
    sweep = state.sweep if change.sweep is None else change.sweep
    return _Member(items, wakes, sweep, min(wakes.values(), default=None))
