"""What members live through while things die: invites whose day comes within seconds, and answers that race with it.

Everything that counts in days is told of the past, so that its due instant falls into the run. The order is as bad as a
network makes it: answers before their invites, the same event again, and again much later.
"""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from shared.contracts import (
    Contact,
    ContactConnected,
    ContactMuted,
    ContactUnmuted,
    Event,
    EventData,
    FollowupDismissed,
    FollowupDone,
    FollowupRequested,
    FollowupSnoozed,
    InviteAccepted,
    InviteDeclined,
    InviteKept,
    InviteRetractionApproved,
    InviteSent,
    InviteWithdrawn,
    MemberErased,
    MemberJoined,
    MemberPreferencesSet,
    MessageSent,
    ThanksSent,
)
from tests.simulation.sabotage import BAD

STALE_DAYS: Final = 7
"""As soon as the contracts let a member wish; it is also when an answer is missed by *followups*."""
SOON_SECONDS: Final = (0.5, 12.0)
"""Until what is told falls due."""
RACES: Final = 0.45
"""How many invites are answered around the instant at which they count as ignored."""
RACE_SECONDS: Final = (-0.4, 0.25)
AGAIN: Final = 0.06
RECENT_MAX: Final = 400
ERASED: Final = 0.004
"""How much of what is told is an erasure."""
BACK_SECONDS: Final = (0.1, 3.0)
"""Until who was erased joins again."""
HOURS_OF_A_DAY: Final = 24


class Story:
    """The events of all members, from a seed."""

    def __init__(self, seed: int, members: int, *, sabotaged: bool = False) -> None:
        self._rng = Random(seed)
        self._names = [f"member-{number}" for number in range(members)]
        self._bad = sabotaged
        self._ids = count()
        self._invites: deque[tuple[str, str, str]] = deque(maxlen=RECENT_MAX)
        """(member, invite, contact) of late."""
        self._reminders: deque[tuple[str, str]] = deque(maxlen=RECENT_MAX)
        self._told: deque[Event] = deque(maxlen=RECENT_MAX)
        self._coming: list[tuple[datetime, int, Event]] = []
        """What is told when its instant comes."""

    def beginning(self, now: datetime) -> Iterator[Event]:
        """Yield how every member wants it: quiet hours that are far from now, and an early end of waiting."""
        for number, member in enumerate(self._names):
            hours = {"from": _clock(now, 10), "to": _clock(now, 11)}
            retraction = {"policy": ("auto", "auto", "ask", "never")[number % 4], "after_days": STALE_DAYS}
            wishes = {"quiet_hours": hours, "retraction": {**retraction, "notice_days": 1}, "per_day": 50}
            yield self._event(member, now, MemberPreferencesSet.model_validate(wishes))
            yield self._event(member, now, MemberJoined(name="Ada", email=f"{member}@example.org"))

    def told_by_all(self, data: EventData, now: datetime) -> Iterator[Event]:
        """Yield the same of every member."""
        yield from (self._event(member, now, data) for member in self._names)

    def answered(self, invites: int, now: datetime, stale: datetime) -> tuple[list[Event], list[Event]]:
        """Return invites that count as ignored from an instant on, and their answers, which come before it."""
        sent, answers = [], []
        for number in range(invites):
            member, contact = self._names[number % len(self._names)], Contact(id=f"c{number}", name="Ada")
            about = InviteSent(invite_id=f"answered-{number}", contact=contact)
            sent.append(self._event(member, now, about, time=stale - timedelta(days=STALE_DAYS)))
            answers.append(self._event(member, now, InviteAccepted(invite_id=about.invite_id, contact_id=contact.id)))
        return sent, answers

    def due(self, now: datetime) -> Iterator[Event]:
        """Yield what was to be told at this instant."""
        while self._coming and self._coming[0][0] <= now:
            yield replace(heapq.heappop(self._coming)[2], time=now, logged=now)

    def next(self, now: datetime) -> Sequence[Event]:
        """Return what is told next: one event, or some that belong together."""
        rng = self._rng
        if self._told and rng.random() < AGAIN:
            return [replace(rng.choice(self._told), logged=now)]
        drawn = rng.random()
        if drawn < ERASED:
            events = self._erased(now)
        elif drawn < 0.42 or not self._invites:
            events = self._invite(now)
        elif drawn < 0.62:
            events = [self._answer(now)]
        elif drawn < 0.74:
            events = self._reminder(now)
        elif drawn < 0.86 and self._reminders:
            events = [self._done(now)]
        elif drawn < 0.96:
            events = [self._met(now)]
        else:
            events = [self._wish(now)]
        self._told.extend(events)
        return events

    def _invite(self, now: datetime) -> list[Event]:
        rng, member = self._rng, self._rng.choice(self._names)
        name = rng.choice(BAD) if self._bad and rng.random() < 0.1 else f"i{next(self._ids)}"
        contact = f"c{rng.randrange(12)}"
        self._invites.append((member, name, contact))
        stale = now + timedelta(seconds=rng.uniform(*SOON_SECONDS))
        sent = InviteSent(invite_id=name, contact=Contact(id=contact, name=contact.title()))
        event = self._event(member, now, sent, time=stale - timedelta(days=STALE_DAYS))
        answer = rng.choice([InviteAccepted, InviteDeclined])(invite_id=name, contact_id=contact)
        if rng.random() < 0.1:  # the answer is there before its invite
            self._later(stale, event)
            return [self._event(member, now, answer)]
        if rng.random() < RACES:
            self._later(stale + timedelta(seconds=rng.uniform(*RACE_SECONDS)), self._event(member, now, answer))
        return [event]

    def _answer(self, now: datetime) -> Event:
        rng = self._rng
        member, invite, contact = rng.choice(self._invites)
        kind = rng.choice(["accept", "decline", "withdraw", "keep", "approve", "approve"])
        data: EventData
        match kind:
            case "accept":
                data = InviteAccepted(invite_id=invite, contact_id=contact)
            case "decline":
                data = InviteDeclined(invite_id=invite, contact_id=contact)
            case "withdraw":
                data = InviteWithdrawn(invite_id=invite, contact_id=contact, try_again=rng.random() < 0.5)
            case "keep":
                data = InviteKept(invite_ids=(invite,), for_days=rng.choice([None, 1]))
            case _:
                data = InviteRetractionApproved(invite_ids=(invite,), try_again=rng.random() < 0.5)
        return self._event(member, now, data)

    def _reminder(self, now: datetime) -> list[Event]:
        rng, member = self._rng, self._rng.choice(self._names)
        name = f"r{next(self._ids)}"
        due = (now + timedelta(seconds=rng.uniform(*SOON_SECONDS))).replace(microsecond=0, tzinfo=None)
        self._reminders.append((member, name))
        every = rng.choice([None, None, 1])
        data = FollowupRequested(followup_id=name, what="Call", due=due, every_days=every)
        if rng.random() < RACES:
            at = now + (due - now.replace(tzinfo=None)) + timedelta(seconds=rng.uniform(*RACE_SECONDS))
            self._later(at, self._event(member, now, FollowupDone(followup_id=name)))
        return [self._event(member, now, data)]

    def _done(self, now: datetime) -> Event:
        member, name = self._rng.choice(self._reminders)
        kind = self._rng.choice([FollowupDone, FollowupDismissed, FollowupSnoozed])
        if kind is FollowupSnoozed:
            until = now + timedelta(seconds=self._rng.uniform(*SOON_SECONDS))
            return self._event(member, now, FollowupSnoozed(followup_id=name, until=until))
        return self._event(member, now, kind(followup_id=name))

    def _met(self, now: datetime) -> Event:
        rng, member = self._rng, self._rng.choice(self._names)
        contact = f"c{rng.randrange(12)}"
        kinds: list[type[EventData]] = [ContactConnected] * 2
        kinds += [ThanksSent, MessageSent, ContactMuted, ContactUnmuted]
        kind = rng.choice(kinds)
        about: dict[str, Any] = {"contact_id": contact}
        if kind is ContactConnected:
            about = {"contact": {"id": contact, "name": contact.title()}}
        return self._event(member, now, kind.model_validate(about), time=now - timedelta(days=rng.choice([0, 1, 3])))

    def _wish(self, now: datetime) -> Event:
        rng, member = self._rng, self._rng.choice(self._names)
        wish: dict[str, Any] = rng.choice(
            [
                {"retraction": {"policy": rng.choice(["ask", "auto", "auto", "never"])}},
                {"rules": {rng.choice(["thank", "no_answer_yet"]): {"on": rng.random() < 0.7}}},
                {"paused_until": (now + timedelta(seconds=rng.uniform(*SOON_SECONDS))).isoformat()},
                {"per_day": rng.choice([0, 2, 50])},
            ]
        )
        return self._event(member, now, MemberPreferencesSet.model_validate_json(json.dumps(wish)))

    def _erased(self, now: datetime) -> list[Event]:
        """Erase a member, who soon joins again. What is told of the past counts no longer: reminders go on, invites not."""
        rng, member = self._rng, self._rng.choice(self._names)
        back = now + timedelta(seconds=rng.uniform(*BACK_SECONDS))
        self._later(back, self._event(member, now, MemberJoined(name="Ada", email=f"{member}@example.org")))
        return [self._event(member, now, MemberErased())]

    def _later(self, at: datetime, event: Event) -> None:
        heapq.heappush(self._coming, (at, next(self._ids), event))

    def _event(self, member: str, now: datetime, data: EventData, *, time: datetime | None = None) -> Event:
        return Event(f"{member}/{next(self._ids)}", member, _whole(time or now), _whole(now), data, source="/product")


def _clock(now: datetime, hours: int) -> str:
    return f"{(now.hour + hours) % HOURS_OF_A_DAY:02}:00"


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
