"""Answers the operators' page: the same as the commands `doctor`, `dead-letters` and `why`, in threads of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rapport.operating import letters, parked
from rapport.operating.asked import RECORDS_MAX
from rapport.operating.off_loop import Deadline, OffLoop
from rapport.operating.status import service_statuses
from services.gateway.port import (
    Checked,
    ItemHistory,
    LetterInFull,
    LetterLine,
    ParkedLine,
    Replayed,
    ServiceStatus,
)
from shared.config.settings import Settings
from shared.runtime.kafka.connection import KafkaAccess

if TYPE_CHECKING:
    from rapport.inspect.memory.item_lookup import Target
    from rapport.inspect.memory.member_replay import Memory

STEPS_SHOWN_MAX: Final = 60
"""Of what happened to an item: the latest ones."""


class Desk:
    """The `Operators` of a system that can be reached by these settings."""

    def __init__(
        self, settings: Settings, access: KafkaAccess, off_loop: OffLoop, glances: OffLoop, now: Callable[[], datetime]
    ) -> None:
        """`glances`: where the overview is asked, so that it waits behind nothing that takes long."""
        self._settings = settings
        self._access = access
        self._off_loop = off_loop
        self._glances = glances
        self._now = now

    def close(self) -> None:
        """Answer nothing more."""
        self._off_loop.close()
        self._glances.close()

    async def services(self) -> Sequence[ServiceStatus]:
        """Return how each service stands."""
        return await self._glances.run(lambda _: service_statuses(self._settings, self._now()))

    async def checks(self) -> Sequence[Checked]:
        """Return what `rapport doctor` finds."""

        async def found(_: Deadline) -> list[Checked]:
            from rapport.doctor.checks import all_checks

            checks = await all_checks(self._settings, letters.LETTERS_LOOKED_AT_MAX)
            return [Checked(one.name, one.ok, one.says, one.way_out) for one in checks]

        return await self._off_loop.run(found)

    async def letters(self) -> tuple[Sequence[LetterLine], int, int]:
        """Return the last dead letters, how many there are, and of how many newest ones."""
        return await self._off_loop.run(lambda _: letters.letter_lines(self._access))

    async def letter(self, place: str) -> LetterInFull | None:
        """Return one with its record."""
        return await self._off_loop.run(lambda _: letters.letter_in_full(self._access, place))

    async def replay_letters(self, places: Sequence[str]) -> Replayed:
        """Have records read again."""
        return await self._off_loop.run(lambda _: letters.replay(self._access, places))

    async def discard_letters(self, places: Sequence[str]) -> int:
        """Tick records off."""
        return await self._off_loop.run(lambda _: letters.tick_off(self._access, places))

    async def parked(self) -> tuple[Sequence[ParkedLine], int]:
        """Return the items that were parked lately."""
        found = await self._off_loop.run(lambda _: parked.parked_lines(self._access))
        return found, parked.RECORDS_LOOKED_AT_MAX

    async def replay_parked(self, identity: str) -> Replayed:
        """Have an item tried again."""
        return await self._off_loop.run(lambda _: parked.replay_parked(self._access, identity))

    async def why(self, member: str, item: str) -> ItemHistory:
        """Return what happened to an item, and what comes next."""
        return await self._off_loop.run(lambda deadline: self._why(member, item, deadline))

    async def _why(self, member: str, item: str, deadline: Deadline) -> ItemHistory:
        from rapport.inspect.memory.item_lookup import candidates, resolve
        from rapport.inspect.memory.member_replay import remember

        watched = {target.key for target in candidates(item)}
        memory = await remember(self._access, member, watched, self._now(), deadline, RECORDS_MAX)
        return history_of(memory, resolve(item, memory))


def history_of(memory: Memory, target: Target) -> ItemHistory:
    """Return what is told of an item, as `rapport why` tells it."""
    from rapport.inspect import words
    from rapport.inspect.explanation import reason_line, shown, step_line
    from rapport.inspect.item_steps import statuses_of, steps_of
    from rapport.inspect.known_before import begins, kept_of
    from rapport.inspect.narration import Narrator

    steps, narrator = steps_of(memory, target), Narrator(memory)
    stands = shown(statuses_of(memory, target), every=bool(target.rule))
    lost = memory.begin.lost
    return ItemHistory(
        tuple(step_line(narrator, target, step.event) for step in steps[-STEPS_SHOWN_MAX:]),
        max(len(steps) - STEPS_SHOWN_MAX, 0),
        tuple(reason_line(narrator, stand) for stand in stands),
        memory.unreadable,
        tuple(f"{narrator.when(one.time)}  {one.says} ({words.AS_KEPT})" for one in kept_of(narrator, target)),
        begins(narrator) if lost else "",
        words.NO_LONGER_KEPT if lost else words.NOTHING_YET,
    )
