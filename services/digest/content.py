"""What a digest tells, read from what is known now.

A digest is a handful of things: what is due, what comes soon, and invites that the member might let go. Each list shows
`SHOWN_MAX` and says how many more there are. The words are put together in `render.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.digest.state import (
    CONTACT,
    LETTING_GO,
    OPEN,
    ContactName,
    Followup,
    Item,
    LettingGo,
    OpenFollowups,
    Profile,
    Running,
)
from services.digest.words import NOBODY
from shared.contracts import DigestItem
from shared.decision import View

SHOWN_MAX: Final = 5
"""People that one list of a digest shows. Three to five can be met with attention, and the rest is a number."""
COMING_DAYS: Final = {"weekly": 7, "daily": 1}
"""How far a digest looks ahead: until about the next one, so that nothing is told twice before it is due."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One follow-up: who, why now, one action."""

    followup_id: str
    rule: str
    contact_id: str
    name: str
    due_at: datetime
    what: str = ""


@dataclass(frozen=True, slots=True)
class Parting:
    """One invite that may be let go."""

    invite_id: str
    contact_id: str
    name: str
    at: datetime
    """When it was sent, in a proposal; when it will be pulled back, in a notice."""


@dataclass(frozen=True, slots=True)
class DigestContent:
    """A digest, complete: whatever renders it needs nothing else."""

    name: str
    """The member's name, empty when it is not known."""
    period: str
    zone: str
    at: datetime
    """The instant for which it was prepared: dates in it are seen from there."""
    due: tuple[Entry, ...] = ()
    due_more: int = 0
    coming: tuple[Entry, ...] = ()
    coming_more: int = 0
    proposed: tuple[Parting, ...] = ()
    proposed_more: int = 0
    proposed_at: datetime | None = None
    proposal_id: str = ""
    noticed: tuple[Parting, ...] = ()
    noticed_more: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.due or self.coming or self.proposed or self.noticed)

    def items(self) -> tuple[DigestItem, ...]:
        """Return what the digest lists, for its `digest.prepared`: ids, names and counts, no personal words."""
        items = [*_followup_items("due", self.due, self.due_more)]
        items += _followup_items("coming", self.coming, self.coming_more)
        if self.proposed:
            count = len(self.proposed) + self.proposed_more
            items.append(DigestItem(kind="proposal", proposal_id=self.proposal_id, at=self.proposed_at, count=count))
        items += (
            DigestItem(kind="notice", invite_id=one.invite_id, contact_id=one.contact_id, name=one.name, at=one.at)
            for one in self.noticed
        )
        if self.noticed_more:
            items.append(DigestItem(kind="notice_more", count=self.noticed_more))
        return tuple(items)


def content(view: View[Profile, Item], running: Running, period: str, at: datetime) -> DigestContent:
    """Return what the digest of `period`, prepared for the instant `at`, tells now. What has ended is left out.

    What falls due at `at` itself is due. Raises `Missing` for items that were not loaded.
    """
    known = dict(view.need((OPEN, LETTING_GO)))
    due, coming = _followups(known.get(OPEN), at, timedelta(days=COMING_DAYS["weekly" if "W" in period else "daily"]))
    letting_go = known.get(LETTING_GO)
    letting_go = letting_go if isinstance(letting_go, LettingGo) else LettingGo()
    proposed, proposed_count = _proposed(letting_go, running)
    notices = _noticed(letting_go, at)
    ids = {one.contact_id for _, one in (*due[:SHOWN_MAX], *coming[:SHOWN_MAX]) if one.contact_id}
    names = _names(view, ids | {one.contact_id for one in notices[:SHOWN_MAX]})
    return DigestContent(
        name=view.profile.preferences.name or "",
        period=period,
        zone=view.profile.preferences.zone,
        at=at,
        due=tuple(_entry(key, one, names) for key, one in due[:SHOWN_MAX]),
        due_more=max(0, len(due) - SHOWN_MAX),
        coming=tuple(_entry(key, one, names) for key, one in coming[:SHOWN_MAX]),
        coming_more=max(0, len(coming) - SHOWN_MAX),
        proposed=proposed,
        proposed_more=proposed_count - len(proposed),
        proposed_at=letting_go.proposed_at if proposed else None,
        proposal_id=letting_go.proposal_id if proposed else "",
        noticed=tuple(
            Parting(one.invite_id, one.contact_id, names.get(one.contact_id, NOBODY), one.at)
            for one in notices[:SHOWN_MAX]
        ),
        noticed_more=max(0, len(notices) - SHOWN_MAX),
    )


def _followups(
    known: Item | None, at: datetime, ahead: timedelta
) -> tuple[list[tuple[str, Followup]], list[tuple[str, Followup]]]:
    """Return what is due at `at` and what will be within `ahead`, the earliest first."""
    if not isinstance(known, OpenFollowups):
        return [], []
    waiting = sorted((one.due_at, key, one) for key, one in known.by_id.items() if one.due_at is not None)
    due = [(key, one) for due_at, key, one in waiting if due_at <= at]
    return due, [(key, one) for due_at, key, one in waiting if at < due_at <= at + ahead]


def _proposed(known: LettingGo, running: Running) -> tuple[tuple[Parting, ...], int]:
    """Return the first open invites of a proposal that the member was not told of, and how many are open in all.

    Should the ids beyond the shown ones be all that is left, there is nothing to show: the next proposal names them.
    """
    proposed_at = known.proposed_at
    if proposed_at is None or (running.told is not None and proposed_at <= running.told):
        return (), 0
    shown = [one for one in known.shown if not known.over(one.invite_id, proposed_at)]
    more = sum(not known.over(invite_id, proposed_at) for invite_id in known.more)
    partings = tuple(Parting(one.invite_id, one.contact_id, one.name, one.sent_at) for one in shown[:SHOWN_MAX])
    return partings, len(shown) + more if partings else 0


def _noticed(known: LettingGo, at: datetime) -> list[Parting]:
    """Return the invites that will be pulled back after `at` unless the member says keep, the next one first."""
    coming = (
        (notice.retract_at, invite_id, notice.contact_id)
        for invite_id, notice in known.notices.items()
        if notice.retract_at > at and not known.over(invite_id, notice.noticed_at)
    )
    return [Parting(invite_id, contact_id, "", retract_at) for retract_at, invite_id, contact_id in sorted(coming)]


def _names(view: View[Profile, Item], ids: Iterable[str]) -> dict[str, str]:
    found = view.need(CONTACT + contact_id for contact_id in sorted(ids))
    return {key.removeprefix(CONTACT): item.name.text for key, item in found if isinstance(item, ContactName)}


def _entry(key: str, one: Followup, names: dict[str, str]) -> Entry:
    assert one.due_at is not None
    name = names.get(one.contact_id, NOBODY if one.contact_id else "")
    return Entry(key, one.rule, one.contact_id, name, one.due_at, one.what)


def _followup_items(kind: str, entries: Sequence[Entry], more: int) -> Iterable[DigestItem]:
    for one in entries:
        yield DigestItem(
            kind=kind,
            rule=one.rule,
            followup_id=one.followup_id,
            contact_id=one.contact_id or None,
            name=one.name or None,
            at=one.due_at,
        )
    if more:
        yield DigestItem(kind=f"{kind}_more", count=more)
