"""The rules of proposals: ignored invites are gathered, so that the member is asked seldom and about several at once.

One proposal is open at a time, from when it is made until each of its invites is answered, kept, approved or settled.
It is repeated once; what is still open after that is let be, and newer ones may be proposed a week later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from msgspec import structs

from services.invites.rules.case import LONG_AGO, StillCode, step, still
from services.invites.rules.invite import found_ignored, stale_at, with_last_wish
from services.invites.rules.notices import policy_of
from services.invites.state import CONTACT, INVITE, PROPOSAL, Invite, InvitesProfile, Item, Proposals
from services.invites.state import Contact as Person
from shared.contracts import Contact, InviteRetractionProposed, ProposedInvite, RetractionPolicy
from shared.contracts.limits import AGE_DAYS_MAX, PROPOSAL_INVITES_MAX, PROPOSAL_MORE_MAX
from shared.decider import Outcome, View
from shared.preferences import Preferences

EVERY: Final = timedelta(days=7)
"""From one proposal to the next."""
REPEAT_AFTER: Final = timedelta(days=30)
GATHER_FOR: Final = timedelta(seconds=15)
"""Invites that are found within so short a time of each other, as while an import runs, are proposed together."""
NEXT_MOMENT: Final = timedelta(milliseconds=1)
"""A backlog is found in parts when it is large: its proposal follows the last of them."""
BACKLOG_INVITES_MIN: Final = 20
SHOWN_BYTES_MAX: Final = 150_000
"""Of a proposal, as JSON, for the invites that are shown with their names. The others follow by id."""
BYTES_MAX: Final = 220_000
"""With them. What does not fit waits for the next proposal. An event may have 256 kB."""


@dataclass(frozen=True, slots=True)
class Asking:
    """An open invite that the member may be asked about."""

    id: str
    invite: Invite
    sent_at: datetime
    stale_at: datetime


@dataclass(frozen=True, slots=True)
class Gathering:
    """The proposals, and those of their invites that are still open."""

    proposals: Proposals
    preferences: Preferences
    policy: RetractionPolicy
    """The one that holds (`policy_of`)."""
    waiting: Sequence[Asking]
    listed: Sequence[Asking]
    view: View[InvitesProfile, Item]

    @property
    def may_ask_at(self) -> datetime:
        """When the member's pause is over and the last invite was found."""
        return max(self.preferences.paused_until or LONG_AGO, self.proposals.ignored_at or LONG_AGO)

    def propose(self, at: datetime, asking: Sequence[Asking], *, again: bool = False) -> InviteRetractionProposed:
        """Return a proposal of those that are stale at the instant, as far as they fit into one event."""
        stale = [one for one in asking if one.stale_at <= at]
        oldest = min(one.sent_at for one in stale)
        number = self.proposals.count if again else self.proposals.count + 1
        # so a link in a mail of before an erasure answers no proposal of now
        before = f"{self.view.incarnation}." if self.view.incarnation else ""
        proposal_id = f"proposal/{before}{number}"
        shown, more = _fitting(self._named(stale, PROPOSAL + proposal_id))
        return InviteRetractionProposed(
            proposal_id=proposal_id,
            invites=tuple(sorted(shown, key=lambda one: (one.sent_at, one.invite_id))),
            oldest_days=min(max((at - oldest).days, 0), AGE_DAYS_MAX),
            attempt=2 if again else 1,
            more=tuple(more) or None,
        )

    def _named(self, asking: Sequence[Asking], proposal: str) -> list[Asking]:
        """Return invites with the names that people have by now, which are loaded for this, as far as any is shown.

        With them the proposal is loaded, which is written next.
        """
        shown = asking[:PROPOSAL_INVITES_MAX]
        people = dict(self.view.need((proposal, *(CONTACT + one.invite.contact_id for one in shown))))
        return [*(_called(one, people.get(CONTACT + one.invite.contact_id)) for one in shown), *asking[len(shown) :]]


@dataclass(frozen=True, slots=True)
class ProposalRule:
    """A rule under the name by which a member switches it."""

    name: str
    step: Callable[[Gathering], Outcome]

    def evaluate(self, gathering: Gathering) -> Outcome:
        """Return what the rule does next with the proposals, or why it does nothing."""
        policy = gathering.policy
        if policy != "ask":
            code: StillCode = "policy_never" if policy == "never" else "told_one_by_one"
            return still(code, since=gathering.preferences.policy_set_at)
        switch = gathering.preferences.switch(self.name)
        return self.step(gathering) if switch is None or switch.value else still("switched_off", switch.id, switch.time)


def gather(view: View[InvitesProfile, Item], proposals: Proposals) -> Gathering:
    """Return the proposals with their open invites, which are loaded for this while the policy is to ask."""
    preferences, policy = view.profile.preferences, policy_of(view.profile)
    if policy != "ask":
        return Gathering(
            proposals, preferences, policy, (), (), view
        )  # no rule looks at them: thousands may wait for ever
    items = dict(view.need(INVITE + one for one in (*proposals.waiting, *proposals.listed)))
    asked = {one for invite in items.values() if isinstance(invite, Invite) for one in invite.proposals}
    list(view.need(PROPOSAL + one for one in asked))  # loaded in one go, and not one by one

    def asking(ids: Sequence[str]) -> list[Asking]:
        open_ones = []
        for one in ids:
            item = items.get(INVITE + one)
            invite = with_last_wish(item, view) if isinstance(item, Invite) else None
            if invite is not None and invite.sent_at is not None and found_ignored(invite):
                stale = stale_at(invite, preferences)
                if stale is not None:
                    open_ones.append(Asking(one, invite, invite.sent_at, stale))
        return open_ones

    return Gathering(proposals, preferences, policy, asking(proposals.waiting), asking(proposals.listed), view)


def review_backlog(gathering: Gathering) -> Outcome:
    """An import has brought many: at once one proposal with all of them, those of an open proposal included."""
    imported, proposed_at = gathering.proposals.imported, gathering.proposals.proposed_at
    if imported is None:
        return still("nothing_waits")
    if proposed_at is not None and proposed_at >= imported.logged:
        return still("asked_already", since=proposed_at)
    if len(gathering.waiting) < BACKLOG_INVITES_MIN:
        return still("too_few")
    enough = sorted(one.stale_at for one in gathering.waiting)[BACKLOG_INVITES_MIN - 1]
    return step(
        max(imported.logged, gathering.may_ask_at + NEXT_MOMENT, enough),
        lambda at: gathering.propose(at, [*gathering.listed, *gathering.waiting]),
        imported.id,
    )


def repeat(gathering: Gathering) -> Outcome:
    """What is still open of a proposal is proposed once more."""
    proposals = gathering.proposals
    if not gathering.listed or proposals.proposed_at is None:
        return still("nothing_waits")
    if proposals.attempt != 1:
        return still("asked_twice", since=proposals.proposed_at)
    return step(
        max(proposals.proposed_at + REPEAT_AFTER, gathering.may_ask_at, _first_stale(gathering.listed)),
        lambda at: gathering.propose(at, gathering.listed, again=True),
    )


def propose(gathering: Gathering) -> Outcome:
    """Those that wait are proposed together, at most once a week and while no other proposal is open."""
    proposals = gathering.proposals
    if not gathering.waiting:
        return still("nothing_waits")
    if gathering.listed and proposals.attempt == 1:
        return still("one_is_open", since=proposals.proposed_at)
    allowed = LONG_AGO if proposals.proposed_at is None else proposals.proposed_at + EVERY
    return step(
        max(allowed, gathering.may_ask_at + GATHER_FOR, _first_stale(gathering.waiting)),
        lambda at: gathering.propose(at, gathering.waiting),
    )


PROPOSAL_RULES: Final = (
    ProposalRule("review_backlog", review_backlog),
    ProposalRule("retract_stale", repeat),
    ProposalRule("retract_stale", propose),
)
"""In the order in which they speak when several are due. They hold while the policy is `ask`, or `auto` without any mail."""


def _first_stale(asking: Sequence[Asking]) -> datetime:
    return min(one.stale_at for one in asking)


def _called(asking: Asking, person: Item | None) -> Asking:
    named = person.named if isinstance(person, Person) else None
    if named is None or named.time <= asking.sent_at:
        return asking
    return replace(asking, invite=structs.replace(asking.invite, name=named.name))


def _fitting(asking: Sequence[Asking]) -> tuple[list[ProposedInvite], list[str]]:
    """Return those that are shown and the ids of more, within the bounds of one event."""
    shown: list[ProposedInvite] = []
    more: list[str] = []
    size = 0
    for one in asking:
        if not more and len(shown) < PROPOSAL_INVITES_MAX:
            contact = Contact(id=one.invite.contact_id, name=one.invite.name)
            proposed = ProposedInvite(invite_id=one.id, contact=contact, sent_at=one.sent_at)
            cost = len(proposed.model_dump_json().encode())
            if size + cost <= SHOWN_BYTES_MAX:
                shown.append(proposed)
                size += cost
                continue
        size += 2 * len(one.id.encode()) + len('"",')
        if size > BYTES_MAX or len(more) >= PROPOSAL_MORE_MAX:
            break
        more.append(one.id)
    return shown, more
