"""What waits for the member: follow-ups, meetings and invites, joined from events of other services and the product.

A follow-up is a register by the number of its events, which its one writer counts. What ended is remembered for a while,
so that an event overtaken by its own end does not open again what is over; then it is forgotten.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from services.digest.apply.dated import By, forget, forget_before, with_entry
from services.digest.apply.pushes import pushes_after
from services.digest.model.meeting import Company, Meeting
from services.digest.model.state import (
    ENDED_FOLLOWUPS_MAX,
    ENDED_FOR,
    MEETING_PEOPLE_MAX,
    MEETINGS_MAX,
    NOTICES_MAX,
    OPEN_FOLLOWUPS_MAX,
    WORDS_CHARS_MAX,
    Ended,
    Followup,
    LettingGo,
    Meetings,
    Notice,
    OpenFollowups,
    QuietRule,
    Shown,
)
from services.digest.words.rule_words import OF_SEVERAL, RULES
from shared.calendar import wall_of
from shared.contracts import (
    AboutFollowup,
    AboutMeeting,
    AboutRule,
    Event,
    FollowupDue,
    FollowupPlan,
    InviteKept,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    MeetingPlan,
    RuleQuieted,
)

_FOLLOWUPS: Final[tuple[By[Followup], ...]] = (lambda one: one.ended_at, lambda one: one.due_at)
"""By what follow-ups are ordered: those that have ended, and those that wait."""


def follow(state: OpenFollowups, event: Event) -> OpenFollowups:
    """Return what waits for the member after an event about one follow-up."""
    data = event.data
    number = event.number or 0
    if isinstance(data, AboutRule):
        return _rest(state, data, number, event.time)
    assert isinstance(data, AboutFollowup)
    if (before := state.by_id.get(data.followup_id)) is not None and before.number >= number:
        return state
    after = _followup(data, number, event.time)
    by_id = with_entry(state.by_id, data.followup_id, after, _FOLLOWUPS)
    if ended := by_id.orders[0]:
        forget_before(by_id, 0, ended[-1][0] - ENDED_FOR)
        forget(by_id, 0, slice(max(0, len(ended) - ENDED_FOLLOWUPS_MAX)))
    forget(by_id, 1, slice(OPEN_FOLLOWUPS_MAX, None))
    return replace(state, by_id=by_id, pushes=pushes_after(state.pushes, data, event))


def _rest(state: OpenFollowups, data: AboutRule, number: int, time: datetime) -> OpenFollowups:
    """Return what waits after a rule went quiet or came back: a register by the number of the event, too."""
    if (before := state.quiet.get(data.rule)) is not None and before.number >= number:
        return state
    still_new = isinstance(data, RuleQuieted) and not data.again
    return replace(state, quiet={**state.quiet, data.rule: QuietRule(number, time if still_new else None)})


def _followup(data: AboutFollowup, number: int, time: datetime) -> Followup:
    if not isinstance(data, FollowupPlan | FollowupDue):
        return Followup(number, ended_at=time)
    own_line = data.rule not in RULES or data.rule in OF_SEVERAL
    text = (data.text or "") if isinstance(data, FollowupDue) and own_line else ""
    lapses_at = data.lapses_at if isinstance(data, FollowupDue) else None
    return Followup(
        number, data.due_at, data.rule, data.contact_id or "", (data.what or "")[:WORDS_CHARS_MAX], text,
        lapses_at=lapses_at, reminded_at=time, promised_for=data.promised_for, on_day=data.on_day,
    )  # fmt: skip


def agree(state: Meetings, event: Event) -> Meetings:
    """Return what is agreed after an event about one meeting. A proposal agrees nothing, and ends nothing."""
    data = event.data
    assert isinstance(data, AboutMeeting)
    before = state.by_id.get(data.meeting_id)
    after = _meeting(data, event)
    if before is not None:
        won = max(before, after, key=lambda one: (one.time, one.id))
        known_by = [one.company for one in (before, after) if one.company is not None]
        company = max(known_by, key=lambda one: (one.time, one.id), default=None)
        after = replace(won, logged=max(before.logged, after.logged), company=company)
    latest = event.logged if state.latest is None else max(state.latest, event.logged)
    by_id = with_entry(state.by_id, data.meeting_id, after, (_until,))
    forget_before(by_id, 0, latest - ENDED_FOR)
    forget(by_id, 0, slice(max(0, len(by_id) - MEETINGS_MAX)))
    return Meetings(by_id, latest)


def _meeting(data: AboutMeeting, event: Event) -> Meeting:
    company = None
    if data.contact_ids:
        company = Company(event.time, event.id, data.contact_ids[:MEETING_PEOPLE_MAX], len(data.contact_ids))
    if not isinstance(data, MeetingPlan):
        return Meeting(event.time, event.id, event.logged, company=company)
    return Meeting(
        event.time, event.id, event.logged, wall_of(data.starts, data.zone), data.zone, data.kind, data.minutes,
        data.place or "", company,
    )  # fmt: skip


def _until(meeting: Meeting) -> datetime:
    """Return from when on a meeting may be forgotten, zones aside."""
    starts = meeting.starts
    return meeting.logged if starts is None else max(meeting.logged, starts.replace(tzinfo=UTC))


def let_go(state: LettingGo, event: Event) -> LettingGo:
    """Return what the member is asked or told of invites; the same object when the event is no later word."""
    match event.data:
        case InviteRetractionProposed() as proposal:
            return _propose(state, proposal, event)
        case InviteRetractionNoticed() as notice:
            return _notice(state, notice, event.time)
        case _:
            return state


def end(state: Ended, event: Event) -> Ended:
    """Return what is known of an invite's end: the latest answer of the member, the first word that it is over."""
    if isinstance(event.data, InviteKept | InviteRetractionApproved):
        return replace(state, answered_at=max(event.time, state.answered_at or event.time))
    return replace(state, settled_at=min(event.logged, state.settled_at or event.logged))


def _propose(state: LettingGo, proposal: InviteRetractionProposed, event: Event) -> LettingGo:
    if state.proposed_at is not None and state.number >= (event.number or 0):
        return state
    return replace(
        state,
        number=event.number or 0,
        proposal_id=proposal.proposal_id,
        proposed_at=event.time,
        shown=tuple(Shown(one.invite_id, one.contact.id, one.contact.name, one.sent_at) for one in proposal.invites),
        more=tuple(proposal.more or ()),
    )


def _notice(state: LettingGo, notice: InviteRetractionNoticed, time: datetime) -> LettingGo:
    before = state.notices.get(notice.invite_id)
    if before is not None and before.noticed_at >= time:
        return state
    notices = {**state.notices, notice.invite_id: Notice(notice.contact_id, time, notice.retract_at)}
    if len(notices) > NOTICES_MAX:
        ahead = [key for key, one in notices.items() if one.retract_at > time]
        soonest = sorted(ahead, key=lambda key: (notices[key].retract_at, key))[:NOTICES_MAX]
        notices = {key: notices[key] for key in soonest}
    return replace(state, notices=notices)
