"""What the functions of a rule see: a subject, what was said of it, what else is known, and what the member wishes.

`case.Case` is one. The records of a rule hold such functions, and a case holds its rule: so the functions name this, and no
two files import each other.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from services.followups.model.slot import Slot
from services.followups.model.state import Subject
from shared.preferences import Preferences


class TriggerEvent(NamedTuple):
    """The event that a follow-up starts with."""

    logged: datetime
    time: datetime
    id: str
    type: str


class RuleContext(Protocol):
    """A subject of one member, as a rule sees it."""

    zone: str
    """The member's, as it stands now."""
    fixed: bool
    """Whether it was asked for by an instant, which no change of zone moves."""
    subject: Subject
    """What is known of it."""
    slot: Slot
    """What the rule has said of it."""

    @property
    def wishes(self) -> Preferences:
        """What the member wishes."""

    @property
    def on_since(self) -> datetime | None:
        """When the member switched the rule on; None while that is the default."""

    @property
    def open_since(self) -> datetime | None:
        """Since when nothing of the member's forbids the rule to start; None when nothing ever did."""

    @property
    def offsets(self) -> tuple[int, ...]:
        """Days or hours from the base, in the order of the steps."""

    @property
    def contact_ids(self) -> tuple[str, ...]:
        """Whom it is about; empty when it is about nobody."""

    @property
    def contacts(self) -> tuple[Subject | None, ...]:
        """What is known of these people, one by one."""

    @property
    def meetings(self) -> tuple[Subject, ...]:
        """Of a contact: what is known of the meetings with this person that are remembered."""

    @property
    def starts_at(self) -> datetime | None:
        """Of a meeting: when it starts."""
