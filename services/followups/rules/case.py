"""A rule on one subject of one member: what the functions of the engine look at together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

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
from services.followups.model.values import Slot
from services.followups.rules.rule import Rule
from services.followups.rules.schedules import Anchor, Due
from shared.calendar import instant, wall_of
from shared.decider import View
from shared.preferences import Preferences, Register

Followups = View[Profile, Item]
_NOTHING_SAID: Final = Slot()


class Case:
    """A rule on a subject, with what the member wishes. Other items are loaded when they are asked for.

    It lives as long as one question is asked, while nothing changes: so what several parts of the answer need is worked
    out once.
    """

    __slots__ = ("_anchor", "_sought", "fixed", "key", "rule", "slot", "steps", "subject", "view")

    def __init__(self, view: Followups, key: str, rule: Rule, subject: Subject) -> None:
        self.view, self.key, self.rule = view, key, rule
        request = subject.request
        self.fixed = request is not None and request.due.tzinfo is not None
        """Whether it was asked for by an instant, which no change of zone moves."""
        if request is not None and self.fixed:
            due = wall_of(request.due, view.profile.preferences.zone)
            subject = replace(subject, request=replace(request, due=due))
        self.subject = subject
        """What is known of it; what was asked for by an instant falls due when the member's clocks show it."""
        self.slot = subject.slots.get(rule.name, _NOTHING_SAID)
        """What was said of it."""
        self.steps: tuple[Anchor, tuple[Due, ...]] | None = None
        """When its steps fall due with an anchor, once that was asked for (`schedule.steps`)."""
        self._anchor: Anchor | None = None
        self._sought = False

    @property
    def anchor(self) -> Anchor | None:
        """What it starts with, as far as that is known."""
        if not self._sought:
            self._anchor, self._sought = self.rule.trigger.find(self), True
        return self._anchor

    @property
    def wishes(self) -> Preferences:
        return self.view.profile.preferences

    @property
    def zone(self) -> str:
        return self.wishes.zone

    @property
    def switch(self) -> Register | None:
        """The member's last word on whether the rule is on."""
        return self.wishes.switch(self.rule.name)

    @property
    def on_since(self) -> datetime | None:
        """When the member switched the rule on; None while that is the default."""
        return self.switch.time if self.switch is not None and self.switch.value else None

    @property
    def offsets(self) -> tuple[int, ...]:
        """Days or hours from the base, in the order of the steps. A reminder always comes at its own time first."""
        wish = self.wishes.rule(self.rule.name)
        if self.rule.schedule.unit == "hours":
            wished = None if wish.hours is None else {offset // timedelta(hours=1) for offset in wish.hours}
        else:
            wished = None if wish.offsets is None else {offset.days for offset in wish.offsets}
        offsets = self.rule.schedule.offsets if wished is None else tuple(sorted(wished))
        if self.rule.schedule.before:
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
        if self.rule.about == CONTACT:
            return (self.subject,)
        keys = [f"{CONTACT}/{contact_id}" for contact_id in self.contact_ids]
        known = {key: item for key, item in self.view.need(keys) if isinstance(item, Subject)}
        return tuple(known.get(key) for key in keys)

    @property
    def meetings(self) -> tuple[Subject, ...]:
        """Of a contact: what is known of the meetings with this person that are remembered."""
        items = self.view.need([meeting.key for meeting in self.subject.meetings])
        known = (item for _, item in items if isinstance(item, Subject) and item.company is not None)
        (contact_id,) = self.contact_ids
        return tuple(item for item in known if item.company is not None and contact_id in item.company.contact_ids)

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
        known = self.view.item(HABITS)
        return known if isinstance(known, Habits) else Habits()

    @property
    def proposals(self) -> Proposals:
        known = self.view.item(PROPOSALS)
        return known if isinstance(known, Proposals) else Proposals()


def starts_at(meeting: Subject) -> datetime | None:
    """Return when a meeting starts, as far as that is agreed."""
    plan = meeting.plan
    return None if plan is None else instant(plan.starts, plan.zone)
