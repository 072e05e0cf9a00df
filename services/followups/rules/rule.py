"""What a rule is, and a rule on one subject of one member: what the functions of the decider look at together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal, NamedTuple

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
from shared.calendar import instant, local, wall_of
from shared.contracts import EventData
from shared.decider import View
from shared.preferences import Preferences, Register

Followups = View[Profile, Item]
_NOTHING_SAID: Final = Slot()


class Anchor(NamedTuple):
    """The event that a follow-up starts with."""

    logged: datetime
    time: datetime
    id: str
    type: str


class Due(NamedTuple):
    """When something falls due."""

    instant: datetime
    local: datetime
    """The wall time that it was computed from."""


class End(NamedTuple):
    """The event that ends a follow-up."""

    id: str
    type: str
    done: bool = False
    """It is what the follow-up asked for."""


def _when_anchored(_: Case, anchor: Anchor) -> datetime:
    return anchor.time


def _by_day(case: Case, anchor: Anchor) -> str:
    """Name a cycle by the local day of what starts it: its anchor, or the end of the one before."""
    slot = case.slot
    follows = slot.because == anchor.id and slot.closed_at is not None
    began = slot.closed_at if follows and slot.closed_at is not None else anchor.time
    return local(began, case.zone).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    What it is anchored to must not change once it has started a cycle (`values.Seen`), unless it says how a cycle is
    `moved` by it.
    """

    name: str
    kind: str
    """The kind of subject that it is about."""
    anchor: Callable[[Case], Anchor | None]
    """What it starts with, as far as that is known."""
    needs: tuple[type[EventData], ...] = ()
    """Events without one of which the subject gives it nothing to start with; empty: others do, too."""
    each: tuple[type[EventData], ...] = ()
    """Events of which each one starts it (`triggers.each_of`), if it was told in time: the rule asks again with the next."""
    offsets: tuple[int, ...]
    """Days or hours from the base, rising, one for each time that it falls due; the member may set others."""
    unit: Literal["days", "hours"] = "days"
    before: bool = False
    """The offsets count back from the base: the start of a meeting, a day of the year."""
    over: Callable[[Case], datetime | None] = lambda case: None
    """When there is no use in it any more: said due or not, it is over."""
    skips: bool = False
    """A step is left out whose time had passed when it began, or when an earlier one was said."""
    named: Callable[[Case, Anchor], str] = _by_day
    """The name of its next cycle, by what starts it."""
    rests_days: int = 0
    """How many days pass after it was last said about a subject until it is said again. 0: any number."""
    keeps_wall: bool = False
    """What it counts from moves on with what happens, so the wall time that was told last is remembered."""
    at: time | None = None
    """The wall time at which it falls due. None: that of its base."""
    base: Callable[[Case, Anchor], datetime]
    """From where the offsets count: days from a wall time, hours from an instant."""
    asks: tuple[type[EventData], ...] = ()
    """Events that are what it asked for."""
    after_anchor: bool = False
    """Only what happened after the anchor is what it asked for."""
    with_contact: tuple[type[EventData], ...] = ()
    """Events about the person, or one of them, that are what it asked for when they happened after `since`."""
    since: Callable[[Case, Anchor], datetime] = _when_anchored
    stops: tuple[type[EventData], ...] = ()
    """Events that end it otherwise."""
    ends: Callable[[Case, Anchor], Iterable[End]] = lambda case, anchor: ()
    """What else ends it."""
    ends_with: tuple[type[EventData], ...] = ()
    """The types of the events that `ends` may yield, or by which a cycle is `moved`: for whoever asks what would end it."""
    horizon: timedelta | None = None
    """It starts only if the anchor was told no later than this after it happened."""
    pushed: Literal["", "first", "last", "all"] = ""
    """Which of its steps are pushed; all else waits for the digest. The member may say otherwise for all of them."""
    chosen: bool = False
    """Its hour is one that the member chose, so it is outside of `per_day`."""
    asked_for: bool = False
    """The member asked for it by hand: only what came after the request ends it."""
    tireless: bool = False
    """It never goes quiet: the member asked for it, or it is about something that is agreed and ends by itself."""
    wakes: tuple[type[EventData], ...] = ()
    """Events that, done of the member's own accord, bring it back when it has gone quiet."""
    asks_again_days: int = 180
    """How long after it went quiet it asks once more by itself."""
    yields_to: str = ""
    """A rule on the same subject that speaks for both where they would speak in the same instant."""
    again: Callable[[Case, Anchor], bool] = lambda case, anchor: False
    """Whether another cycle follows the one that is over."""
    moved: Callable[[Case, Anchor], bool] = lambda case, anchor: False
    """Whether the open cycle stands for something that is over: it moves, or gives way to another one if it was said."""
    each_anew: bool = False
    """An answer of the member is about the cycle that it names, and not about those that follow."""
    counts_as: type[EventData] | None = None
    """What the member's "done" counts as, for all rules."""
    open_max: int = 0
    """How many of its cycles may be open at a time; 0: any number."""


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
            self._anchor, self._sought = self.rule.anchor(self), True
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
        if self.rule.unit == "hours":
            wished = None if wish.hours is None else {offset // timedelta(hours=1) for offset in wish.hours}
        else:
            wished = None if wish.offsets is None else {offset.days for offset in wish.offsets}
        offsets = self.rule.offsets if wished is None else tuple(sorted(wished))
        if self.rule.before:
            return offsets[::-1]
        return (0, *(day for day in offsets if day > 0)) if self.rule.kind == REMINDER else offsets

    @property
    def contact_ids(self) -> tuple[str, ...]:
        """Whom it is about; empty when it is about nobody."""
        subject = self.subject
        if self.rule.kind == CONTACT:
            return (self.key.removeprefix(f"{CONTACT}/"),)
        if self.rule.kind in (MEETING, GATHERING):
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
        if self.rule.kind == CONTACT:
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
        return instant(request.due, self.zone) if self.rule.kind == PROMISE and request is not None else None

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
