"""What *followups* knows of a member: the subjects of follow-ups, and the member's habits with them.

Items by key:

- `contact/<id>`, `invite/<id>`, `reminder/<id>` (`Subject`): what happened to a person, an invite, a reminder of the
  member's own, and per rule what the member answered and what was said.
- `habits` (`Habits`): how often in a row each rule was let lapse, and what was pushed lately. Written by own facts.

What comes from outside joins, field by field, so neither order nor repetition matters: `seen`, `person`, `request`,
`about` and `answers`. Own facts write `slots` alone, in the order in which they were said.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal, NamedTuple

from msgspec import field

from shared.contracts import (
    ContactConnected,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    EventData,
    InviteAccepted,
    InviteDeclined,
    InviteExpired,
    InviteReported,
    InviteRetracted,
    InviteSent,
    InviteWithdrawn,
    MessageSent,
    ThanksSent,
    limits,
)
from shared.decision import State
from shared.preferences import Preferences

CONTACT: Final = "contact"
INVITE: Final = "invite"
REMINDER: Final = "reminder"
KINDS: Final = (CONTACT, INVITE, REMINDER)
HABITS: Final = "habits"
OWN_REMINDER: Final = "own_reminder"

CODES: Final[dict[type[EventData], str]] = {
    ContactConnected: "cc",
    ContactRemoved: "cr",
    ContactMuted: "cm",
    ContactUnmuted: "cu",
    ThanksSent: "ts",
    MessageSent: "ms",
    InviteSent: "is",
    InviteAccepted: "ia",
    InviteDeclined: "id",
    InviteReported: "ir",
    InviteWithdrawn: "iw",
    InviteRetracted: "it",
    InviteExpired: "ie",
}
"""The types of facts that subjects remember, under codes that never change their meaning."""

ABOUT_MAX: Final = 32
"""Other subjects that a contact names, to be looked at when the contact is muted or removed; the rest see it at their
next wake."""
ANSWERS_MAX: Final = 8
"""Answers of the member to one rule of one subject that are remembered: the latest."""
LAPSES_MAX: Final = 3
"""A rule that was let lapse so often in a row goes quiet."""
PUSHED_MAX: Final = limits.PER_DAY_MAX
"""Pushes that are remembered: as many as a day can have."""

_MADE_BY_A_RULE: Final = re.compile(rf"((?:{'|'.join(KINDS)})/.+)/([a-z][a-z0-9_]*)/(\d{{4}}-\d\d-\d\d(?:\.\d+)?)")

Kind = Literal["done", "dismissed", "snoozed"]
Stage = Literal["", "open", "completed", "cancelled", "off", "lapsed"]
"""Of a rule's last cycle: none yet; waiting; done; ended otherwise; ended by switching the rule off; let lapse."""


class Profile(State, frozen=True, rename={"preferences": "p"}):
    """What the member wishes."""

    preferences: Preferences = Preferences()


class Mark(State, frozen=True, rename={"time": "t", "id": "i"}):
    """A fact that happened. Marks compare by (time, id)."""

    time: datetime
    id: str

    @property
    def order(self) -> tuple[datetime, str]:
        return self.time, self.id


class Seen(State, frozen=True, rename={"logged": "l", "first": "f", "last": "x"}):
    """Facts of one type: the one that was logged first, and the one that happened last."""

    logged: datetime
    """Log time of `first`. It is what makes `first` the first: a fact that is told again later, by whomever and with
    whatever time, changes neither where a follow-up began nor whether it was told in time."""
    first: Mark
    last: Mark | None = None
    """None: it is `first`."""

    @property
    def latest(self) -> Mark:
        return self.last or self.first


class Person(State, frozen=True, rename={"time": "t", "id": "i", "contact_id": "c", "name": "n"}):
    """Who it is about, as the latest fact introduced them: a register won by the highest (time, id)."""

    time: datetime
    id: str
    contact_id: str
    name: str

    @property
    def order(self) -> tuple[datetime, str, str, str]:
        return self.time, self.id, self.contact_id, self.name


class Request(
    State,
    frozen=True,
    rename={"time": "t", "id": "i", "logged": "l", "due": "d", "what": "w", "contact_id": "c", "every_days": "e"},
):
    """A reminder of the member's own: a register won by the highest (time, id)."""

    time: datetime
    id: str
    logged: datetime
    due: datetime
    """Wall time."""
    what: str
    contact_id: str = ""
    every_days: int = 0
    """0: once."""

    @property
    def order(self) -> tuple[datetime, str, datetime, str, str, int]:
        return self.time, self.id, self.due, self.what, self.contact_id, self.every_days


class Answer(State, frozen=True, rename={"time": "t", "id": "i", "kind": "k", "cycle": "c", "until": "u"}):
    """What the member said of a follow-up."""

    time: datetime
    id: str
    kind: Kind
    cycle: str = ""
    """Empty: the member named the reminder, not one of its cycles."""
    until: datetime | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        return self.time, self.id


class Slot(
    State,
    frozen=True,
    rename={
        "stage": "s", "cycle": "c", "number": "n", "because": "b", "base": "w", "due_at": "d", "attempts": "a",
        "said_at": "t", "closed_at": "e", "ended_by": "x", "lapsed": "l",
    },
):  # fmt: skip
    """What was said of one rule on one subject."""

    stage: Stage = ""
    cycle: str = ""
    number: int = 0
    """How many cycles there were."""
    because: str = ""
    """The id of the fact that started the cycle."""
    base: datetime | None = None
    """Of a reminder: the wall time of this cycle, before any snooze."""
    due_at: datetime | None = None
    """When it falls due, as it was last said."""
    attempts: int = 0
    said_at: datetime | None = None
    """When it was last said to be due."""
    closed_at: datetime | None = None
    ended_by: str = ""
    """The id of the fact that ended the cycle; empty after a lapse."""
    lapsed: str = ""
    """The last cycle that lapsed, until it is answered after all."""


class Subject(
    State,
    frozen=True,
    tag="s",
    rename={"seen": "e", "person": "p", "request": "r", "about": "b", "answers": "a", "slots": "o"},
):
    """Something that follow-ups are about. All but `slots` comes from outside."""

    seen: dict[str, Seen] = field(default_factory=dict)
    """By the code of the fact's type (`CODES`)."""
    person: Person | None = None
    request: Request | None = None
    about: tuple[str, ...] = ()
    """Of a contact: the keys of other subjects with this person, the first `ABOUT_MAX` in their order."""
    answers: dict[str, tuple[Answer, ...]] = field(default_factory=dict)
    """By rule."""
    slots: dict[str, Slot] = field(default_factory=dict)
    """By rule."""

    def saw(self, fact: type[EventData]) -> Seen | None:
        """Return what is known of facts of this type."""
        return self.seen.get(CODES[fact])


class Habits(State, frozen=True, tag="h", rename={"lapses": "l", "quiet": "q", "pushed": "p"}):
    """What the member makes of follow-ups. Written by own facts."""

    lapses: dict[str, int] = field(default_factory=dict)
    """By rule: how many cycles in a row were let lapse, less than `LAPSES_MAX`."""
    quiet: dict[str, Mark] = field(default_factory=dict)
    """By rule: the lapse with which it last went quiet."""
    pushed: tuple[datetime, ...] = ()


Item = Subject | Habits


class Place(NamedTuple):
    """What a follow-up's id names."""

    key: str
    rule: str
    cycle: str


def followup_id(key: str, rule: str, cycle: str) -> str:
    """Return the readable id of one cycle: `contact/ada/thank/2026-03-05`."""
    return f"{key}/{rule}/{cycle}"


def place_of(followup_id: str) -> Place:
    """Return what a follow-up's id names. Whatever is not made by `followup_id` is a reminder of the member's own."""
    made = _MADE_BY_A_RULE.fullmatch(followup_id)
    if made is None:
        return Place(f"{REMINDER}/{followup_id}", OWN_REMINDER, "")
    return Place(*made.groups())


def kind_of(key: str) -> str:
    """Return what kind of subject a key names: `contact`."""
    return key.partition("/")[0]
