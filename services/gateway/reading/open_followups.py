"""Follow-ups as they stand: what *followups* says, with the member's answers and requests that it has not followed yet.

So whoever reads what they have just written sees it, although the service may speak of it a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from services.gateway.projection.model.followups import REMINDER, EndedFollowup, Followup
from services.gateway.projection.model.people import Answer, Person
from services.gateway.reading.forms import answers, rows
from services.gateway.reading.forms.rows import I
from services.gateway.reading.view import ProjectionView, at, followups, person, reminders
from shared.calendar import end_of_quiet, local
from shared.contracts.limits import REOPEN_DAYS_MAX

SETTLING = ("done", "dismissed")
OWN_REMINDER = "own_reminder"
CONTACT_ITEM = "contact/"


def still_open(view: ProjectionView) -> Iterator[tuple[str, Followup]]:
    """Yield all that are open, by their ids: those that the member has settled are not, and put off means planned."""
    state, asked = followups(view), reminders(view)
    if asked.answers:
        yield from _left(view, state.open, asked.answers)
    else:
        yield from state.open.items()
    if not asked.requests:
        return
    named = {item_of(key) for key in state.open}
    for key, request in asked.requests.items():
        heard, answer = state.heard.get(key), asked.answers.get(key)
        followed = REMINDER + key in named or (heard is not None and heard >= request.time)
        if not followed and (answer is None or answer.how == "reopened" or answer.time < request.time):
            yield (
                f"{REMINDER}{key}/{OWN_REMINDER}/asked",
                Followup(at(view, request.due), contact_id=request.contact_id, what=request.what),
            )


def _left(
    view: ProjectionView, open_ones: Mapping[str, Followup], answered: Mapping[str, Answer]
) -> Iterator[tuple[str, Followup]]:
    """Yield what the member's answers leave of follow-ups."""
    for key, one in open_ones.items():
        own = answered.get(key)
        answer = own or answered.get(item_of(key).removeprefix(REMINDER))
        left = one if answer is None else _after(view, one, answer, exact=own is not None)
        if left is not None:
            yield key, left


def _after(view: ProjectionView, one: Followup, answer: Answer, *, exact: bool) -> Followup | None:
    """Return what the member's answer leaves of a follow-up; one that is older than its last word leaves all of it."""
    if answer.how == "reopened":
        return one
    if one.reminded_at is None:  # planned: a later step of one that was put off, or settled before it fell due
        return None if exact and answer.how != "snoozed" else one
    if answer.time < one.reminded_at:
        return one
    if answer.how != "snoozed":
        return None
    return replace(
        one, attempt=0, instead_of=None, due_at=one.due_at if answer.until is None else at(view, answer.until)
    )


def can_be_taken_back(view: ProjectionView, now: datetime) -> dict[str, datetime]:
    """Return the follow-ups that the member has settled and can take back still, by id: when they did.

    Those are offered that come back then, as far as that is known here: open ones whose end *followups* has not told yet, and
    those that the answer has ended and that may be said still. Once the next turn of the same has come up, or ended, nothing
    is left to take back.
    """
    state, asked = followups(view), reminders(view)
    come_up = {_of(key) for key, one in state.open.items() if one.attempt}
    back = {key for key, one in state.open.items() if one.attempt or _of(key) not in come_up}
    back |= {one.id for one in _ended_last(state.ended) if _comes_back(view, one, now) and _of(one.id) not in come_up}
    back |= {item_of(key).removeprefix(REMINDER) for key in back if key.startswith(REMINDER)}
    back |= {key for key in asked.requests if key not in state.heard}
    return {
        key: answer.time
        for key, answer in asked.answers.items()
        if answer.how in SETTLING and now - answer.time <= timedelta(days=REOPEN_DAYS_MAX) and key in back
    }


def _of(key: str) -> str:
    """Return the item and the rule of which a follow-up is one turn."""
    return key.rpartition("/")[0]


def _ended_last(ended: Sequence[EndedFollowup]) -> Iterator[EndedFollowup]:
    """Yield of each item and rule the turn that has ended last, and those in whose place it stands."""
    last = {_of(one.id): _begun(one.id) for one in ended}
    return (one for one in ended if last[_of(one.id)] == _begun(one.id))


def _begun(key: str) -> str:
    """Return by which day a turn is named: one that stands in the place of another bears that one's, and a number."""
    return key.rpartition("/")[2].partition(".")[0]


def _comes_back(view: ProjectionView, one: EndedFollowup, now: datetime) -> bool:
    """Say whether a follow-up that has ended comes back if the answer to it is taken back."""
    if not one.answered or (one.starts_at is not None and one.starts_at <= now):
        return False
    preferences, rule = view.profile.preferences, rule_of(one.id, None)
    if one.on_day is not None and one.on_day < local(now, preferences.zone).date():
        return False
    contact_id = item_of(one.id).removeprefix(CONTACT_ITEM) if one.id.startswith(CONTACT_ITEM) else ""
    contact = person(view, contact_id) if contact_id else Person()
    if contact.muted is not None and contact.muted.value:
        return False
    if contact.connected is not None and not contact.connected.value and contact.connected.time >= one.at:
        return False  # removed since
    switch = preferences.switch(rule)
    return (switch is None or bool(switch.value)) and rule not in followups(view).quiet


def item_of(key: str) -> str:
    """Return the item that a follow-up is about."""
    return key.rsplit("/", 2)[0]


def rule_of(key: str, one: Followup | None) -> str:
    """Return the rule that it comes from; None: what is known of it is its id alone."""
    return (one.rule if one is not None else "") or key.rsplit("/", 2)[1]


def contact_of(key: str, one: Followup) -> str:
    """Return the id of the person whom it is about; empty where there is none."""
    item = item_of(key)
    return one.contact_id or (item.removeprefix(CONTACT_ITEM) if item.startswith(CONTACT_ITEM) else "")


def state_of(view: ProjectionView, one: Followup, now: datetime) -> answers.State:
    """Return how a follow-up stands for the member, by their own calendar."""
    if not one.attempt:
        return "coming"
    zone = view.profile.preferences.zone
    return "due" if local(one.due_at, zone).date() >= local(now, zone).date() else "overdue"


def heard_at(view: ProjectionView, one: Followup) -> datetime:
    """Return when the member hears of a follow-up, or heard of it last.

    What falls due in quiet hours or in a pause is said when they are over, as *followups* does; a test holds the two equal.
    """
    return one.due_at if one.attempt else deferred_to(view, one.due_at)


def deferred_to(view: ProjectionView, due_at: datetime) -> datetime:
    """Return to when something is deferred that falls due then: then, unless the member wishes otherwise."""
    wishes = view.profile.preferences
    moment = due_at if wishes.paused_until is None else max(due_at, wishes.paused_until)
    return end_of_quiet(moment, wishes.zone, *wishes.quiet)


def answer_of(
    view: ProjectionView,
    key: str,
    one: Followup,
    now: datetime,
    who: rows.Who | None,
    as_instant: Callable[[datetime], I],
) -> rows.OpenFollowup[I]:
    """Return a follow-up in the form of an answer."""
    return rows.OpenFollowup(
        id=key, state=state_of(view, one, now), rule=rule_of(key, one), due_at=as_instant(one.due_at), attempt=one.attempt,
        pushed=one.pushed, who=who, what=one.what or None, text=one.text or None,
        starts_at=as_instant(one.starts_at) if one.starts_at else None,
        promised_for=as_instant(one.promised_for) if one.promised_for else None,
        lapses_at=as_instant(one.lapses_at) if one.lapses_at else None, on_day=one.on_day,
        instead_of=as_instant(one.instead_of) if one.instead_of else None,
    )  # fmt: skip
