"""A rule on one subject of one member: what the functions of the engine look at together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from services.followups.model.answers import Answer
from services.followups.model.slot import Slot
from services.followups.model.state import (
    CONTACT,
    GATHERING,
    HABITS,
    MEETING,
    PROMISE,
    PROPOSALS,
    REMINDER,
    Habits,
    Item,
    Profile,
    Proposals,
    Subject,
)
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.rule import Rule
from services.followups.rules.form.schedules import Due
from shared.calendar import instant, wall_of
from shared.contracts import ContactUnmuted
from shared.decider import View
from shared.preferences import Preferences, Register

Followups = View[Profile, Item]
_NO_SLOT: Final = Slot()


class Snooze(NamedTuple):
    """The member's wish to hear of it later."""

    answer: Answer
    until: datetime


class Case:
    """A rule on a subject, with what the member wishes. Other items are loaded when they are asked for.

    It lives as long as one question is asked, while nothing changes: so what several parts of the answer need is worked
    out once.
    """

    __slots__ = (
        "_contacts",
        "_meetings",
        "_offsets",
        "_sought",
        "_trigger",
        "fixed",
        "key",
        "reads",
        "rule",
        "slot",
        "snooze",
        "steps",
        "subject",
        "view",
        "zone",
    )  # fmt: skip

    def __init__(self, view: Followups, key: str, rule: Rule, subject: Subject) -> None:
        self.view, self.key, self.rule = view, key, rule
        self.zone = view.profile.preferences.zone
        request = subject.request
        self.fixed = request is not None and request.due.tzinfo is not None
        """Whether it was asked for by an instant, which no change of zone moves."""
        if request is not None and self.fixed:
            due = wall_of(request.due, self.zone)
            subject = replace(subject, request=replace(request, due=due))
        self.subject = subject
        """What is known of it; what was asked for by an instant falls due when the member's clocks show it."""
        self.slot = subject.slots.get(rule.name, _NO_SLOT)
        """What was said of it."""
        self.steps: tuple[TriggerEvent, tuple[Due, ...]] | None = None
        """When its steps fall due with a trigger, once that was asked for (`schedule.steps`)."""
        self.snooze: Snooze | Literal["unknown"] | None = "unknown"
        """The member's last snooze, once that was asked for (`schedule.snooze_of`)."""
        self.reads: dict[str, Item | None] = {}
        """The other items that were looked at, as they were found: what it says holds while they are the same."""
        self._trigger: TriggerEvent | None = None
        self._sought = False
        self._contacts: tuple[Subject | None, ...] | None = None
        self._meetings: tuple[Subject, ...] | None = None
        self._offsets: tuple[int, ...] | None = None

    @property
    def trigger(self) -> TriggerEvent | None:
        """What it starts with, as far as that is known."""
        if not self._sought:
            self._trigger, self._sought = self.rule.trigger.find(self), True
        return self._trigger

    @property
    def wishes(self) -> Preferences:
        return self.view.profile.preferences

    @property
    def switch(self) -> Register | None:
        """The member's last word on whether the rule is on."""
        return self.wishes.switch(self.rule.name)

    @property
    def on_since(self) -> datetime | None:
        """When the member switched the rule on; None while that is the default."""
        return self.switch.time if self.switch is not None and self.switch.value else None

    @property
    def open_since(self) -> datetime | None:
        """Since when nothing of the member's forbids the rule to start; None when nothing ever did."""
        unmuted = [None if contact is None else contact.saw(ContactUnmuted) for contact in self.contacts]
        since = [] if self.on_since is None else [self.on_since]
        if unmuted and not self.rule.completion.asked_for and all(unmuted):
            since.append(min(seen.latest.time for seen in unmuted if seen is not None))
        rest = self.view.profile.quiet.get(self.rule.name)
        if rest is not None and rest.resumed is not None:
            since.append(rest.resumed)
        return max(since, default=None)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Days or hours from the base, in the order of the steps. A reminder always comes at its own time first."""
        if self._offsets is None:
            self._offsets = self._wished_offsets()
        return self._offsets

    def _wished_offsets(self) -> tuple[int, ...]:
        schedule = self.rule.schedule
        wished = self.wishes.steps(self.rule.name, schedule.unit)
        offsets = schedule.offsets if wished is None else tuple(sorted({*wished}))
        if schedule.before:
            return offsets[::-1]
        return (0, *(day for day in offsets if day > 0)) if self.rule.about == REMINDER else offsets

    @property
    def contact_ids(self) -> tuple[str, ...]:
        """Whom it is about; empty when it is about nobody."""
        subject = self.subject
        if self.rule.about == CONTACT:
            return (self.key.removeprefix(f"{CONTACT}/"),)
        if self.rule.about in (MEETING, GATHERING):
            return () if subject.company is None else subject.company.contact_ids
        if subject.request is not None:
            return (subject.request.contact_id,) if subject.request.contact_id else ()
        if subject.day is not None:
            return (subject.day.contact_id,)
        return () if subject.person is None else (subject.person.contact_id,)

    @property
    def what(self) -> str:
        """What it is about in the member's own words: a reminder, a promise, a goal, a gathering, a day; empty if none."""
        subject = self.subject
        if subject.request is not None:
            return subject.request.what
        if subject.day is not None:
            return subject.day.label
        return "" if subject.title is None else subject.title.text

    @property
    def contacts(self) -> tuple[Subject | None, ...]:
        """What is known of these people, one by one."""
        if self._contacts is None:
            if self.rule.about == CONTACT:
                self._contacts = (self.subject,)
            else:
                found = self._read([f"{CONTACT}/{contact_id}" for contact_id in self.contact_ids])
                self._contacts = tuple(item if isinstance(item, Subject) else None for item in found)
        return self._contacts

    @property
    def meetings(self) -> tuple[Subject, ...]:
        """Of a contact: what is known of the meetings with this person that are remembered."""
        if self._meetings is None:
            self._meetings = tuple(item for item in self.meetings_named if self.is_with_them(item))
        return self._meetings

    @property
    def meetings_named(self) -> tuple[Subject, ...]:
        """Of a contact: the same, and meetings of which it was said later that they are with others."""
        found = self._read([meeting.key for meeting in self.subject.meetings])
        return tuple(item for item in found if isinstance(item, Subject) and item.company is not None)

    def is_with_them(self, meeting: Subject) -> bool:
        """Say whether a meeting is with the contact."""
        (contact_id,) = self.contact_ids
        return meeting.company is not None and contact_id in meeting.company.contact_ids

    @property
    def starts_at(self) -> datetime | None:
        """Of a meeting: when it starts."""
        return starts_at(self.subject)

    @property
    def promised_for(self) -> datetime | None:
        """Of a promise: when it is due."""
        request = self.subject.request
        return instant(request.due, self.zone) if self.rule.about == PROMISE and request is not None else None

    @property
    def habits(self) -> Habits:
        (state,) = self._read([HABITS])
        return state if isinstance(state, Habits) else Habits()

    @property
    def proposals(self) -> Proposals:
        (state,) = self._read([PROPOSALS])
        return state if isinstance(state, Proposals) else Proposals()

    def _read(self, keys: Sequence[str]) -> Sequence[Item | None]:
        """Return other items, and note that they were looked at."""
        found = self.view.all_of(keys)
        self.reads.update(zip(keys, found, strict=True))
        return found


def starts_at(meeting: Subject) -> datetime | None:
    """Return when a meeting starts, as far as that is agreed."""
    plan = meeting.plan
    return None if plan is None else instant(plan.starts, plan.zone)
