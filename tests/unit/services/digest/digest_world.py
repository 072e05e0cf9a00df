"""One member's *digest* in memory: events go in, the clock moves from wake to wake, and what was said is kept.

It loads nothing beforehand: an item that a rule asks for is handed over when the rule asks, as the shell does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from services.digest.content.build import content
from services.digest.content.model import DigestContent
from services.digest.decider import DECIDER
from services.digest.model.state import DIGEST, Item, Profile, Running
from shared.contracts import (
    DigestFailed,
    DigestSending,
    DigestSent,
    Event,
    EventData,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    FollowupScheduled,
    InviteReceived,
    InviteRetractionProposed,
    InviteSent,
    MeetingCancelled,
    MeetingRescheduled,
    MeetingScheduled,
    MemberJoined,
    MemberPreferencesSet,
    NoteAdded,
    RuleQuieted,
    RuleResumed,
)
from shared.decider import Missing, NewEvent, View
from shared.runtime.processing.member.stored_form import StoredForm

WAKES_MAX = 5_000
FORM = StoredForm(DECIDER)
DAY = timedelta(days=1)
Mailing = Callable[[DigestSending], EventData | None]
"""What becomes of a mail: the outcome to report, or None when nobody ever learns it."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def accepted(sending: DigestSending) -> EventData:
    return DigestSent(
        digest_id=sending.digest_id, period=sending.period, attempt=sending.attempt, message_id="<1@example.org>"
    )


def refused(reason: str, *, permanent: bool = False) -> Mailing:
    def refuse(sending: DigestSending) -> EventData:
        return DigestFailed(
            digest_id=sending.digest_id,
            period=sending.period,
            attempt=sending.attempt,
            reason=reason,
            permanent=permanent,
        )

    return refuse


def lost(sending: DigestSending) -> None:
    assert sending.attempt


class World:
    """A member, the clock, and a mail server."""

    def __init__(self, start: str = "2026-11-23 00:00", mailing: Mailing = accepted) -> None:
        self.now = utc(start)
        self.mailing = mailing
        self.said: list[Event] = []
        self.profile: Profile = DECIDER.profile
        self.items: dict[str, Item | None] = {}
        self._ids = count(1)

    # What comes in.

    def tell(self, data: EventData, *, time: datetime | None = None, logged: datetime | None = None) -> Event:
        """Append an event from outside, now."""
        number = next(self._ids)
        event = Event(f"f{number}", "m", time or self.now, logged or self.now, data, number=number)
        self.apply(event)
        return event

    def join(self, **fields: Any) -> Event:
        return self.tell(MemberJoined(**{"name": "Ada", "email": "ada@example.org", **fields}))

    def prefer(self, **fields: Any) -> Event:
        return self.tell(MemberPreferencesSet.model_validate(fields))

    def plan(
        self, key: str, due: str, rule: str = "thank", contact_id: str | None = "c1", what: str | None = None
    ) -> Event:
        return self.tell(
            FollowupScheduled.model_validate(
                {
                    "followup_id": key, "rule": rule, "contact_id": contact_id, "due_at": utc(due),
                    "due_local": datetime.fromisoformat(due), "zone": "UTC", "what": what,
                    "because": {"id": "x", "type": "rapport.contact.connected"},
                }
            )
        )  # fmt: skip

    def complete(self, key: str) -> Event:
        because = {"id": "y", "type": "rapport.thanks.sent"}
        return self.tell(FollowupCompleted.model_validate({"followup_id": key, "rule": "thank", "because": because}))

    def fall_due(self, key: str, due: str, rule: str, text: str, lapses_at: str | None = None) -> Event:
        fields = {"followup_id": key, "rule": rule, "contact_id": "c1", "attempt": 1, "due_at": utc(due), "push": False}
        lapses = None if lapses_at is None else utc(lapses_at)
        return self.tell(FollowupDue.model_validate({**fields, "text": text, "lapses_at": lapses}))

    def lapse(self, key: str, rule: str = "thank") -> Event:
        return self.tell(FollowupLapsed(followup_id=key, rule=rule))

    def go_quiet(self, rule: str = "thank", *, again: bool = False) -> Event:
        return self.tell(RuleQuieted(rule=rule, asks_again_at=self.now + timedelta(days=180), again=again))

    def come_back(self, rule: str = "thank") -> Event:
        return self.tell(RuleResumed(rule=rule, why="answered"))

    def agree(self, key: str, starts: str, *people: str, moved: bool = False, **fields: Any) -> Event:
        kind = MeetingRescheduled if moved else MeetingScheduled
        plan = {"meeting_id": key, "contact_ids": people or ("c1",), "kind": "lunch", "zone": "UTC", "minutes": 60}
        return self.tell(kind.model_validate({**plan, "starts": datetime.fromisoformat(starts), **fields}))

    def call_off(self, key: str) -> Event:
        return self.tell(MeetingCancelled(meeting_id=key, contact_ids=("c1",)))

    def note(self, contact_id: str, what: str) -> Event:
        return self.tell(NoteAdded(contact_id=contact_id, what=what))

    def propose(self, *invites: str, more: tuple[str, ...] | None = None, sent_at: str = "2025-06-01 00:00") -> Event:
        shown = [
            {"invite_id": one, "contact": {"id": f"c-{one}", "name": f"Person {one}"}, "sent_at": utc(sent_at)}
            for one in invites
        ]
        return self.tell(
            InviteRetractionProposed.model_validate(
                {"proposal_id": f"p{self.now:%j}", "invites": shown, "oldest_days": 500, "attempt": 1, "more": more}
            )
        )

    def meet(self, contact_id: str, name: str, why: str | None = None) -> Event:
        invite = {"invite_id": f"i-{contact_id}", "contact": {"id": contact_id, "name": name}, "why": why}
        return self.tell(InviteSent.model_validate(invite))

    def invited(self, contact_id: str, name: str, why: str | None = None) -> Event:
        invite = {"invite_id": f"i-{contact_id}", "contact": {"id": contact_id, "name": name}, "why": why}
        return self.tell(InviteReceived.model_validate(invite))

    # What the shell does.

    def apply(self, event: Event) -> bool:
        """Apply an event; say whether it changed anything."""
        before = (self.profile, dict(self.items))
        self.profile = DECIDER.evolve_profile(self.profile, event)
        for key in DECIDER.touches(event):
            item = DECIDER.evolve(key, self.items.get(key), event)
            stored = None if item is None else FORM.item(key, FORM.of_item(key, item))
            assert stored == item, "what is stored is what was known"
            self.items[key] = item
        return before != (self.profile, self.items)

    def view(self) -> View[Profile, Item]:
        """Return what is known, with everything loaded that a digest asks for now."""
        view: View[Profile, Item] = View("m", self.profile, self.items)
        for _ in range(10):
            try:
                DECIDER.evaluate(view, DIGEST, self.now)
                content(view, Running(), "2026-W48", self.now)
                return view
            except Missing as absent:
                self.items.update(dict.fromkeys(absent.keys))
        raise AssertionError("asks for more and more items")

    def content(self) -> DigestContent:
        """Return what a weekly digest would tell now."""
        return content(self.view(), self.running(), "2026-W48", self.now)

    def wake_at(self) -> datetime | None:
        return DECIDER.evaluate(self.view(), DIGEST, None).timer if self.items.get(DIGEST) else None

    def wake(self) -> list[Event]:
        """Let the digest decide now, until it says nothing more; report what becomes of its mails."""
        first = len(self.said)
        while said := DECIDER.evaluate(self.view(), DIGEST, self.now).publish:
            stamped = [self._stamp(one) for one in said]
            for event in stamped:
                assert self.apply(event), "an event changes what is known"
            for event in stamped:
                if isinstance(event.data, DigestSending) and (outcome := self.mailing(event.data)):
                    self.report(event, NewEvent(outcome))
            assert len(self.said) - first < 100, "goes on talking"
        return self.said[first:]

    def report(self, sending: Event, outcome: NewEvent) -> None:
        """Say what became of a mail."""
        assert DECIDER.report is not None
        for one in DECIDER.report(self.view(), sending, outcome):
            assert self.apply(self._stamp(one))

    def until(self, text: str | datetime) -> list[Event]:
        """Live until an instant, wake by wake; return what was said on the way."""
        end, first = utc(text) if isinstance(text, str) else text, len(self.said)
        for _ in range(WAKES_MAX):
            wake = self.wake_at()
            if wake is None or wake > end:
                self.now = end
                return self.said[first:]
            self.now = max(self.now, wake)
            assert self.wake(), f"a wake at {wake} says something"
        raise AssertionError("wakes for ever")

    def running(self) -> Running:
        running = self.items.get(DIGEST)
        assert isinstance(running, Running)
        return running

    def _stamp(self, said: NewEvent) -> Event:
        number = next(self._ids)
        event = Event(f"own{number}", "m", self.now, self.now, said.data, expires=said.expires, number=number)
        self.said.append(event)
        return event


def types(events: Iterable[Event]) -> list[str]:
    """Name events shortly: `prepared`, `sending`, `sent`, ..."""
    return [event.data.TYPE.removeprefix("rapport.digest.") for event in events]


def of(events: Iterable[Event], kind: type[EventData]) -> list[Any]:
    """Return the data of events of one kind."""
    return [event.data for event in events if isinstance(event.data, kind)]
