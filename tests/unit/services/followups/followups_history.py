"""Random histories of a member of *followups*: told late, told twice, told in any order, everything early and late."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec.structs import replace

from shared.contracts import (
    AboutMeeting,
    CallHeld,
    ContactJobChanged,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    Event,
    FollowupAnswered,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupScheduled,
    HelpGiven,
    HelpReceived,
    Interaction,
    IntroductionMade,
    InviteDeclined,
    InviteRetracted,
    InviteWhyAsked,
    InviteWhyGiven,
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingProposed,
    MeetingRescheduled,
    MessageReceived,
    MessageSent,
    NoteAdded,
    PromiseKept,
    PromiseReleased,
    PursuitClosed,
    PursuitOpened,
    PursuitStepTaken,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    AboutPerson,
    FollowupsLoop,
    about,
    accepted,
    answer,
    answered,
    at,
    attended,
    cadence,
    connected,
    day_set,
    event,
    member,
    met,
    over,
    planned,
    prepared,
    promised,
    pursued,
    received,
    requested,
    sent,
    snoozed,
    wishes,
)

FOLLOWUPS = (
    "r1", "r2", "reminder/r1/own_reminder/{day}", "reminder/r2/own_reminder/{day}", "reminder/r2/own_reminder/{day}.2",
    "contact/ada/thank/{day}", "contact/bob/thank/{day}",
    "invite/i1/no_answer_yet/{day}", "invite/i2/no_answer_yet/{day}", "invite/i2/answer_invite/{day}",
    "contact/ada/propose_meeting/{day}", "contact/ada/stay_in_touch/{day}", "contact/ada/stay_in_touch/{day}.2",
    "promise/p1/keep_promise/{day}", "promise/p2/keep_promise/{day}.2", "contact/ada/give_back/{day}",
    "contact/ada/congratulate/{day}", "contact/ada/congratulate/{day}.2",
    "contact/ada/reconnect/{day}", "pursuit/s1/keep_at_it/{day}", "pursuit/s1/keep_at_it/{day}.2",
    "gathering/g1/after_gathering/{day}", "date/ada/Birthday/remember_date/2026",
    "date/ada/Birthday/remember_date/2027.2",
    "meeting/k1/did_it_happen/{day}", "meeting/k2/did_it_happen/{day}.2", "meeting/k1/meeting_today/{day}",
)  # fmt: skip
FEW = 7
PROPOSED: tuple[type[AboutMeeting], ...] = (MeetingProposed, MeetingProposed, MeetingDeclined)
NOT_HELD: tuple[type[AboutMeeting], ...] = (MeetingCancelled, MeetingMissed)
SWITCHED = (
    "thank", "no_answer_yet", "own_reminder", "stay_in_touch", "meeting_today", "propose_meeting", "keep_promise",
    "give_back", "reconnect", "keep_at_it", "after_gathering", "remember_date", "congratulate",
)  # fmt: skip
BETWEEN: tuple[type[Interaction], ...] = (
    MessageReceived, CallHeld, NoteAdded, HelpGiven, HelpReceived, IntroductionMade,
)  # fmt: skip
ABOUT_PEOPLE: tuple[type[AboutPerson], ...] = (ThanksSent, MessageSent, ContactMuted, ContactRemoved)
HELP: tuple[type[Interaction], ...] = (HelpReceived, HelpReceived, HelpGiven, IntroductionMade)
SETTLED: tuple[type[PromiseKept | PromiseReleased], ...] = (PromiseKept, PromiseReleased)
ANSWERS: tuple[type[FollowupAnswered], ...] = (FollowupDone, FollowupDismissed, FollowupReopened)
STEPS: tuple[type[PursuitOpened | PursuitStepTaken | PursuitClosed], ...] = (
    PursuitOpened, PursuitOpened, PursuitStepTaken, PursuitClosed,
)  # fmt: skip
WISHED: tuple[dict[str, Any], ...] = (
    {"on": False}, {"on": True}, {"on": True}, {"offsets_days": [2, 9]}, {"offsets_days": [5]},
    {"offsets_hours": [1, 30]}, {"push": True},
)  # fmt: skip
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca")


class Dice(NamedTuple):
    """What an event may be about, thrown before it is chosen which."""

    rng: random.Random
    when: tuple[float, float]
    """The day when it happened, and that when it was logged."""
    contact: str
    invite: str
    named: str
    """A follow-up."""
    due: str
    every: dict[str, Any]
    person: dict[str, Any]
    rules: dict[str, dict[str, Any]]
    why: str | None
    meeting: str
    with_whom: tuple[str, ...]
    starts: float


Tellings = list[Callable[[], Event]]


def happening(rng: random.Random, theme: float) -> Event:
    """An event that happened within six weeks and was logged at once, some days or months later.

    A history has a theme, so that much of it is about a few kinds of events, which then meet each other.
    """
    dice = thrown(rng)
    tellings = [
        *of_contacts_and_invites(dice),
        *of_meetings(dice),
        *of_giving_and_days(dice),
        *of_answers(dice),
        *of_reminders_and_wishes(dice),
    ]
    few = random.Random(theme).sample(tellings, FEW)
    return rng.choice(few if rng.random() < 0.8 else tellings)()


def thrown(rng: random.Random) -> Dice:
    day = rng.randint(0, 168) / 4
    return Dice(
        rng,
        when=(day, day + rng.choice([0, 0, 0, 0.25, 3, 20, 90])),
        contact=(contact := rng.choice(["ada", "bob"])),
        invite=rng.choice(["i1", "i2"]),
        named=rng.choice(FOLLOWUPS).format(day=at(rng.randint(0, 42)).date()),
        due=(at(day + rng.randint(-3, 20))).replace(tzinfo=None, hour=rng.choice([3, 10, 23])).isoformat(),
        every={"every_days": 20} if rng.random() < 0.5 else {},
        person={"contact_id": contact} if rng.random() < 0.5 else {},
        rules={rng.choice(SWITCHED): rng.choice(WISHED)},
        why=rng.choice([None, "We met."]),
        meeting=rng.choice(["k1", "k2"]),
        with_whom=rng.choice([("ada",), ("bob",), ("ada", "bob")]),
        starts=day + rng.choice([-2, 0.1, 0.5, 1, 1.5, 4, 9, 20]),
    )


def of_contacts_and_invites(of: Dice) -> Tellings:
    return [
        lambda: connected(of.contact, *of.when),
        lambda: connected(of.contact, *of.when),
        lambda: sent(of.invite, *of.when, of.contact, of.why),
        lambda: sent(of.invite, *of.when, of.contact, of.why),
        lambda: received(of.invite, *of.when, of.contact, of.why),
        lambda: received(of.invite, *of.when, of.contact, of.why),
        lambda: event(of.rng.choice([InviteWhyAsked, InviteWhyGiven])(invite_id=of.invite), *of.when),
        lambda: about(of.rng.choice(BETWEEN), of.contact, *of.when),
        lambda: about(of.rng.choice(BETWEEN), of.contact, *of.when),
        lambda: cadence(of.contact, of.rng.choice([None, 1, 7, 20]), *of.when),
        lambda: cadence(of.contact, of.rng.choice([7, 20]), *of.when),
    ]


def of_meetings(of: Dice) -> Tellings:
    return [
        lambda: planned(of.meeting, of.starts, *of.when, *of.with_whom),
        lambda: planned(of.meeting, of.starts, *of.when, *of.with_whom),
        lambda: planned(of.meeting, of.starts, *of.when, *of.with_whom, kind=MeetingRescheduled),
        lambda: planned(of.meeting, of.starts, *of.when, *of.with_whom, kind=MeetingRescheduled),
        lambda: met(of.rng.choice(PROPOSED), of.meeting, *of.when, *of.with_whom),
        lambda: met(of.rng.choice(NOT_HELD), of.meeting, *of.when, *of.with_whom),
        lambda: met(MeetingHeld, of.meeting, *of.when, *of.with_whom),
        lambda: prepared(of.meeting, *of.when),
    ]


def of_giving_and_days(of: Dice) -> Tellings:
    return [
        lambda: promised(of.rng.choice(["p1", "p2"]), of.starts, *of.when, of.contact),
        lambda: promised(of.rng.choice(["p1", "p2"]), of.starts, *of.when, of.contact),
        lambda: over(of.rng.choice(SETTLED), of.rng.choice(["p1", "p2"]), *of.when),
        lambda: about(of.rng.choice(HELP), of.contact, *of.when),
        lambda: about(HelpReceived, of.contact, *of.when),
        lambda: pursued(of.rng.choice(STEPS), of.rng.choice(["s1", "s2"]), *of.when),
        lambda: pursued(PursuitStepTaken, "s1", *of.when),
        lambda: attended(of.rng.choice(["g1", "g2"]), *of.when, *of.with_whom),
        lambda: day_set(of.rng.randint(1, 12), of.rng.randint(1, 29), *of.when, of.contact),
        lambda: day_set(*of.rng.choice([(2, 29), (3, 20), (3, 31), (4, 1)]), *of.when, of.contact),
    ]


def of_answers(of: Dice) -> Tellings:
    return [
        lambda: accepted(of.invite, *of.when),
        lambda: answered(InviteDeclined, of.invite, *of.when),
        lambda: answered(InviteRetracted, of.invite, *of.when, age_days=90, by="rule"),
        lambda: about(of.rng.choice(ABOUT_PEOPLE), of.contact, *of.when),
        lambda: about(ContactUnmuted, of.contact, *of.when),
        lambda: about(ContactJobChanged, of.contact, *of.when),
        lambda: about(ContactJobChanged, of.contact, *of.when),
    ]


def of_reminders_and_wishes(of: Dice) -> Tellings:
    day, logged = of.when
    return [
        lambda: requested(f"r{of.rng.randint(1, 2)}", of.due, day, logged, **of.every, **of.person),
        lambda: requested(f"r{of.rng.randint(1, 2)}", of.due, day, logged, **of.every, **of.person),
        lambda: answer(of.rng.choice(ANSWERS), of.named, day, logged),
        lambda: snoozed(of.named, of.rng.choice([None, day + 5, day + 40]), day, logged),
        lambda: wishes(day, zone=of.rng.choice(ZONES)),
        lambda: wishes(day, rules=of.rules),
        lambda: wishes(day, digest={"every": of.rng.choice(["off", "daily", "weekly"]), "time": "07:00"}),
        lambda: wishes(day, per_day=of.rng.randint(0, 2), paused_until=at(day + 12).isoformat()),
    ]


def answering(rng: random.Random, loop: FollowupsLoop, day: float) -> list[Event]:
    """Now and then the member answers something that was said."""
    plans = loop.heard(FollowupScheduled)
    if not plans or rng.random() > 0.2:
        return []
    named = rng.choice(plans[-3:]).followup_id
    done = answer(rng.choice(ANSWERS), named, day)
    return [rng.choice([done, snoozed(named, rng.choice([None, day + 3]), day)])]


def history(rng: random.Random, *, repeated: bool) -> list[Event]:
    """Events in the order of the log; if `repeated`, some stand there again weeks later."""
    theme = rng.random()
    events = [happening(rng, theme) for _ in range(rng.randint(3, 30))]
    again = [replace(one, logged=one.logged + (at(rng.randint(1, 90)) - at(0))) for one in events if rng.random() < 0.4]
    return sorted([*events, *(again if repeated else [])], key=lambda one: (one.logged, one.id))


def live(rng: random.Random, events: list[Event], *, answers: bool = True) -> tuple[FollowupsLoop, list[Event]]:
    """Let a member live through a history, sometimes with the service down; return all that was applied."""
    loop, applied, waiting = member(), [], list(events)
    while waiting:
        now = waiting[0].logged
        batch = [waiting.pop(0)]
        while waiting and rng.random() < 0.2:
            batch.append(waiting.pop(0))
        if rng.random() < 0.8:
            loop.run_until(now)
        if answers:
            batch += answering(rng, loop, (now - at(0)).total_seconds() / 86_400)
        loop.apply(*batch)
        loop.assert_settled()
        applied += batch
    loop.run_until(at(400))
    loop.assert_settled()
    return loop, applied
