"""Reads a member as a projection knows them, from its store: any process can, for any member, and disturbs nobody.

An answer is made of what one atomic load has brought. A function that asks for more (`Missing`) is asked again on all of it
loaded anew, so no answer is made of two states; what has the same bytes as before is not decoded again. Who has just written
names the place of its record, and waits until the projection has applied it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import cramjam
import msgspec

from shared.contracts import ACTIVITY, Event, partition_for
from shared.decider import I, Missing, P, View
from shared.projection import Projection
from shared.runtime.ports.interfaces import Store, Uncertain
from shared.runtime.ports.limits import LOAD_ROUNDS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.member import incarnation
from shared.runtime.processing.member.member_state import NOTES, PROFILE, MemberState
from shared.runtime.processing.member.stored_form import StoredForm

VISIBLE_SECONDS_MAX: Final = 2.0
"""How long a read waits until what was just written is applied: usually that takes some milliseconds."""
LOOK_SECONDS: Final = 0.01
"""Between the first two looks at the cursor; each time twice as long, as a write that was never made is looked for, too."""
LOOK_SECONDS_MAX: Final = 0.32
T = TypeVar("T")


class NotVisible(Exception):
    """What was written is not applied yet: the projection is behind, or nobody owns the partition."""


class UnknownMember(Exception):
    """Nothing is known of such a member, or they were erased; `incarnation` says since which erasure, 0: there was none."""

    def __init__(self, incarnation: int = 0) -> None:
        super().__init__()
        self.incarnation = incarnation


@dataclass(frozen=True, slots=True)
class AnswerWithOffsets(Generic[T]):
    """An answer, and what of the topics is behind it."""

    answer: T
    applied: Mapping[str, int]
    """By topic, the offset of the next record: all below it is in the answer."""
    reached: Mapping[str, int]
    """By topic: nothing from this offset on is in the answer."""
    skips: Callable[[Event], bool]
    """Whether an event of a service does not count, as the member was erased after it."""
    incarnation: int
    """Of the member: another one after each erasure."""


class Reader(Generic[P, I]):
    """Reads what a projection knows. Errors of the store are `Uncertain`, and so is a store of another version."""

    def __init__(
        self,
        projection: Projection[P, I],
        store: Store,
        partitions: int,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read from `store`; `partitions` is how many each topic has."""
        self._projection, self._store, self._partitions = projection, store, partitions
        self._sleep, self._monotonic = sleep, monotonic
        self._form = StoredForm(projection)

    def partition_of(self, member: str) -> int:
        """Return the partition on which a member's events stand."""
        return partition_for(member, self._partitions)

    async def read(self, member: str, question: Callable[[View[P, I]], T], after: int | None = None) -> T:
        """Return the answer to a pure question about a member.

        `after`: the offset of an activity record of this member's partition that the answer must know; `NotVisible` where it
        does not within `VISIBLE_SECONDS_MAX`. `UnknownMember` where nothing is known of the member, or of what the
        question is about. `Uncertain` where the store was lost or is of another version: it does not tell whether
        anything is known.
        """
        return (await self.read_stored(member, question, after))[0]

    async def read_stored(
        self, member: str, question: Callable[[View[P, I]], T], after: int | None = None
    ) -> tuple[T, Mapping[str, bytes | None]]:
        """Return what `read` does, and by key the stored bytes that the answer follows from."""
        partition = self.partition_of(member)
        if after is not None:
            await self._until_applied(partition, after)
        answer, _, stored = await self._asked(partition, member, question)
        return answer, stored

    async def is_stored(self, member: str, expected: Mapping[str, bytes | None], after: int | None = None) -> bool:
        """Say whether exactly these bytes are stored now, and so what followed from them follows still.

        `after`: as for `read`. `NotVisible`; `Uncertain` where the store does not answer.
        """
        partition = self.partition_of(member)
        if after is not None:
            await self._until_applied(partition, after)
        return (await self._store.load(partition, {member: list(expected)})).members[member] == expected

    async def read_with_offsets(self, member: str, question: Callable[[View[P, I]], T]) -> AnswerWithOffsets[T]:
        """Return the answer to a question, as `read` does, and which records it is made of."""
        partition = self.partition_of(member)
        applied = self._offsets(await self._store.meta(partition))
        answer, state, _ = await self._asked(partition, member, question)
        since = state.notes.incarnation
        return AnswerWithOffsets(
            answer,
            applied,
            self._offsets(await self._store.meta(partition)),
            lambda event: invariants.is_earlier(incarnation.named_by(event, since), since),
            since,
        )

    def _offsets(self, meta: Mapping[str, str]) -> dict[str, int]:
        return {topic: int(meta.get(f"off:{topic}", 0)) for topic in self._projection.topics}

    async def _asked(
        self, partition: int, member: str, question: Callable[[View[P, I]], T]
    ) -> tuple[T, MemberState[P, I], Mapping[str, bytes | None]]:
        try:
            return await self._answer(partition, member, question)
        except UnknownMember:
            await self._be_sure(partition)
            raise

    async def _answer(
        self, partition: int, member: str, question: Callable[[View[P, I]], T]
    ) -> tuple[T, MemberState[P, I], Mapping[str, bytes | None]]:
        keys: set[str] = {PROFILE, NOTES}
        state, held = MemberState(self._projection, member), dict[str, bytes | None]()
        for _ in range(LOAD_ROUNDS_MAX):
            stored = (await self._store.load(partition, {member: sorted(keys)})).members[member]
            if any(stored[key] != value for key, value in held.items()):
                state, held = MemberState(self._projection, member), {}
            self._take_in(state, {key: value for key, value in stored.items() if key not in held})
            held = dict(stored)
            if state.notes.erased or (stored[PROFILE] is None and stored[NOTES] is None):
                raise UnknownMember(state.notes.incarnation)
            try:
                return question(state.view), state, held
            except Missing as absent:
                keys |= absent.keys
        raise RuntimeError("asks for more and more items")

    def _take_in(self, state: MemberState[P, I], stored: Mapping[str, bytes | None]) -> None:
        """Add what stored bytes stand for. A process of another version of the projection may have written them."""
        try:
            state.add(stored, self._form)
        except (msgspec.DecodeError, cramjam.DecompressionError) as error:
            raise Uncertain(f"store: what stands there cannot be read: {type(error).__name__}") from error

    async def _be_sure(self, partition: int) -> None:
        """Raise `Uncertain` where the partition is not one that this version of the projection has recovered.

        A recovery writes the version last, and a wipe takes it away first.
        """
        version = (await self._store.meta(partition)).get("version")
        if version != str(self._projection.version):
            raise Uncertain(f"store: is of version {version}, not {self._projection.version}")

    async def _until_applied(self, partition: int, offset: int) -> None:
        deadline, pause = self._monotonic() + VISIBLE_SECONDS_MAX, LOOK_SECONDS
        while int((await self._store.meta(partition)).get(f"off:{ACTIVITY}", 0)) <= offset:
            if (left := deadline - self._monotonic()) <= 0:
                raise NotVisible
            await self._sleep(min(pause, left))
            pause = min(2 * pause, LOOK_SECONDS_MAX)
