"""Pursuits: what a member is after, such as a new position, step by step."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.events.activity import Activity
from shared.contracts.fields import Id, Words


class AboutPursuit(Activity):
    """An event about one pursuit."""

    pursuit_id: Id


class PursuitOpened(AboutPursuit):
    """The member sets out for a goal."""

    TYPE: ClassVar[str] = "rapport.pursuit.opened"
    CODE: ClassVar[str] = "po"
    goal: Words


class PursuitStepTaken(AboutPursuit):
    """The member has come one step further."""

    TYPE: ClassVar[str] = "rapport.pursuit.step_taken"
    CODE: ClassVar[str] = "ps"
    goal: Words | None = None
    step: Words | None = None


class PursuitClosed(AboutPursuit):
    """The pursuit has ended, reached or let go."""

    TYPE: ClassVar[str] = "rapport.pursuit.closed"
    CODE: ClassVar[str] = "pc"
    goal: Words | None = None
    outcome: Words | None = None
