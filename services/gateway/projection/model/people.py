"""What the product and the member have said: people, invites, meetings, promises, reminders and answers.

Each field is a register or a bounded set of what came last, so neither the order nor the number of repetitions matters, as
long as a set is not full; the activity topic alone writes here, in its one order, so what a full set drops is settled too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias

from msgspec import field

from services.gateway.projection.model.followups import Digests, Findings, Followups
from services.gateway.projection.model.registers import Stamped, Stated
from shared.decider import State
from shared.preferences import Preferences

CONTACT: Final = "c/"
"""Before a contact's id: short, as there is one for each person."""
INVITES: Final = "invites"
MEETINGS: Final = "meetings"
PROMISES: Final = "promises"
REMINDERS: Final = "reminders"
INVITES_MAX: Final = 500
"""Invites that are kept: those of which something was said last."""
MEETINGS_MAX: Final = 400
"""Meetings that are kept: open ones that come, the soonest first, then those of which something was said last. A calendar of
a year has some hundreds, and an import tells all of them at once."""
MEETING_OPEN: Final = frozenset({"proposed", "scheduled"})
"""How a meeting stands that may still come about."""
PROMISES_MAX: Final = 100
PROMISE_ITEM: Final = "promise/"
"""Before a promise's id, in the id of a follow-up about it."""
KEEP_PROMISE: Final = "keep_promise"
"""The rule whose answer `done` says that a promise was kept."""
REQUESTS_MAX: Final = 100
"""Reminders of the member's own that are kept as they were asked for, until *followups* has planned them and beyond."""
ANSWERS_MAX: Final = 100
"""Answers to follow-ups: each counts only until *followups* has followed it."""
PROPOSALS_ANSWERED_MAX: Final = 4
MEETING_PEOPLE_MAX: Final = 16
DATES_MAX: Final = 20
"""Days to remember of one person."""
LATELY_MAX: Final = 3
"""What happened with a person that is shown: the last times."""


class Profile(State, frozen=True, rename={"preferences": "p"}):
    """The member: what they are called, and how they want it."""

    preferences: Preferences = Preferences()


class Mention(Stamped, frozen=True, array_like=True):
    """How an event introduces a person, as far as its word holds. A product knows its own pages and headlines of them."""

    name: str = ""
    why: str = ""
    """Why the two are to know each other, in the words of an invite."""


class Happened(Stamped, frozen=True, array_like=True):
    """Something between the two, with the member's words."""

    code: str
    """The event's `CODE`."""
    what: str = ""


class Person(
    State,
    frozen=True,
    tag="c",
    rename={
        "mentions": "t", "connected": "o", "muted": "m", "every_days": "e", "dates": "d", "lately": "l",
    },
):  # fmt: skip
    """A person."""

    mentions: tuple[Mention, ...] = ()
    """The events whose word on name or reason holds, oldest first."""
    connected: Stated | None = None
    muted: Stated | None = None
    every_days: Stated | None = None
    dates: dict[str, Stated] = field(default_factory=dict)
    """By label: month * 100 + day."""
    lately: tuple[Happened, ...] = ()
    """Oldest first."""


class Wish(Stamped, frozen=True, array_like=True):
    """The member's answer to a proposal."""

    kept: bool
    until: datetime | None = None
    """Until when it is kept, None: for good. Of one that is let go, until when it waits, None: it does not."""


class Sending(Stamped, frozen=True, array_like=True):
    """That an invite was sent: of several sendings the earliest counts."""

    contact_id: str
    mine: bool


class Invite(State, frozen=True, rename={"sent": "s", "outcome": "o", "wish": "w", "why": "y"}):
    """An invite, on either side."""

    sent: Sending | None = None
    outcome: Stated | None = None
    """The `CODE` of the event that settles it."""
    wish: Wish | None = None
    why: Stated | None = None
    """Why it was sent, as the sender said when asked."""


class Invites(State, frozen=True, tag="v", rename={"by_id": "i", "proposals": "p"}):
    """The invites, as product and member tell of them."""

    by_id: dict[str, Invite] = field(default_factory=dict)
    proposals: dict[str, Wish] = field(default_factory=dict)
    """Answers to proposals as a whole, by their ids."""


class Plan(Stamped, frozen=True, array_like=True):
    """When and where, as far as it was told."""

    starts: datetime
    """Wall time in `zone`."""
    zone: str
    kind: str = ""
    minutes: int = 0
    place: str = ""


class Company(Stamped, frozen=True, array_like=True):
    """With whom."""

    contact_ids: tuple[str, ...]
    count: int


class Meeting(State, frozen=True, rename={"status": "s", "plan": "p", "company": "c", "questions": "q"}):
    """A meeting, or the proposal of one."""

    status: Stated | None = None
    """`proposed`, `scheduled`, `declined`, `cancelled`, `missed` or `held`."""
    plan: Plan | None = None
    company: Company | None = None
    questions: Stated | None = None
    """How many questions are prepared."""


class Meetings(State, frozen=True, tag="m", rename={"by_id": "m"}):
    """The meetings that matter most: `MEETINGS_MAX`."""

    by_id: dict[str, Meeting] = field(default_factory=dict)


class Made(Stamped, frozen=True, array_like=True):
    """What was promised, and for when: an instant, or wall time in the member's zone."""

    contact_id: str
    due: datetime
    what: str = ""


class Promise(State, frozen=True, rename={"made": "m", "outcome": "o", "done": "d"}):
    """A promise of the member's."""

    made: Made | None = None
    outcome: Stated | None = None
    """The `CODE` of the event that settles it."""
    done: Stated | None = None
    """Whether the member has answered that it is done, and not taken that back."""

    @property
    def is_open(self) -> bool:
        """Whether it is to be kept still. One that was made anew after it was done is another."""
        if self.outcome is not None:
            return False
        return self.done is None or not self.done.value or (self.made is not None and self.done.stamp < self.made.stamp)


class Promises(State, frozen=True, tag="p", rename={"by_id": "p"}):
    """The promises of which something was said last."""

    by_id: dict[str, Promise] = field(default_factory=dict)


class Request(Stamped, frozen=True, array_like=True):
    """A reminder that the member asked for."""

    what: str
    due: datetime
    """An instant, or wall time in the member's zone."""
    contact_id: str = ""
    every_days: int = 0


class Answer(Stamped, frozen=True, array_like=True):
    """An answer to a follow-up."""

    how: str
    """`done`, `dismissed`, `snoozed` or `reopened`, which takes back the others."""
    until: datetime | None = None


class Reminders(State, frozen=True, tag="r", rename={"requests": "q", "answers": "a"}):
    """What the member asked for and answered, until *followups* has followed it."""

    requests: dict[str, Request] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


Item: TypeAlias = Followups | Findings | Digests | Person | Invites | Meetings | Promises | Reminders
