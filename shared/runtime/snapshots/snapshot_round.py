"""Writes snapshots beside the work: round after round through all members of a partition, in small doses.

A round begins at a position, and lists who is known there. Each of them then gets a snapshot of it or of a later one: so when
it ends, nothing that lies below the position where it began is needed any more, and the mark says so. One dose is one
transaction of the owner's own producer, between two steps: what is in the store then is what the log says up to the
owner's position, and an owner who was fenced out writes nothing. One whose store was emptied writes nothing either, before
it has applied what the newest snapshot holds.

A round is the owner's own: who recovers the partition begins another one. It is due a period after the beginning of the last
one that came to its end, or that this owner began.

An erased member's snapshot is written over at once with what is left to know, and its further parts go. That an erasure
waits for it is known to the owner alone, and lost with a recovery: so the first round after a recovery writes over all
who were ever erased.

A round goes on where nobody owes a sweep: what is written meanwhile has no timers, and whoever is restored from it is swept
then. It waits for that `SNAPSHOT_SWEEPS_SECONDS` at most, and no longer than a period: with changes of preferences that never
end it goes on without timers.

Work does not depend on it: after a round that could not begin, or a dose that could not be written, none is tried for
`SNAPSHOT_PAUSE_SECONDS`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.contracts import REPLAY
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.instants import from_ms, to_ms
from shared.runtime.ports.interfaces import Message, Uncertain
from shared.runtime.ports.limits import (
    SNAPSHOT_AHEAD_SECONDS,
    SNAPSHOT_BESIDE_BYTES_MIN,
    SNAPSHOT_DOSE_BYTES_MAX,
    SNAPSHOT_DOSE_MEMBERS_MAX,
    SNAPSHOT_PAUSE_SECONDS,
    SNAPSHOT_SWEEPS_SECONDS,
)
from shared.runtime.processing import invariants
from shared.runtime.processing.member.member_state import NOTES
from shared.runtime.processing.member.runtime_meta import NOTHING_NOTED, noted_in
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.read_again.strays import owes_a_look
from shared.runtime.snapshot_model.needed import needed_from, offset_of, without_held
from shared.runtime.snapshot_model.snapshot_form import (
    FORM,
    Mark,
    Part,
    TooLarge,
    beyond,
    has_caught_up,
    mark_message,
    messages_of,
    tombstones,
)
from shared.runtime.snapshot_model.snapshot_state import Round, Snapshots
from shared.runtime.snapshots.set_aside import held_by_letters, parked_since
from shared.runtime.snapshots.taking import members_of, position_of, stored_of, timers_of


def owes_snapshots(owner: PartitionTask[Any, Any]) -> bool:
    """Say whether there is a dose to write. What a recovery has left to sweep comes first."""
    state = owner.snapshots
    if state is None or owner.unswept:
        return False
    now = owner.clock.now()
    state.first_look = state.first_look or now
    if not has_caught_up(owner.offsets, state.reach(owner.identities)):
        return False
    if state.not_before is not None and timedelta(0) < state.not_before - now <= timedelta(
        seconds=SNAPSHOT_PAUSE_SECONDS
    ):
        return False
    waits = _waits_for_sweeps(owner, state, now)
    return bool(state.erased) or (not waits and (state.round is not None or now >= _due(state, now)))


def _waits_for_sweeps(owner: PartitionTask[Any, Any], state: Snapshots, now: datetime) -> bool:
    """Say whether a round is to wait until nobody owes a sweep. A clock that was put back ends the wait."""
    if not owner.sweeping:
        state.sweeping_since = None
        return False
    since = state.sweeping_since = state.sweeping_since or now
    return timedelta(0) <= now - since < min(timedelta(seconds=SNAPSHOT_SWEEPS_SECONDS), state.every)


def _due(state: Snapshots, now: datetime) -> datetime:
    """Return when the next round begins. What a clock has put ahead of now would let it wait as long: that is passed over."""
    began = [from_ms(state.mark.began_ms), *([] if state.began is None else [state.began])]
    return max((one for one in began if not is_ahead(one, now)), default=now - state.every) + state.every


def is_ahead(began: datetime, now: datetime) -> bool:
    """Say whether a round can not have begun then: the clock that said so was wrong, or this one is."""
    return began - now > timedelta(seconds=SNAPSHOT_AHEAD_SECONDS)


def overdue_by(owner: PartitionTask[Any, Any]) -> float:
    """Return for how many seconds the end of a round has been overdue, in the clock's own time: a period after it was due."""
    state = owner.snapshots
    if state is None:
        return 0.0
    now, since = owner.clock.now(), from_ms(state.mark.began_ms)
    if state.mark.position is None or is_ahead(since, now):
        since = state.first_look or now
    return max(0.0, (now - since - 2 * state.every).total_seconds())


async def write_snapshots(owner: PartitionTask[Any, Any]) -> None:
    """Write one dose: snapshots of some members, and the mark after them, in one transaction."""
    state, now = owner.snapshots, owner.clock.now()
    assert state is not None, "only where there are snapshots, one owes some"
    waits = _waits_for_sweeps(owner, state, now)
    if state.round is None and not waits and now >= _due(state, now):
        try:
            await _begin(owner, state, now)
        except Uncertain:
            _pause(owner, state)
            raise
    state.doses += 1
    dose = _Dose(owner, state, to_ms(now))
    await dose.gather(() if waits or state.round is None else state.round.left)
    mark = dose.mark()
    try:
        await _write(owner, state, [*dose.messages, mark_message(mark, to_ms(now))])
    except Exception as error:
        _pause(owner, state)
        if isinstance(error, Uncertain) and error.kind is UncertainKind.LOG_MOVED:
            state.began = None  # what is lost is written again as soon as may be
        raise
    state.mark = mark
    dose.written()
    owner.counts["snapshots"] += dose.members


def _pause(owner: PartitionTask[Any, Any], state: Snapshots) -> None:
    state.not_before = owner.clock.now() + timedelta(seconds=SNAPSHOT_PAUSE_SECONDS)
    owner.counts["snapshots_failed"] += 1


async def _begin(owner: PartitionTask[Any, Any], state: Snapshots, now: datetime) -> None:
    turn = Round(position_of(owner), now, deque(await members_of(owner)))
    if owner.decider.own:  # a projection sets nothing aside
        turn.held = await held_by_letters(owner, now)
        turn.parked_since = await parked_since(owner, now)
    state.round, state.began = turn, now
    look_up_to_checkpoint(owner)


class _Dose:
    """What one transaction takes up: erased members first, then some of the round."""

    def __init__(self, owner: PartitionTask[Any, Any], state: Snapshots, at_ms: int) -> None:
        self.owner, self.state, self.at_ms = owner, state, at_ms
        self.messages: list[Message] = []
        self.erased = list(state.erased)[:SNAPSHOT_DOSE_MEMBERS_MAX]
        self.taken = 0
        """Members of the round's list that are done with."""
        self.members = 0
        self.listed = 0
        """Of those of the round's list, so many have a snapshot."""
        self.whole = True
        self.parked = False
        self._bytes = 0

    async def gather(self, left: Iterable[str]) -> None:
        """Read the members, as many as make a dose: who was erased, and some of those who are left of the round."""
        over = {member for member in self.erased if await self._take(member, over=True)}
        for member in left:
            if self._is_full():
                return
            self.listed += await self._take(member) if member not in self.erased else member in over
            self.taken += 1

    def mark(self) -> Mark:
        """Return the mark that stands after this dose: another one where it ends a round that has all members."""
        state, turn = self.state, self.state.round
        identities = {**self.owner.identities, state.topic: state.identity}
        reach = beyond(state.reach(self.owner.identities), self.owner.offsets)
        if turn is None or self.taken < len(turn.left) or not (turn.whole and self.whole):
            carried = state.mark.identities if state.mark.position else identities
            return replace(state.mark, reach=reach, identities=carried)
        turn.parked = turn.parked or self.parked
        own, aside = self.owner.decider.own, self.owner.aside
        needed, free = (needed_from(one, state.needed, own, aside) for one in (turn, without_held(turn)))
        return Mark(
            form=FORM,
            version=self.owner.decider.version,
            position=turn.position,
            needed=needed,
            held={topic: offset for topic, offset in needed.items() if offset < free[topic]},
            asked=self.owner.offsets.get(REPLAY, 0),
            began_ms=to_ms(turn.began),
            identities=identities,
            members=turn.members + self.listed,
            reach=reach,
        )

    def written(self) -> None:
        """Take note that the transaction stands."""
        for member in self.erased:
            self.state.erased.pop(member, None)
        if (turn := self.state.round) is not None:
            for _ in range(self.taken):
                turn.left.popleft()
            turn.members += self.listed
            turn.whole = turn.whole and self.whole
            turn.parked = turn.parked or self.parked
            if not turn.left:
                self.state.round, self.state.sure = None, self.state.sure or turn.whole

    def _is_full(self) -> bool:
        return self.members >= SNAPSHOT_DOSE_MEMBERS_MAX or self._bytes >= SNAPSHOT_DOSE_BYTES_MAX

    async def _take(self, member: str, *, over: bool = False) -> bool:
        """Put a member's snapshot into the dose; return whether there is one."""
        owner = self.owner
        timers = await timers_of(owner, member)
        values = await stored_of(owner, member)
        notes = noted_in(values[NOTES])[0] if NOTES in values else NOTHING_NOTED
        self.parked = self.parked or owner.decider.rules in notes.parked.values()
        template = Part(
            form=FORM,
            member=member,
            snapshot=f"{owner.fencing_token}/{self.state.doses}",
            part=0,
            parts=0,
            version=owner.decider.version,
            rules=owner.decider.rules,
            position=position_of(owner),
            chunk=b"",
            incarnation=notes.incarnation,
        )
        try:
            parts = await _packed(template, values, self.at_ms, timers) if values else []
        except TooLarge:
            self.whole, parts = False, []
            owner.counts["snapshots_too_large"] += 1
        has_one = bool(parts)
        unsure = bool(template.incarnation and parts) and not self.state.sure
        if over or unsure or not values:
            parts += tombstones(member, len(parts), self.at_ms)
        self.messages += parts
        self.members += 1
        self._bytes += sum(len(part.key or b"") + len(part.value or b"") for part in parts)
        return has_one


async def _packed(
    template: Part, values: Mapping[str, bytes], at_ms: int, timers: Mapping[str, int] | None = None
) -> list[Message]:
    """Return the parts of a member. A large one is packed beside the event loop: 30,000 contacts take some 50 ms.

    The owner takes no step meanwhile, so what was loaded stays what is known. Raises `TooLarge`.
    """
    if sum(map(len, values.values())) < SNAPSHOT_BESIDE_BYTES_MIN:
        return messages_of(template, values, at_ms, timers)
    return await asyncio.to_thread(messages_of, template, values, at_ms, timers)


def look_up_to_checkpoint(owner: PartitionTask[Any, Any]) -> None:
    """Let the own topic be looked through for strays up to the last own event, where nothing of it is owed.

    Else what an owner has said stays needed until the next recovery.
    """
    checkpoint = offset_of(owner.checkpoint, 0)
    if not owes_a_look(owner) and owner.aside < checkpoint:
        owner.looked = (checkpoint, checkpoint)


async def _write(owner: PartitionTask[Any, Any], state: Snapshots, messages: list[Message]) -> None:
    """Write all of it, or nothing: parts of which some are missing are no snapshot. Raises `Uncertain`."""
    writer = owner.writer
    assert writer is not None, "a recovery makes the writer"
    await writer.begin()
    try:
        first = await writer.append(state.topic, messages)
        invariants.grows_on(first, state.end)
        await writer.commit()
    except (Exception, asyncio.CancelledError):
        await writer.abandon()
        raise
    state.end = first + len(messages) + 1  # a control record follows
