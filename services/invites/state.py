"""What *invites* knows of a member: each invite, the proposals to let some go, and what ends the wish to try again.

Fields "from outside" join: the earliest, a set of flags, a register won by the highest (time, id). Fields "own" are
written by the service's own events alone, which stand in one order on one topic. A settled invite shrinks to what later
rules may need, and does so whatever the order in which its events came.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias

from shared.decider import State
from shared.preferences import Preferences

INVITE: Final = "invite/"
CONTACT: Final = "contact/"
PROPOSALS: Final = "proposals"
NOTICES: Final = "notices"
PROPOSAL: Final = "proposal:"
"""Before the id of each proposal that was made or answered."""

ACCEPTED: Final = 1
REFUSED: Final = 2
"""Declined, or reported by whoever received it."""
WITHDRAWN: Final = 4

WAITING_MAX: Final = 5_000
"""Ignored invites that wait for a proposal. Beyond it the longest waiting are not proposed any more."""
INVITE_PROPOSALS_MAX: Final = 16
"""Proposals that one invite has stood in: the latest are remembered. One that is kept for a while may be proposed again."""
CONTACT_INVITES_MAX: Final = 20
"""Invites to one contact that are to be tried again; beyond it the lowest ids are remembered."""


class InvitesProfile(State, frozen=True, rename={"preferences": "p", "given_up_at": "g"}):
    """What concerns all invites of a member."""

    preferences: Preferences = Preferences()
    """Only those that the rules of invites read."""
    given_up_at: datetime | None = None
    """From outside: when mails to the member's address were last given up."""


class Wish(State, frozen=True, array_like=True):
    """The member's last word on a proposal: pull it back, or keep it. The highest (time, id) wins."""

    time: datetime
    id: str
    approved: bool
    until: datetime | None = None
    """Kept until then; None: for good."""
    again: bool = False
    """Approved, and to be tried again."""
    not_before: datetime | None = None
    """Approved, and to be pulled back then; None: at once."""


class Invite(
    State,
    frozen=True,
    tag="i",
    tag_field="k",
    rename={
        "sent_at": "s", "contact_id": "c", "name": "n", "answers": "a", "answered_at": "d", "again": "r", "wish": "w",
        "ignored_at": "i", "noticed_at": "o", "retract_at": "t", "retracted_at": "x", "retracted_again": "g",
        "expired_at": "e", "reinvited_at": "v", "proposals": "p",
        "named_for": "f", "named_at": "m",
    },
):  # fmt: skip
    """An invite that the member sent. Of one whose sending is not known yet there may be answers already."""

    # From outside. Of several sendings the earliest counts, contact and name with it.
    sent_at: datetime | None = None
    contact_id: str = ""
    name: str = ""
    answers: int = 0
    answered_at: datetime | None = None
    """The earliest answer."""
    again: bool = False
    """Withdrawn, and to be tried again."""
    wish: Wish | None = None
    # Own: when each step was last said. It is done when it was said after the reason for it.
    ignored_at: datetime | None = None
    noticed_at: datetime | None = None
    retract_at: datetime | None = None
    """What the last notice said."""
    retracted_at: datetime | None = None
    retracted_again: bool = False
    expired_at: datetime | None = None
    reinvited_at: datetime | None = None
    proposals: tuple[str, ...] = ()
    """Ids of the proposals that listed it, while it was open: an answer to one of them is an answer to this invite."""
    # From outside: the highest (day, earliest mail) wins.
    named_for: datetime | None = None
    """The latest day of which a mail said that it will be pulled back then."""
    named_at: datetime | None = None
    """When the first mail that said so was taken by its server."""

    @property
    def settled(self) -> bool:
        """Whether nothing can happen to it any more, except that the contact may be invited again."""
        return bool(self.answers) or self.retracted_at is not None or self.expired_at is not None

    @property
    def over(self) -> bool:
        """Whether nothing at all is left to say of it."""
        return bool(self.answers & (ACCEPTED | REFUSED)) or self.reinvited_at is not None

    def shrunk(self) -> Invite:
        """Return it without what no rule will read again."""
        if not self.settled and self.reinvited_at is None:
            return self
        if self.over:
            return Invite(
                answers=self.answers,
                answered_at=self.answered_at,
                retracted_at=self.retracted_at,
                expired_at=self.expired_at,
                reinvited_at=self.reinvited_at,
            )
        return Invite(
            sent_at=self.sent_at,
            contact_id=self.contact_id,
            answers=self.answers,
            answered_at=self.answered_at,
            again=self.again,
            retracted_at=self.retracted_at,
            retracted_again=self.retracted_again,
            expired_at=self.expired_at,
        )


class Naming(State, frozen=True, array_like=True):
    """What somebody is called. The highest (time, id) wins."""

    time: datetime
    id: str
    name: str


class Contact(
    State,
    frozen=True,
    tag="c",
    tag_field="k",
    rename={"ended_at": "e", "withdrawn": "w", "retracted": "x", "named": "n"},
):
    """A person, as far as the wish to invite them again depends on them, and proposals name them."""

    ended_at: datetime | None = None
    """From outside: when the two were last connected, or the contact was removed."""
    withdrawn: tuple[str, ...] = ()
    """From outside: ids of invites to them that were withdrawn and are to be tried again, sorted."""
    retracted: tuple[str, ...] = ()
    """Own: likewise, retracted."""
    named: Naming | None = None
    """From outside: what they are called by now, where that was told after they were introduced."""


class Import(State, frozen=True, array_like=True):
    """The last import that was completed. The highest (time, id) wins; of its records the earliest counts."""

    time: datetime
    id: str
    logged: datetime


class Proposals(
    State,
    frozen=True,
    tag="p",
    tag_field="k",
    rename={
        "imported": "m", "waiting": "w", "listed": "l", "count": "n", "attempt": "a", "proposed_at": "p",
        "ignored_at": "i",
    },
):  # fmt: skip
    """What the member was asked, and what they are to be asked next."""

    imported: Import | None = None
    """From outside."""
    # Own.
    waiting: tuple[str, ...] = ()
    """Ids of ignored invites that stand in no proposal, in the order in which they were found."""
    listed: tuple[str, ...] = ()
    """Ids of the invites of the last proposal."""
    count: int = 0
    attempt: int = 0
    proposed_at: datetime | None = None
    ignored_at: datetime | None = None
    """When the last invite joined those that wait."""


class Proposal(State, frozen=True, tag="a", tag_field="k", rename={"listed": "l", "wish": "w"}):
    """One proposal, as far as the member may answer it as a whole."""

    listed: tuple[str, ...] = ()
    """Own: ids of all invites that it listed, in each of its attempts."""
    wish: Wish | None = None
    """From outside: the member's last word on all of it. It may be there before the proposal is."""


class Notices(
    State,
    frozen=True,
    tag="n",
    tag_field="k",
    rename={"retract_at": "r", "count": "c", "noticed_at": "t", "before": "b"},
):
    """The last group of invites that are named together and pulled back by themselves. Own."""

    retract_at: datetime | None = None
    """When the last of them is pulled back."""
    count: int = 0
    """How many they are."""
    noticed_at: datetime | None = None
    """When the last of these notices was given."""
    before: datetime | None = None
    """When the last of the group before it is pulled back, where there is one."""


Item: TypeAlias = Invite | Contact | Proposals | Proposal | Notices
