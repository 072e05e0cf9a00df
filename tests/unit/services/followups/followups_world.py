"""A member of *followups* in memory, and the events that their stories are told with.

Days count from Monday, 2026-03-02, midnight UTC: `at(0.5)` is that day's noon.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zlib import crc32

from services.followups.decider import DECIDER
from services.followups.model.state import Item, Profile
from shared.contracts import (
    AboutMeeting,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    ContactJobChanged,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    Event,
    EventData,
    FollowupAnswered,
    FollowupRequested,
    FollowupSnoozed,
    GatheringAttended,
    Interaction,
    InviteAccepted,
    InviteReceived,
    InviteSent,
    MeetingPlan,
    MeetingQuestionsPrepared,
    MeetingScheduled,
    MemberPreferencesSet,
    PromiseKept,
    PromiseMade,
    PromiseReleased,
    PursuitClosed,
    PursuitOpened,
    PursuitStepTaken,
)
from shared.testing.loop import Loop

T0 = datetime(2026, 3, 2, tzinfo=UTC)
FollowupsLoop = Loop[Profile, Item]
AboutPerson = Interaction | ContactMuted | ContactUnmuted | ContactRemoved | ContactJobChanged


def at(day: float) -> datetime:
    """The instant `day` days after `T0`, in whole seconds."""
    return T0 + timedelta(seconds=round(day * 86_400))


def hour(day: int, hours: float) -> datetime:
    return at(day + hours / 24)


def member() -> FollowupsLoop:
    return Loop(DECIDER)


def event(data: EventData, day: float, logged: float | None = None, event_id: str = "") -> Event:
    """An event that happened on day `day` and reached the log on day `logged`; by default at once."""
    event_id = event_id or f"{data.TYPE}@{day}:{crc32(data.model_dump_json().encode()):x}"
    return Event(event_id, "m1", at(day), at(day if logged is None else logged), data)


def connected(contact: str, day: float, logged: float | None = None, **more: str) -> Event:
    person = {"id": contact, "name": contact.title()}
    return event(ContactConnected.model_validate({"contact": person, **more}), day, logged)


def sent(
    invite: str, day: float, logged: float | None = None, contact: str = "ada", why: str | None = "We met."
) -> Event:
    return _invite(InviteSent, invite, day, logged, contact, why)


def received(
    invite: str, day: float, logged: float | None = None, contact: str = "ada", why: str | None = "We met."
) -> Event:
    return _invite(InviteReceived, invite, day, logged, contact, why)


def _invite(
    kind: type[EventData], invite: str, day: float, logged: float | None, contact: str, why: str | None
) -> Event:
    person = {"id": contact, "name": contact.title()}
    return event(kind.model_validate({"invite_id": invite, "contact": person, "why": why}), day, logged)


def answered(kind: type[EventData], invite: str, day: float, logged: float | None = None, **more: object) -> Event:
    return event(kind.model_validate({"invite_id": invite, "contact_id": "ada", **more}), day, logged)


def accepted(invite: str, day: float, logged: float | None = None) -> Event:
    return answered(InviteAccepted, invite, day, logged)


def about(
    kind: type[AboutPerson],
    contact: str,
    day: float,
    logged: float | None = None,
) -> Event:
    return event(kind(contact_id=contact), day, logged)


def cadence(contact: str, every_days: int | None, day: float, logged: float | None = None) -> Event:
    return event(ContactCadenceSet(contact_id=contact, every_days=every_days), day, logged)


def planned(
    meeting: str,
    starts: float,
    day: float = 0,
    logged: float | None = None,
    *contacts: str,
    kind: type[MeetingPlan] = MeetingScheduled,
    zone: str = "UTC",
) -> Event:
    """An hour's lunch is agreed, with `ada` unless others are named; it starts on day `starts` by the zone's clocks."""
    words = {"meeting_id": meeting, "contact_ids": contacts or ("ada",), "kind": "lunch", "minutes": 60, "zone": zone}
    return event(kind.model_validate({**words, "starts": at(starts).replace(tzinfo=None)}), day, logged)


def met(kind: type[AboutMeeting], meeting: str, day: float, logged: float | None = None, *contacts: str) -> Event:
    return event(kind(meeting_id=meeting, contact_ids=contacts or ("ada",)), day, logged)


def prepared(meeting: str, day: float, logged: float | None = None) -> Event:
    return event(MeetingQuestionsPrepared(meeting_id=meeting, count=3), day, logged)


def requested(reminder: str, due: str, day: float = 0, logged: float | None = None, **more: object) -> Event:
    words = {"followup_id": reminder, "what": f"Call about {reminder}", "due": due, **more}
    return event(FollowupRequested.model_validate(words), day, logged)


def promised(promise: str, due: float, day: float = 0, logged: float | None = None, contact: str = "ada") -> Event:
    """A promise to do something by a wall time: what clocks show on day `due`."""
    words = {"promise_id": promise, "contact_id": contact, "what": "The book list", "due": at(due).replace(tzinfo=None)}
    return event(PromiseMade.model_validate(words), day, logged)


def over(kind: type[PromiseKept | PromiseReleased], promise: str, day: float, logged: float | None = None) -> Event:
    return event(kind(promise_id=promise, contact_id="ada"), day, logged)


def pursued(
    kind: type[PursuitOpened | PursuitStepTaken | PursuitClosed], pursuit: str, day: float, logged: float | None = None
) -> Event:
    words = {"pursuit_id": pursuit, **({"goal": "Work with robots"} if kind is PursuitOpened else {})}
    return event(kind.model_validate(words), day, logged)


def attended(gathering: str, day: float, logged: float | None = None, *met: str) -> Event:
    people = [{"id": one, "name": one.title()} for one in met]
    words = {"gathering_id": gathering, "name": "The robot evening", "met": people}
    return event(GatheringAttended.model_validate(words), day, logged)


def day_set(
    month: int,
    day_of_month: int,
    day: float,
    logged: float | None = None,
    contact: str = "ada",
    label: str = "Birthday",
) -> Event:
    words = {"contact_id": contact, "label": label, "month": month, "day": day_of_month}
    return event(ContactDateSet.model_validate(words), day, logged)


def answer(kind: type[FollowupAnswered], followup_id: str, day: float, logged: float | None = None) -> Event:
    return event(kind(followup_id=followup_id), day, logged)


def snoozed(followup_id: str, until: float | None, day: float, logged: float | None = None) -> Event:
    return event(FollowupSnoozed(followup_id=followup_id, until=None if until is None else at(until)), day, logged)


def wishes(day: float, **preferences: object) -> Event:
    return event(MemberPreferencesSet.model_validate(preferences), day)


def told(loop: FollowupsLoop, *rules: str) -> list[Event]:
    """The events that were said; of these rules, where any are named."""
    return [said for said in loop.published if not rules or getattr(said.data, "rule", "") in rules]


def story(loop: FollowupsLoop, *rules: str) -> list[str]:
    """What was said, in short: `due thank 2` for the second step of a `thank`; of these rules, where any are named."""
    events = []
    for said in told(loop, *rules):
        name = said.data.TYPE.removeprefix("rapport.followup.")
        events.append(" ".join(str(part) for part in (name, said.data.rule, getattr(said.data, "attempt", "")) if part))  # type: ignore[attr-defined]  # every own event is about a follow-up
    return events
