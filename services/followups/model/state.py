"""What *followups* knows of a member: the subjects of follow-ups, and the member's habits with them.

Items by key:

- `contact/<id>`, `invite/<id>`, `meeting/<id>`, `reminder/<id>`, `promise/<id>`, `pursuit/<id>`, `gathering/<id>` and
  `date/<contact>/<label>` (`Subject`): what happened to a person, an invite, a meeting, a reminder of the member's own
  and so on, and per rule what the member answered and what was said.
- `habits` (`Habits`): when each rule was shown and answered, and what was pushed lately.
- `proposals` (`Proposals`): whom to meet is asked for only so many people at a time; who they are, and who may be next.
- `ties/<n>` (`Candidates`): of some of the member's people, when the two last had to do with each other, and `reconnects`
  (`Reconnects`): who was picked lately (`services.followups.apply.reconnect`).

What comes from outside joins, field by field, so neither order nor repetition matters. Own events write `Subject.slots`,
`Habits.answered`, `Habits.pushed`, `Proposals.open`, `Proposals.begun`, `Reconnects`, `Profile.quiet` and the last three
fields of a `Candidate` alone, in the order in which they were said. Nothing here grows with the number of a member's contacts
but the number of items.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import field

from services.followups.model.answers import Answer, TouchAnswer
from services.followups.model.event_codes import CODES
from services.followups.model.slot import Slot
from services.followups.model.values import (
    Cadence,
    Company,
    Day,
    LoggedEvent,
    Named,
    Occasions,
    Person,
    Plan,
    Request,
    Rest,
    Seen,
    Title,
)
from shared.contracts import EventData, limits
from shared.decider import State
from shared.merge import last_named
from shared.preferences import Preferences

CONTACT: Final = "contact"
INVITE: Final = "invite"
MEETING: Final = "meeting"
REMINDER: Final = "reminder"
PROMISE: Final = "promise"
PURSUIT: Final = "pursuit"
GATHERING: Final = "gathering"
DATE: Final = "date"
KINDS: Final = (CONTACT, INVITE, MEETING, REMINDER, PROMISE, PURSUIT, GATHERING, DATE)
HABITS: Final = "habits"
PROPOSALS: Final = "proposals"
CANDIDATES: Final = "ties"
RECONNECTS: Final = "reconnects"
OWN_REMINDER: Final = "own_reminder"
RECONNECT: Final = "reconnect"

NAMES_KEPT: Final = 4096
"""Keys and ids of follow-ups whose parts are remembered: each event asks for those of the same few again and again."""
ABOUT_MAX: Final = 32
"""Other subjects that a contact names, to be looked at when the contact is muted or removed; the rest see it at their
next wake."""
COMPANY_MAX: Final = 16
"""People of one meeting or gathering that it is remembered with: the first whom the event names."""
MEETINGS_MAX: Final = 8
"""Meetings of a contact that are looked at with the contact: those of which something was told last."""
WAITING_MAX: Final = 16
"""People who may wait for one of the open proposals to meet to end: those who were thanked, and written to, last."""
HELP_MAX: Final = 8
"""Times of help with a contact that are remembered, on each side: the latest."""
ANSWERS_MAX: Final = 16
"""Answers of the member to one rule of one subject that are remembered: the latest, and as many times that something was put
off, so that these push out none of those. One that is no longer among them stands for good, whatever became of it: so it does
not matter in which order they are read."""
OCCASION_DAYS_MAX: Final = 24
"""Days on which a rule was shown that are remembered: three weeks and some of a daily digest."""
DEEDS_MAX: Final = 8
"""Invites, or people, that are looked at, to see whether what was done with them is what a rule that is quiet asks for."""
PUSHED_MAX: Final = limits.PER_DAY_MAX
"""Pushes that are remembered: as many as a day can have."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MADE_BY_A_RULE: Final = re.compile(rf"((?:{'|'.join(KINDS)})/.+)/([a-z][a-z0-9_]*)/(\d{{4}}(?:-\d\d-\d\d)?(?:\.\d+)?)")


class Profile(State, frozen=True, rename={"preferences": "p", "quiet": "q"}):
    """What the member wishes, and which rules have gone quiet: what holds for all that is open."""

    preferences: Preferences = Preferences()
    quiet: dict[str, Rest] = field(default_factory=dict)
    """By rule: when it last went quiet, and whether it has come back. By own events."""


class WithoutAnswers(State, frozen=True, rename={"codes": "c", "seen": "e", "help": "h", "step": "s"}):
    """What is known of some types of events, but for what the member's last answers count as: those can be taken back."""

    codes: tuple[str, ...] = ()
    """Of which types: those that an answer counts as that is remembered, sorted."""
    seen: dict[str, Seen] = field(default_factory=dict)
    help: dict[str, tuple[LoggedEvent, ...]] = field(default_factory=dict)
    step: LoggedEvent | None = None


class Subject(
    State,
    frozen=True,
    tag="s",
    rename={
        "seen": "e", "person": "p", "request": "r", "plan": "n", "company": "w", "cadence": "c", "about": "b",
        "meetings": "m", "answers": "a", "slots": "o", "step": "s", "title": "t", "day": "d", "help": "h",
        "without_answers": "u",
    },
):  # fmt: skip
    """Something that follow-ups are about. All but `slots` comes from outside."""

    seen: dict[str, Seen] = field(default_factory=dict)
    """By the code of the event's type (`CODES`)."""
    person: Person | None = None
    request: Request | None = None
    plan: Plan | None = None
    """Of a meeting: its hour."""
    company: Company | None = None
    """Of a meeting or gathering: with whom."""
    cadence: Cadence | None = None
    """Of a contact: how often to be in touch."""
    step: LoggedEvent | None = None
    """Of a pursuit: its last step."""
    title: Title | None = None
    """Of a pursuit its goal, of a gathering its name."""
    day: Day | None = None
    """Of a day to remember."""
    help: dict[str, tuple[LoggedEvent, ...]] = field(default_factory=dict)
    """Of a contact: help received and given, by the code of its side (`event_codes.HELP`), the latest `HELP_MAX`,
    oldest first."""
    about: tuple[str, ...] = ()
    """Of a contact: the keys of other subjects with this person, the first `ABOUT_MAX` in their order."""
    meetings: tuple[Named, ...] = ()
    """Of a contact: meetings with this person, the latest `MEETINGS_MAX`, oldest first."""
    answers: dict[str, tuple[Answer, ...]] = field(default_factory=dict)
    """By rule."""
    without_answers: WithoutAnswers = WithoutAnswers()
    """Of `seen`, `help` and `step`: what remains if answers are taken back."""
    slots: dict[str, Slot] = field(default_factory=dict)
    """By rule."""

    def saw(self, event: type[EventData]) -> Seen | None:
        """Return what is known of events of this type."""
        return self.seen.get(CODES[event])


class Habits(
    State, frozen=True, tag="h", rename={"shown": "s", "acted": "c", "did": "d", "answered": "a", "pushed": "p"}
):
    """What the member makes of follow-ups: as much as it takes to know which rules are let rest."""

    shown: dict[str, Occasions] = field(default_factory=dict)
    """By rule: when it was shown. From outside."""
    acted: dict[str, datetime] = field(default_factory=dict)
    """By rule: when the member last answered one of its follow-ups. From outside."""
    did: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    """By rule: when what it asks for was last done, asked for or not. Where that depends on the invite, or on what the member
    does with the person then: with which one, the latest `DEEDS_MAX`, oldest first. From outside."""
    answered: dict[str, datetime] = field(default_factory=dict)
    """By rule: when one of its follow-ups was last completed. By own events."""
    pushed: tuple[datetime, ...] = ()
    """When something was pushed that is counted in `per_day`. By own events."""


class Proposals(State, frozen=True, tag="p", rename={"thanked": "t", "written": "w", "begun": "b", "open": "o"}):
    """To whom a meeting may be proposed: who is named nowhere here does not wait, however much room there is."""

    thanked: tuple[Named, ...] = ()
    """Contacts who were thanked, the latest `WAITING_MAX`, oldest first. From outside."""
    written: tuple[Named, ...] = ()
    """Contacts to whom the member has written, as the first message may count as thanks, or says that they have: as many.
    From outside."""
    begun: tuple[Named, ...] = ()
    """Contacts whose thanks this service has seen completed, the latest `WAITING_MAX`, oldest first. By own events."""
    open: tuple[str, ...] = ()
    """Contacts for whom it is asked. By own events, which keep to the rule's limit."""

    def waiting(self) -> list[str]:
        """Return who may be asked for, each once, who was named first before the others."""
        named = sorted((*self.thanked, *self.written, *self.begun), key=lambda one: one.time)
        return list(dict.fromkeys(one.key for one in named))

    def may_wait(self, key: str) -> bool:
        """Say whether a contact is one of them.

        Who is not is asked for neither now nor later: an event that makes room looks at these alone, and a rebuild at all.
        """
        return any(one.key == key for those in (self.thanked, self.written, self.begun) for one in those)


class Candidate(
    State,
    frozen=True,
    rename={
        "touched": "t", "muted": "m", "unmuted": "u", "removed": "r", "picked": "p", "unshown": "x", "open": "o",
        "done": "d", "answers": "a", "done_before": "b",
    },
):  # fmt: skip
    """Somebody to reconnect with: what the two have to do with each other, as far as that needs it."""

    touched: LoggedEvent | None = None
    """The last thing that passed between them, but for `answers`; its log time is not kept apart from its time."""
    muted: datetime | None = None
    unmuted: datetime | None = None
    removed: datetime | None = None
    picked: datetime | None = None
    """When the member was last asked to reconnect. By own events."""
    unshown: bool = False
    """Whether that was not shown, so that nobody rests for it. By own events."""
    open: str = ""
    """The cycle of `reconnect` that is open. By own events."""
    done: datetime | None = None
    """When a cycle of `reconnect` was last completed. By own events."""
    done_before: datetime | None = None
    """When one was before that, as the answer that completed it may be taken back. By own events."""
    answers: tuple[TouchAnswer, ...] = ()
    """What the member said after `touched` that counts as one more, the latest `ANSWERS_MAX`, oldest first."""


class Candidates(State, frozen=True, tag="t", rename={"by_id": "b"}):
    """Some of the member's people, by contact id."""

    by_id: dict[str, Candidate] = field(default_factory=dict)


class Reconnects(State, frozen=True, tag="r", rename={"picks": "p", "last": "l"}):
    """Who was picked lately to reconnect with. By own events."""

    picks: tuple[datetime, ...] = ()
    """When, the last few."""
    last: str = ""
    """The key of the candidates from which the last one was picked."""


Item = Subject | Habits | Proposals | Candidates | Reconnects


class FollowupRef(NamedTuple):
    """What a follow-up's id names."""

    key: str
    rule: str
    cycle: str


def followup_id(key: str, rule: str, cycle: str) -> str:
    """Return the readable id of one cycle: `contact/ada/thank/2026-03-05`."""
    return f"{key}/{rule}/{cycle}"


@lru_cache(NAMES_KEPT)
def parse_followup_id(followup_id: str) -> FollowupRef:
    """Return what a follow-up's id names. Whatever is not made by `followup_id` is a reminder of the member's own."""
    made = _MADE_BY_A_RULE.fullmatch(followup_id)
    if made is None:
        return FollowupRef(f"{REMINDER}/{followup_id}", OWN_REMINDER, "")
    return FollowupRef(*made.groups())


def date_key(contact_id: str, label: str) -> str:
    """Return the key of a day to remember; an id that holds a slash stands there as its digest, so that none is two."""
    if "/" in contact_id:
        contact_id = hashlib.sha256(contact_id.encode()).hexdigest()[:32]
    return f"{DATE}/{contact_id}/{label}"


def day_number(moment: datetime) -> int:
    """Return the number of an instant's day in UTC."""
    return (moment - _EPOCH).days


@lru_cache(NAMES_KEPT)
def kind_of(key: str) -> str:
    """Return what kind of subject a key names: `contact`."""
    return key.partition("/")[0]


def latest(state: tuple[Named, ...], time: datetime, key: str, most: int) -> tuple[Named, ...]:
    """Return the items that were named last, oldest first, after one more event named `key`.

    Each stands with its latest time, so neither the order nor the number of events matters.
    """
    if state and (time, key) > (state[-1].time, state[-1].key):  # mostly it is the newest: nothing is to be sorted
        return (*(one for one in state if one.key != key), Named(time, key))[-most:]
    return tuple(Named(at, name) for at, name in last_named(((one.time, one.key) for one in state), time, key, most))
