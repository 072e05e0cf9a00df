"""What happens to the members of a simulated history, by service: real events, told at once, late, early, and in bursts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zlib import crc32

from shared.contracts import (
    ACTIVITY,
    CallHeld,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    ContactJobChanged,
    ContactMuted,
    ContactRemoved,
    DigestFailed,
    DigestSending,
    DigestSent,
    Event,
    EventData,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupRequested,
    FollowupScheduled,
    FollowupSnoozed,
    GatheringAttended,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    InviteAccepted,
    InviteIgnored,
    InviteKept,
    InviteReceived,
    InviteRetracted,
    InviteRetractionProposed,
    InviteSent,
    InviteWhyAsked,
    InviteWhyGiven,
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingPlan,
    MeetingProposed,
    MeetingQuestionsPrepared,
    MeetingRescheduled,
    MeetingScheduled,
    MemberErased,
    MemberJoined,
    MemberPreferencesSet,
    MessageReceived,
    MessageSent,
    NoteAdded,
    PromiseKept,
    PromiseMade,
    PromiseReleased,
    PursuitClosed,
    PursuitOpened,
    PursuitStepTaken,
    PushFailed,
    PushSending,
    PushSent,
    PushWithdrawing,
    PushWithdrawn,
    ThanksSent,
)
from shared.decider import NewEvent
from tests.simulation.draws import (
    ANYONE,
    BACK,
    CONTACTS,
    EPOCH,
    ERASED,
    FRIENDS,
    INVITES,
    MEETINGS,
    MEMBERS,
    SENT,
    SHIFTS_DAYS,
    ZONES,
    Draw,
    answer,
    named,
    person,
    some_invites,
)

LATE_PUSH = timedelta(days=9)
"""After this a reminder is not pushed any more."""


def wall(rng: Random, now: datetime) -> str:
    return (now + timedelta(days=rng.randint(-2, 10))).replace(tzinfo=None, hour=rng.choice([3, 10, 23])).isoformat()


def meeting(rng: Random, kind: type[EventData]) -> tuple[type[EventData], dict[str, Any]]:
    people = rng.choice([["ada"], ["bob"], ["ada", "bob"]])
    return kind, {"meeting_id": rng.choice(MEETINGS), "contact_ids": people}


def nudging(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    rule = rng.choice([
        "meeting_today", "did_it_happen", "stay_in_touch", "propose_meeting", "keep_promise", "give_back", "reconnect",
        "keep_at_it", "after_gathering", "remember_date", "congratulate",
    ])  # fmt: skip
    wish = rng.choice([{"on": False}, {"on": True}, {"offsets_hours": [rng.randint(0, 30)]}, {"push": True}])
    return MemberPreferencesSet, {"rules": {rule: wish}}


def meeting_plan(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    kinds: list[type[MeetingPlan]] = [MeetingScheduled, MeetingRescheduled]
    kind, about = meeting(rng, rng.choice(kinds))
    starts = now + timedelta(hours=rng.choice([-30, 1, 3, 12, 25, 40, 100, 300]))
    return kind, {**about, "kind": "lunch", "minutes": 60, "zone": rng.choice(ZONES),
                  "starts": starts.replace(tzinfo=None).isoformat()}  # fmt: skip


PROMISES: list[type[EventData]] = [PromiseMade, PromiseMade, PromiseMade, PromiseKept, PromiseReleased]
PURSUITS: list[type[EventData]] = [PursuitOpened, PursuitStepTaken, PursuitStepTaken, PursuitClosed]


def promise(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    kind = rng.choice(PROMISES)
    fields = {"promise_id": rng.choice(["p1", "p2"]), "contact_id": rng.choice(CONTACTS)}
    return kind, {**fields, "due": wall(rng, now)}


def pursuit(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    kind = rng.choice(PURSUITS)
    return kind, {"pursuit_id": rng.choice(["s1", "s2"]), "goal": "Work with robots"}


def gathering(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    met = [person(one) for one in sorted(set(rng.choices(FRIENDS, k=2)))]
    return GatheringAttended, {"gathering_id": rng.choice(["g1", "g2"]), "name": "An evening", "met": met}


def date_to_remember(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    day = (now + timedelta(days=rng.choice([-3, 0, 1, 5, 9, 20, 200]))).date()
    return ContactDateSet, {"contact_id": rng.choice(CONTACTS), "label": "Birthday", "month": day.month, "day": day.day}


HELP: list[type[EventData]] = [HelpReceived, HelpReceived, HelpReceived, HelpGiven, IntroductionMade]
LIFE: list[Draw] = [
    promise, promise, pursuit, gathering, date_to_remember, date_to_remember,
    lambda rng, now: (rng.choice(HELP), {"contact_id": rng.choice(CONTACTS)}),
    lambda rng, now: (rng.choice(HELP), {"contact_id": rng.choice(CONTACTS)}),
    lambda rng, now: (MemberPreferencesSet, {"rules": {"reconnect": {"offsets_days": [rng.choice([1, 5, 20])]}}}),
]  # fmt: skip
"""What a network lives on beside invites and meetings."""

ABOUT_PEOPLE: list[type[EventData]] = [
    ThanksSent, ThanksSent, MessageSent, MessageReceived, CallHeld, NoteAdded, ContactMuted, ContactRemoved,
    ContactJobChanged, ContactJobChanged,
]  # fmt: skip


def settled(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    """An answer, or that one is taken back: which of them, by its name, so that it costs no draw."""
    kind, key = rng.choice([FollowupDone, FollowupDismissed]), named(rng, now)
    return FollowupReopened if crc32(f"{key} {now}".encode()) % 3 == 0 else kind, {"followup_id": key}


ABOUT_MEETINGS: list[type[EventData]] = [
    MeetingProposed, MeetingProposed, MeetingDeclined, MeetingCancelled, MeetingMissed, MeetingHeld, MeetingHeld,
]  # fmt: skip
ABOUT_FOLLOWUPS: list[Draw] = [
    SENT, SENT,
    lambda rng, now: answer(rng, InviteAccepted),
    lambda rng, now: (InviteReceived, {"invite_id": rng.choice(INVITES), "contact": person(rng.choice(CONTACTS))}),
    lambda rng, now: (rng.choice([InviteWhyAsked, InviteWhyGiven]), {"invite_id": rng.choice(INVITES)}),
    lambda rng, now: (ContactCadenceSet, {"contact_id": rng.choice(FRIENDS), "every_days": rng.choice([None, 1, 5])}),
    lambda rng, now: (MeetingQuestionsPrepared, {"meeting_id": rng.choice(MEETINGS), "count": 2}),
    lambda rng, now: meeting(rng, rng.choice(ABOUT_MEETINGS)),
    lambda rng, now: meeting(rng, rng.choice(ABOUT_MEETINGS)),
    meeting_plan, meeting_plan, meeting_plan, meeting_plan, nudging,
    lambda rng, now: (InviteIgnored, {**answer(rng, InviteIgnored)[1], "age_days": 60}),
    lambda rng, now: (InviteRetracted, {**answer(rng, InviteRetracted)[1], "age_days": 90, "by": "rule"}),
    lambda rng, now: (ContactConnected, {"contact": person(rng.choice(CONTACTS))}),
    lambda rng, now: (ContactConnected, {"contact": person(rng.choice(CONTACTS))}),
    lambda rng, now: (rng.choice(ABOUT_PEOPLE), {"contact_id": rng.choice(FRIENDS)}),
    lambda rng, now: (rng.choice(ABOUT_PEOPLE), {"contact_id": rng.choice(FRIENDS)}),
    lambda rng, now: (FollowupRequested, {"followup_id": rng.choice(["r1", "r2"]), "due": wall(rng, now),
                                          "what": "Write", **({"every_days": 5} if rng.random() < 0.5 else {})}),
    lambda rng, now: (FollowupRequested, {"followup_id": rng.choice(["r1", "r2"]), "due": wall(rng, now),
                                          "what": "Call"}),
    settled,
    lambda rng, now: (FollowupSnoozed, {"followup_id": named(rng, now)}),
    *LIFE, *ANYONE,
]  # fmt: skip


WHYS: list[type[EventData]] = [InviteSent, InviteReceived, InviteWhyGiven]


def plan(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    due = now + timedelta(days=rng.randint(-2, 12))
    return FollowupScheduled, {
        "followup_id": f"contact/{rng.choice(CONTACTS)}/thank/2026-03-02", "rule": "thank", "contact_id": "ada",
        "due_at": due, "due_local": due.replace(tzinfo=None), "zone": "UTC",
        "because": {"id": "x", "type": "rapport.contact.connected"},
    }  # fmt: skip


ABOUT_DIGESTS: list[Draw] = [
    SENT, plan, plan, plan,
    lambda rng, now: (FollowupCompleted, {"followup_id": "contact/ada/thank/2026-03-02", "rule": "thank",
                                          "because": {"id": "x", "type": "rapport.thanks.sent"}}),
    lambda rng, now: (InviteRetractionProposed, {"proposal_id": f"p{rng.getrandbits(32):x}", "oldest_days": 40, "attempt": 1,
                                                 "invites": [{"invite_id": rng.choice(INVITES), "sent_at": now,
                                                              "contact": person("ada")}]}),
    lambda rng, now: (InviteKept, {"invite_ids": some_invites(rng), "for_days": None}),
    lambda rng, now: (MemberPreferencesSet, {"digest": {"every": "daily"}}),
    lambda rng, now: (rng.choice(WHYS), {"invite_id": rng.choice(INVITES), "contact": person(rng.choice(CONTACTS)),
                                         "why": rng.choice(["A talk.", "The same street."])}),
    lambda rng, now: (rng.choice(HELP), {"contact_id": rng.choice(CONTACTS), "what": "An introduction."}),
    *ANYONE, *ANYONE,
]  # fmt: skip


def stamped_by_the_product(rng: Random, now: datetime, event: Event) -> datetime:
    """Return what clients write into a record: the event's own time, seconds for milliseconds, or the present."""
    drawn = rng.random()
    if drawn < 0.4:
        return event.time
    return EPOCH + (now - EPOCH) / 1_000 if drawn < 0.7 else now


def drawing(
    draws: Sequence[Draw],
    *,
    shifts: Sequence[int] = SHIFTS_DAYS,
    members: Sequence[str] = MEMBERS,
    erasures: float | None = None,
) -> Callable[[Random, datetime], list[Event]]:
    """Return what tells one to four of these events at a time, with ids of their own.

    Members are erased now and then, and most of them join again before long. Events of other services are numbered in the
    order in which they are said first, as in life.
    """
    numbers = itertools.count(1)
    erased: set[str] = set()

    def tell(rng: Random, now: datetime) -> list[Event]:
        return [_event(rng, now) for _ in range(rng.choice([1, 1, 2, 4]))]

    def _event(rng: Random, now: datetime) -> Event:
        kind, fields = rng.choice(draws)(rng, now)
        member = rng.choice(members)
        if rng.random() < (ERASED if erasures is None else erasures):
            kind, fields = MemberErased, {}
            erased.add(member)
        elif member in erased and rng.random() < BACK:
            kind, fields = MemberJoined, {"name": "Ada", "email": "ada@example.org"}
            erased.discard(member)
        time = now + timedelta(days=rng.choice(shifts))
        return Event(f"{kind.TYPE}/{rng.getrandbits(48):x}", member, time, now,
                    kind.model_validate(fields), source="/test",
                    expires=time + LATE_PUSH if fields.get("push") else None,
                    number=None if kind.TOPIC in ("", ACTIVITY) else next(numbers))  # fmt: skip

    return tell


def outcome_of(rng: Random, event: Event) -> NewEvent | None:
    """Most mails and reminders are taken, some are refused, of some nobody learns."""
    sending, drawn = event.data, rng.random()
    if drawn >= 0.9:
        return None
    trouble: dict[str, Any] = {
        "reason": "the server could not be reached",
        "permanent": drawn >= 0.6 and rng.random() < 0.2,
    }
    if isinstance(sending, PushSending):
        about = sending.model_dump()
        message_id = "m-1" if rng.random() < 0.8 else None
        return NewEvent(PushSent(**about, message_id=message_id) if drawn < 0.6 else PushFailed(**about, **trouble))
    if isinstance(sending, PushWithdrawing):
        return NewEvent(PushWithdrawn(**sending.model_dump())) if drawn < 0.6 else None
    assert isinstance(sending, DigestSending)
    about = {"digest_id": sending.digest_id, "period": sending.period, "attempt": sending.attempt}
    if drawn < 0.6:
        return NewEvent(DigestSent.model_validate({**about, "message_id": "<1@example.org>"}))
    return NewEvent(DigestFailed.model_validate({**about, **trouble}))
