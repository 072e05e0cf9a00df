"""What *followups* has said of one rule on one subject. By own events alone."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from msgspec.structs import replace

from shared.decider import State

Stage = Literal["", "open", "completed", "cancelled", "off", "called_off", "lapsed", "taken_back"]
"""Of a rule's last cycle: none yet; waiting; done; ended otherwise; ended by switching the rule off; ended with its meeting;
let lapse; begun by an answer that was taken back."""


TAKEN_BACK_MAX: Final = 8
"""Turns between the first and this one that are remembered, where answers were taken back again and again: the latest."""


class Slot(
    State,
    frozen=True,
    rename={
        "stage": "s", "cycle": "c", "number": "n", "because": "b", "base": "w", "due_at": "d", "attempts": "a",
        "reminded_at": "t", "closed_at": "e", "ended_by": "x", "lapsed": "l", "starts_at": "m", "last_reminded_at": "o",
        "since": "v", "due_for": "f", "put_off": "p", "again": "g", "before": "r",
        "between": "j", "lapsed_as": "k",
    },
):  # fmt: skip
    """What was said of one rule on one subject."""

    stage: Stage = ""
    cycle: str = ""
    number: int = 0
    """How many cycles there were."""
    because: str = ""
    """The id of the event that started the cycle, or moved it."""
    base: datetime | None = None
    """Of a reminder: the wall time of this cycle, before any snooze. Of a rule that `keeps_wall`: the wall time that was
    told last."""
    due_at: datetime | None = None
    """When it falls due, as it was last said."""
    attempts: int = 0
    reminded_at: datetime | None = None
    """When it was last said to be due."""
    due_for: datetime | None = None
    """The instant for which that was said."""
    closed_at: datetime | None = None
    ended_by: str = ""
    """The id of the event that ended the cycle; empty after a lapse."""
    lapsed: str = ""
    """The last cycle that lapsed, until it is answered after all."""
    starts_at: datetime | None = None
    """When the meeting starts for which the cycle stands."""
    last_reminded_at: datetime | None = None
    """Of a rule that rests between its cycles: when any of them was last said to be due. None: that was never shown."""
    since: datetime | None = None
    """When the cycle before was let lapse, if it was."""
    put_off: tuple[datetime, datetime] | None = None
    """When something was to be said that was missed until quiet hours began, and their end, at which it is said."""
    again: str = ""
    """The first cycle in whose place this one stands, as the answer to it was taken back: answers to that count here, too."""
    before: Slot | None = None
    """The cycle that an answer of the member has ended last, as it stood, with that answer in `ended_by`: until another one
    falls due, it comes back if the answer is taken back."""
    between: tuple[str, ...] = ()
    """The cycles after `again` that came back and were answered in their turn, the latest `TAKEN_BACK_MAX`, oldest first."""
    lapsed_as: tuple[str, ...] = ()
    """Those in whose place `lapsed` stood."""

    @property
    def waits_again(self) -> bool:
        """Whether it was said before it was answered, and is to be said once more, as the answer was taken back."""
        return bool(self.again and self.attempts) and self.reminded_at is None

    def is_named(self, cycle: str) -> bool:
        """Say whether an answer to a cycle is about this one."""
        return cycle == self.cycle or cycle in self.earlier

    @property
    def earlier(self) -> tuple[str, ...]:
        """The cycles in whose place this one stands, oldest first."""
        return (self.again, *self.between) if self.again else ()

    def restored(self, number: int, cycle: str) -> Slot:
        """Return the slot of the cycle that takes the place of this one, which was answered.

        Of one that had lapsed it is forgotten how often it was said: once at least.
        """
        attempts = max(1, self.attempts) if self.stage == "lapsed" else self.attempts
        between = (*self.between, self.cycle)[-TAKEN_BACK_MAX:] if self.again else ()
        return replace(
            self, stage="open", cycle=cycle, number=number, attempts=attempts, reminded_at=None, due_for=None, ended_by="",
            closed_at=None, put_off=None, again=self.again or self.cycle, before=None, between=between,
        )  # fmt: skip
