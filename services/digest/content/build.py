"""What a digest tells, read from what is known now.

A digest is a handful of things: what is due, what comes soon, invites that the member might let go, rules that have
gone quiet, and once a month why people connected. What is due and whom to let go shows `SHOWN_MAX` and leads to more
by a link; all else, and mails without links, `WHOLE_MAX`. The words are put together in `services/digest/words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.digest.content.contacts import name_of, people_of, plain_name, profile_of
from services.digest.content.model import (
    WHOLE_MAX,
    Appointment,
    DigestContent,
    Entry,
    Note,
    Quiet,
    RetractionEntry,
    every_of,
)
from services.digest.content.monthly_review import looking_back
from services.digest.model.meeting import Meeting
from services.digest.model.state import (
    INVITE,
    LETTING_GO,
    MEETINGS,
    OPEN,
    PROPOSAL,
    Ended,
    Followup,
    Item,
    LettingGo,
    Meetings,
    OpenFollowups,
    Person,
    Profile,
    Running,
)
from shared.calendar import instant
from shared.decider import View

SHOWN_MAX: Final = 5
"""People that a list shows whose rest stands on a page. Three to five can be met with attention."""
REST_MAX: Final = 20
"""How many of the rest are named for that page: more than one link holds."""
COMING_DAYS: Final = {"weekly": 7, "daily": 1}
"""How far a digest looks ahead: until about the next one, so that nothing is told twice before it is due."""
PREPARES: Final = "prepare_questions"
_BEFORE_A_MEETING: Final = frozenset({PREPARES, "meeting_today"})
"""Rules that the meeting itself speaks for, where the digest shows it."""
DATED: Final = frozenset({"own_reminder", "keep_promise", *_BEFORE_A_MEETING})
"""Rules about an hour that the member chose: it is worth a word before. A day to remember has a reminder a week ahead of its
own, which names the day. A suggestion of ours
is told when it is due, once: the digest after it would say the same again."""

Digests = View[Profile, Item]


class _Found(NamedTuple):
    """All that a digest tells, before anybody is called by name."""

    due: list[tuple[str, Followup]]
    coming: list[tuple[str, Followup]]
    agreed: list[tuple[datetime, str, Meeting]]
    proposed: tuple[RetractionEntry, ...]
    proposed_count: int
    noticed: list[RetractionEntry]
    quiet: tuple[Quiet, ...]


def tells_nothing(view: Digests, running: Running, period: str, at: datetime) -> bool:
    """Say whether `content` would be empty, for less than it takes to name people. Raises `Missing`."""
    found = _found(view, running, period, at)
    lists = (found.due, found.coming, found.agreed, found.proposed, found.noticed, found.quiet)
    return not any(lists) and looking_back(view, running, at) is None


def content(view: Digests, running: Running, period: str, at: datetime) -> DigestContent:
    """Return what the digest of `period`, prepared for the instant `at`, tells now. What has ended is left out.

    What falls due at `at` itself is due. Raises `Missing` for items that were not loaded.
    """
    waiting, letting_go = _waiting(view), _letting_go(view)
    due, coming, agreed, proposed, proposed_count, notices, quiet = _found(view, running, period, at)
    named = due[: SHOWN_MAX + REST_MAX]
    ids = {one.contact_id for _, one in (*named, *coming[:WHOLE_MAX]) if one.contact_id}
    ids |= {person for _, _, meeting in agreed[:WHOLE_MAX] for person in meeting.contact_ids}
    people = people_of(view, ids | {one.contact_id for one in (*proposed, *notices[:WHOLE_MAX])})
    entries = tuple(_entry(key, one, people) for key, one in named)
    proposals = tuple(_retraction(one, people) for one in proposed)
    unprepared = {one.contact_id for one in waiting.by_id.values() if one.rule == PREPARES}
    return DigestContent(
        name=plain_name(view.profile.preferences.name),
        period=period,
        zone=view.profile.preferences.zone,
        at=at,
        due=entries[:SHOWN_MAX],
        due_more=max(0, len(due) - SHOWN_MAX),
        due_rest=entries[SHOWN_MAX:],
        meetings=tuple(_appointment(*one, people, unprepared) for one in agreed[:WHOLE_MAX]),
        meetings_more=max(0, len(agreed) - WHOLE_MAX),
        coming=tuple(_entry(key, one, people) for key, one in coming[:WHOLE_MAX]),
        coming_more=max(0, len(coming) - WHOLE_MAX),
        proposed=proposals[:SHOWN_MAX],
        proposed_more=max(0, proposed_count - SHOWN_MAX),
        proposed_rest=proposals[SHOWN_MAX:],
        proposed_at=letting_go.proposed_at if proposed else None,
        proposal_id=letting_go.proposal_id if proposed else "",
        noticed=tuple(_retraction(one, people) for one in notices[:WHOLE_MAX]),
        noticed_more=max(0, len(notices) - WHOLE_MAX),
        quiet=quiet,
        month=looking_back(view, running, at),
        locale=view.profile.preferences.locale,
    )


def _found(view: Digests, running: Running, period: str, at: datetime) -> _Found:
    ahead = timedelta(days=COMING_DAYS[every_of(period)])
    waiting, letting_go = _waiting(view), _letting_go(view)
    agreed = _agreed(view.item(MEETINGS), at, ahead)
    quiet = _quiet(waiting, running)
    due, coming = _followups(waiting, agreed, quiet, at, ahead)
    return _Found(
        due, coming, agreed, *_proposed(view, letting_go, running), _noticed(view, letting_go, running, at), quiet
    )


def _waiting(view: Digests) -> OpenFollowups:
    view.all_of((OPEN, LETTING_GO, MEETINGS))  # what is missing of them is asked for in one go
    item = view.item(OPEN)
    return item if isinstance(item, OpenFollowups) else OpenFollowups()


def _letting_go(view: Digests) -> LettingGo:
    item = view.item(LETTING_GO)
    return item if isinstance(item, LettingGo) else LettingGo()


def _agreed(item: Item | None, at: datetime, ahead: timedelta) -> list[tuple[datetime, str, Meeting]]:
    """Return the meetings that begin after `at` and within `ahead`, the next one first."""
    if not isinstance(item, Meetings):
        return []
    begin = ((instant(one.starts, one.zone), key, one) for key, one in item.by_id.items() if one.starts is not None)
    return sorted((one for one in begin if at < one[0] <= at + ahead), key=lambda one: one[:2])


def _followups(
    item: OpenFollowups,
    agreed: Sequence[tuple[datetime, str, Meeting]],
    quiet: Sequence[Quiet],
    at: datetime,
    ahead: timedelta,
) -> tuple[list[tuple[str, Followup]], list[tuple[str, Followup]]]:
    """Return what is due at `at`, and what of `DATED` will be within `ahead`, the earliest first.

    What only leads up to a meeting that the digest shows is left to the meeting's own words. What is laid to rest at `at`
    is over, and what a rule has left open of which the digest says that it has gone quiet will be.
    """
    silent = {one.rule for one in quiet}
    met = {person for _, _, meeting in agreed[:WHOLE_MAX] for person in meeting.contact_ids}
    waiting = sorted(
        (one.due_at, key, one)
        for key, one in item.by_id.items()
        if one.due_at is not None
        and one.rule not in silent
        and (one.lapses_at is None or one.lapses_at > at)
        and not (one.rule in _BEFORE_A_MEETING and one.contact_id in met)
    )
    due = [(key, one) for due_at, key, one in waiting if due_at <= at]
    return due, [(key, one) for due_at, key, one in waiting if at < due_at <= at + ahead and one.rule in DATED]


def _quiet(item: OpenFollowups, running: Running) -> tuple[Quiet, ...]:
    """Return the rules that are quiet without the member being told, the first of them first."""
    sent = running.sent_quiet
    quieted = sorted((one.at, rule) for rule, one in item.quiet.items() if one.at is not None)
    fresh = [Quiet(rule, at) for at, rule in quieted if sent is None or at > sent]
    return tuple(fresh[:WHOLE_MAX])  # more than there are rules that tire: none goes untold


def _proposed(view: Digests, item: LettingGo, running: Running) -> tuple[tuple[RetractionEntry, ...], int]:
    """Return the first open invites of a proposal that the member was not told of, and how many are open in all.

    Should the ids beyond the shown ones be all that is left, there is nothing to show: the next proposal names them.
    """
    proposed_at, wishes = item.proposed_at, view.profile.preferences
    if proposed_at is None or (running.sent_proposal is not None and proposed_at <= running.sent_proposal):
        return (), 0
    if wishes.policy != "ask" and wishes.policy_set_at is not None and wishes.policy_set_at > proposed_at:
        return (), 0  # the member wants no question any more
    for _, answer in view.need([PROPOSAL + item.proposal_id]):
        if isinstance(answer, Ended) and answer.over(proposed_at):
            return (), 0
    ended = _ended(view, [*(one.invite_id for one in item.shown), *item.more])
    shown = [one for one in item.shown if not _over(ended, one.invite_id, proposed_at)]
    more = sum(not _over(ended, invite_id, proposed_at) for invite_id in item.more)
    entries = tuple(
        RetractionEntry(one.invite_id, one.contact_id, plain_name(one.name), one.sent_at)
        for one in shown[: SHOWN_MAX + REST_MAX]
    )
    return entries, len(shown) + more if entries else 0


def _noticed(view: Digests, item: LettingGo, running: Running, at: datetime) -> list[RetractionEntry]:
    """Return the invites that will be pulled back after `at` unless the member says keep, the next one first.

    A notice that does not count any more is none: the policy, say, is another one since.
    """
    since = view.profile.preferences.notices_count_from(running.off_at)
    ahead = {
        invite_id: notice
        for invite_id, notice in item.notices.items()
        if notice.retract_at > at and (since is None or notice.noticed_at >= since)
    }
    ended = _ended(view, ahead)
    coming = (
        (notice.retract_at, invite_id, notice.contact_id)
        for invite_id, notice in ahead.items()
        if not _over(ended, invite_id, notice.noticed_at)
    )
    return [
        RetractionEntry(invite_id, contact_id, "", retract_at) for retract_at, invite_id, contact_id in sorted(coming)
    ]


def _retraction(one: RetractionEntry, people: dict[str, Person]) -> RetractionEntry:
    """Return an invite with the person's latest name, else with the one by which it was proposed."""
    person = people.get(one.contact_id)
    called = plain_name(person.name.text) if person else ""
    return replace(one, name=called or one.name or name_of(people, one.contact_id), profile=profile_of(person))


def _ended(view: Digests, invite_ids: Iterable[str]) -> dict[str, Ended]:
    found = view.need(INVITE + invite_id for invite_id in invite_ids)
    return {key.removeprefix(INVITE): item for key, item in found if isinstance(item, Ended)}


def _over(ended: dict[str, Ended], invite_id: str, since: datetime) -> bool:
    end = ended.get(invite_id)
    return end is not None and end.over(since)


def _note(person: Person | None) -> Note | None:
    if person is None or person.note.time is None:
        return None
    return Note(person.note.time, person.note.text)


def _entry(key: str, one: Followup, people: dict[str, Person]) -> Entry:
    assert one.due_at is not None
    person = people.get(one.contact_id)
    return Entry(
        key, one.rule, one.contact_id, name_of(people, one.contact_id) if one.contact_id else "", one.due_at,
        what=one.what, text=one.text, headline=person.headline.text if person else "", note=_note(person),
        profile=profile_of(person), promised_for=one.promised_for,
        on_day=one.on_day,
    )  # fmt: skip


def _appointment(at: datetime, key: str, one: Meeting, people: dict[str, Person], unprepared: set[str]) -> Appointment:
    first, *_ = ids = one.contact_ids or ("",)  # nobody said yet with whom it is
    return Appointment(
        key, first, tuple(name_of(people, person) for person in ids), max(one.count, 1), one.kind, at, one.zone, one.place,
        _note(people.get(first)), prepare=not unprepared.isdisjoint(one.contact_ids),
        profiles=tuple(profile_of(people.get(person)) for person in ids),
    )  # fmt: skip
