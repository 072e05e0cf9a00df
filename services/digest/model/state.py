"""What *digest* knows of a member: who they are, the digest under way, and what there is to tell.

Items by key:

- `digest` (`Running`): the periods that are closed and the mail under way. Written by own events, but for `since`.
- `open` (`OpenFollowups`): the follow-ups that wait for the member, from `rapport.followups.v1`.
- `letting_go` (`LettingGo`): the invites that the member is asked or told about, from `rapport.invites.v1`.
- `invite/<id>` (`Ended`): that an invite was answered or is over, from invites and activity.
- `meetings` (`Meetings`): what is agreed, from activity.
- `contact/<id>` (`Person`): what to call a person, the member's last note, and what the two did for each other lately;
  later events carry the id alone.
- `why/<invite id>` (`Reason`): why an invite was sent. `reasons` (`Reasons`): whose words of that kind came last.

Events from outside join, so neither order nor repetition matters. What has ended is remembered for ever where events of
two topics meet (`invite/<id>`), since one topic may be read long before the other. Within one topic, of which records
come in their order, `ENDED_DAYS_MAX` days are enough for follow-ups and meetings.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import field

from services.digest.model.meeting import Meeting
from services.digest.model.push import Push
from shared.contracts import DigestEvery
from shared.decider import State
from shared.merge import latest
from shared.preference_names import DIGEST_RULE
from shared.preferences import Preferences

RULE: Final = DIGEST_RULE
"""The rule that all of this serves, as preferences name it."""
DIGEST: Final = "digest"
OPEN: Final = "open"
LETTING_GO: Final = "letting_go"
MEETINGS: Final = "meetings"
CONTACT: Final = "contact/"
INVITE: Final = "invite/"
PROPOSAL: Final = "proposal:"
"""Before the id of a proposal that was answered as a whole."""
WHY: Final = "why/"
REASONS: Final = "reasons"

OPEN_FOLLOWUPS_MAX: Final = 500
"""Follow-ups that are kept for the digest, those due first. A digest shows a handful and a number."""
ENDED_FOLLOWUPS_MAX: Final = 500
NOTICES_MAX: Final = 500
"""Invites that will be pulled back, the next ones."""
MEETINGS_MAX: Final = 200
"""Meetings that are kept for the digest, those that come last."""
MEETING_PEOPLE_MAX: Final = 3
"""People of one meeting who are named; the others are a number."""
REASONS_MAX: Final = 50
"""Reasons, and people with whom there was help, that are looked at for the month: those of which was told last."""
FAVOURS_MAX: Final = 3
"""What a person did for the member, and the member for them, that is remembered: the last times, on either side."""
ENDED_DAYS_MAX: Final = 14
ENDED_FOR: Final = timedelta(days=ENDED_DAYS_MAX)
WORDS_CHARS_MAX: Final = 300
"""How much of the member's own words, in a reminder or a note, a digest quotes."""

Outcome = Literal["", "waiting", "sending", "failed", "sent", "unknown", "over"]
"""Of the mail: none yet; prepared; SMTP may have begun; may be tried again; and three ways in which it is settled."""


def _order(one: Text) -> tuple[datetime | None, str, str]:
    return one.time, one.id, one.text


class Text(State, frozen=True, rename={"time": "t", "id": "i", "text": "x"}):
    """A register of a text: the highest (time, id) wins."""

    time: datetime | None = None
    id: str = ""
    text: str = ""

    def joined(self, time: datetime, event_id: str, text: str) -> Text:
        """Return the register after one more event that sets it."""
        return latest(self if self.time is not None else None, Text(time, event_id, text), _order)


class Profile(State, frozen=True, rename={"preferences": "p", "digest_set_at": "d"}):
    """The member: what to call them, where to write to, and how they want it."""

    preferences: Preferences = Preferences()
    digest_set_at: datetime | None = None
    """When the member last joined, or said how the digest should come or in which zone: what lies before is over."""

    @property
    def every(self) -> DigestEvery:
        """How often the digest comes."""
        return self.preferences.digest_wanted


class Running(
    State,
    frozen=True,
    tag="d",
    rename={
        "since": "s", "weekly": "w", "daily": "y", "closed_at": "a", "period": "p", "prepared_at": "r", "outcome": "o",
        "attempt": "n", "attempt_at": "t", "refusals": "f", "off_at": "x", "listed": "l", "sent_proposal": "k",
        "quiet_listed": "m", "sent_quiet": "q", "month_listed": "e", "sent_month": "g",
    },
):  # fmt: skip
    """The member's digest: which periods are closed, and the mail that is under way."""

    since: datetime | None = None
    """From outside: the earliest log time of what makes a digest thinkable. No digest belongs to a time before it."""
    weekly: str = ""
    """The last ISO week that was prepared or skipped."""
    daily: str = ""
    """The last day that was prepared or skipped."""
    closed_at: datetime | None = None
    """When the last period was closed."""
    period: str = ""
    prepared_at: datetime | None = None
    outcome: Outcome = ""
    attempt: int = 0
    attempt_at: datetime | None = None
    """When the last attempt began, or failed."""
    refusals: int = 0
    """How often in a row a mail for the address was refused."""
    off_at: datetime | None = None
    """When mails to the address were given up. A later word of the member switches them on again."""
    listed: datetime | None = None
    """When the proposal was made that stands in the prepared digest."""
    sent_proposal: datetime | None = None
    """The latest proposal that the member has been told of: each is told once."""
    quiet_listed: datetime | None = None
    """When the last of the rules went quiet that the prepared digest speaks of."""
    sent_quiet: datetime | None = None
    """When the last rule went quiet of which the member has been told: each is told once."""
    month_listed: datetime | None = None
    """The first day of the month that the prepared digest looks back on."""
    sent_month: datetime | None = None
    """The first day of the latest month that the member was told of: each is told once."""


class Followup(
    State,
    frozen=True,
    rename={
        "number": "n", "due_at": "d", "rule": "r", "contact_id": "c", "what": "w", "text": "x", "ended_at": "e",
        "lapses_at": "l", "reminded_at": "t", "promised_for": "p", "on_day": "y",
    },
):  # fmt: skip
    """A follow-up as its latest event left it."""

    number: int = 0
    """The event's running number in its topic: the highest one wins."""
    due_at: datetime | None = None
    rule: str = ""
    contact_id: str = ""
    what: str = ""
    text: str = ""
    """Its own line, of a rule for which the digest has no words, or which is about several people."""
    ended_at: datetime | None = None
    lapses_at: datetime | None = None
    """When it is laid to rest if nothing comes of it, once that is known."""
    reminded_at: datetime | None = None
    """When its latest event was said."""
    promised_for: datetime | None = None
    """When the promise is due that it is about."""
    on_day: datetime | None = None
    """The day to remember that it is about, at its midnight."""


class QuietRule(State, frozen=True, array_like=True):
    """The last word on whether a rule is quiet."""

    number: int
    """The event's running number in its topic: the highest one wins."""
    at: datetime | None = None
    """Since when it is, where the member is to be told."""


class OpenFollowups(
    State, frozen=True, tag="o", rename={"by_id": "f", "quiet": "q", "pushes": "p", "channel_off_at": "x"}
):
    """The follow-ups that wait for the member, and for some days those that have ended."""

    by_id: dict[str, Followup] = field(default_factory=dict)
    quiet: dict[str, QuietRule] = field(default_factory=dict)
    """By rule: the last word on whether it is quiet."""
    pushes: dict[str, Push] = field(default_factory=dict)
    """By the id of the event that said them: reminders for the member's channel."""
    channel_off_at: datetime | None = None
    """When the channel was given up. A later word of the member switches it on again."""


class Ended(State, frozen=True, tag="e", rename={"answered_at": "a", "settled_at": "s"}):
    """That an invite needs no word any more."""

    answered_at: datetime | None = None
    """The member's last answer, keep or approve: it settles what was said before it, and nothing later."""
    settled_at: datetime | None = None
    """When it was first logged that the invite is over for good."""

    def over(self, since: datetime) -> bool:
        """Say whether what was said of the invite at `since` needs no word any more."""
        return self.settled_at is not None or (self.answered_at is not None and self.answered_at >= since)


class Shown(State, frozen=True, rename={"invite_id": "i", "contact_id": "c", "name": "n", "sent_at": "s"}):
    """An invite as a proposal shows it."""

    invite_id: str
    contact_id: str
    name: str
    sent_at: datetime


class Notice(State, frozen=True, rename={"contact_id": "c", "noticed_at": "n", "retract_at": "r"}):
    """That an invite will be pulled back, and when."""

    contact_id: str
    noticed_at: datetime
    retract_at: datetime


class LettingGo(
    State,
    frozen=True,
    tag="l",
    rename={"number": "n", "proposal_id": "p", "proposed_at": "a", "shown": "s", "more": "m", "notices": "w"},
):
    """The latest proposal to let invites go, and the notices of retractions."""

    number: int = 0
    proposal_id: str = ""
    proposed_at: datetime | None = None
    shown: tuple[Shown, ...] = ()
    more: tuple[str, ...] = ()
    notices: dict[str, Notice] = field(default_factory=dict)


class Meetings(State, frozen=True, tag="m", rename={"by_id": "m", "latest": "l"}):
    """What is agreed, and for some days what is over."""

    by_id: dict[str, Meeting] = field(default_factory=dict)
    latest: datetime | None = None
    """The latest log time of an event about any of them: what ended long before it is forgotten."""


class Favour(State, frozen=True, array_like=True):
    """Help, or an introduction, in the member's own words."""

    time: datetime
    id: str
    text: str


class Person(
    State,
    frozen=True,
    tag="c",
    rename={"name": "n", "headline": "h", "note": "o", "received": "r", "given": "g", "profile": "p"},
):
    """A person: what to call them, and what the member wrote down about them last."""

    name: Text = Text()
    headline: Text = Text()
    note: Text = Text()
    received: tuple[Favour, ...] = ()
    """What they did for the member, the last `FAVOURS_MAX`, oldest first."""
    profile: Text = Text()
    """The address of their page, as it was told."""
    given: tuple[Favour, ...] = ()
    """What the member did for them."""


class Reason(State, frozen=True, tag="w", rename={"why": "w", "side": "s", "contact_id": "c"}):
    """Why an invite was sent."""

    why: Text = Text()
    side: Text = Text()
    """Who sent it: `mine` or `theirs`; empty while that is not known."""
    contact_id: str = ""


class Named(State, frozen=True, array_like=True):
    """Something that events name, and when the latest of them did."""

    time: datetime
    id: str


class Reasons(State, frozen=True, tag="r", rename={"whys": "w", "people": "p"}):
    """Whose words came last, oldest first."""

    whys: tuple[Named, ...] = ()
    """Invites with a reason."""
    people: tuple[Named, ...] = ()
    """People with whom there was help."""


Item = Running | OpenFollowups | LettingGo | Ended | Meetings | Person | Reason | Reasons
