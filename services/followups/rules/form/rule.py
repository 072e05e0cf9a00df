"""What a rule is: a few small records, of which no combination can be built that means nothing.

A rule says what it starts with (`Trigger`), when it falls due (`Schedule`), what ends it (`Completion`), whether it comes
again (`Repeat`), and how it reaches the member (`Delivery`). What can not be is refused when the module is imported, by a
`ValueError` that names the rule's part and says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from services.followups.model.state import CONTACT, INVITE, KINDS, Subject
from services.followups.rules.form.checks import Coded, EventTypes, check, coded, remembered, some
from services.followups.rules.form.context import RuleContext, TriggerEvent
from services.followups.rules.form.schedules import Schedule
from shared.calendar import local
from shared.contracts import EventData

ASKS_AGAIN_DAYS: Final = 180
"""How long after it went quiet a rule asks once more by itself."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class End(NamedTuple):
    """The event that ends a follow-up."""

    id: str
    type: str
    done: bool = False
    """It is what the follow-up asked for."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a rule starts with. It must not change once a cycle has started (`values.Seen`), unless the rule `moves`."""

    find: Callable[[RuleContext], TriggerEvent | None]
    """Returns the event, as far as it is known."""
    needs: EventTypes = ()
    """Events without one of which there is nothing to start with."""
    there: Callable[[Subject], bool] | None = None
    """In place of `needs`: whether the subject holds anything to start with. Where it does not, nobody is asked."""
    each: bool = False
    """Each event of `needs` starts it anew, so its log time is remembered: see `triggers.each_logged`."""
    logged_within: timedelta | None = None
    """It starts only if the event was told no later than this after it happened. None: however late."""

    def __post_init__(self) -> None:
        """Refuse what can start nothing."""
        check(bool(self.needs) != bool(self.there), "Trigger", "give either `needs`, types of events, or `there`")
        check(
            self.logged_within is None or self.logged_within > timedelta(),
            "Trigger",
            "let `logged_within` be above zero",
        )
        check(bool(self.needs) or not self.each, "Trigger", "name in `needs` the events of which each one starts it")
        remembered("Trigger", self.needs)


@dataclass(frozen=True, slots=True)
class DoneBy:
    """Events about the subject itself that are what a rule asks for; made by `anytime` and `since_trigger`."""

    types: EventTypes = ()
    after_trigger: bool = False
    """Only what happened after the trigger is what it asks for."""
    coded: Coded = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the codes beside the types."""
        object.__setattr__(self, "coded", coded(self.types))


def anytime(*types: type[EventData]) -> DoneBy:
    """Take these events for what the rule asks for, whenever they happened."""
    return DoneBy(some("anytime", types))


def since_trigger(*types: type[EventData]) -> DoneBy:
    """Take these events for what the rule asks for, if they happened after its trigger."""
    return DoneBy(some("since_trigger", types), after_trigger=True)


def _when_triggered(_: RuleContext, trigger: TriggerEvent) -> datetime:
    return trigger.time


@dataclass(frozen=True, slots=True)
class WithPerson:
    """Events about the person, or one of them, that are what a rule asks for when they happened after `since`."""

    types: EventTypes
    since: Callable[[RuleContext, TriggerEvent], datetime] = _when_triggered
    coded: Coded = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what can never happen."""
        object.__setattr__(self, "coded", coded(some("WithPerson", self.types)))


@dataclass(frozen=True, slots=True)
class Ends:
    """What else ends a cycle: `find` yields it, `by` names the types of the events that it may yield."""

    find: Callable[[RuleContext, TriggerEvent], Iterable[End]]
    by: EventTypes

    def __post_init__(self) -> None:
        """Refuse what nobody who asks what would end it is told of."""
        check(bool(self.by), "Ends", "name the types of the events by which it ends in `by`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What ends a cycle, beside what ends each of them: an answer, a farewell, a switch."""

    done_by: DoneBy = DoneBy()
    with_person: WithPerson | None = None
    ends: Ends | None = None
    stopped_by: EventTypes = ()
    """Events about the subject itself that end it otherwise."""
    done_counts_as: type[EventData] | None = None
    """What the member's "done" counts as, for all rules."""
    asked_for: bool = False
    """The member asked for it by hand: only what came after the request ends it."""
    coded: Coded = field(init=False, repr=False, compare=False)
    """Of `stopped_by`."""

    @property
    def ending_anytime(self) -> Coded:
        """The events about the subject itself any of which ends it whenever it happened (`completion.end_of`)."""
        return self.coded if self.done_by.after_trigger else (*self.done_by.coded, *self.coded)

    def __post_init__(self) -> None:
        """Refuse what is not remembered."""
        remembered("Completion", self.stopped_by)
        object.__setattr__(self, "coded", coded(self.stopped_by))
        remembered("Completion", () if self.done_counts_as is None else (self.done_counts_as,))


@dataclass(frozen=True, slots=True)
class Moves:
    """When an open cycle stands for something that is over: it moves, or gives way to another one if it was said."""

    when: Callable[[RuleContext, TriggerEvent], bool]
    by: EventTypes
    """The types of the events that move it."""

    def __post_init__(self) -> None:
        """Refuse what nothing moves."""
        check(bool(self.by), "Moves", "name the types of the events that move it in `by`")


def _by_day(case: RuleContext, trigger: TriggerEvent) -> str:
    """Name a cycle by the local day of what starts it: its trigger, or the end of the one before."""
    slot = case.slot
    follows = slot.because == trigger.id and slot.closed_at is not None
    began = slot.closed_at if follows and slot.closed_at is not None else trigger.time
    return local(began, case.zone).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Whether a rule comes again, and what its cycles have to do with each other."""

    again: Callable[[RuleContext, TriggerEvent], bool] | None = None
    """Whether another cycle follows the one that is over. None: never."""
    moves: Moves | None = None
    answered_one_by_one: bool = False
    """An answer of the member is about the cycle that it names, and not about those that follow."""
    named: Callable[[RuleContext, TriggerEvent], str] = _by_day
    """The name of the next cycle, by what starts it."""
    rests_days: int = 0
    """How many days pass after it was last said about a subject until it is said again. 0: any number."""
    open_max: int = 0
    """How many of its cycles may be open at a time; 0: any number."""

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        check(self.rests_days >= 0 and self.open_max >= 0, "Repeat", "let its numbers be 0 or more")


ONCE: Final = Repeat()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesQuiet:
    """That a rule rests for a member who lets it be (`engine.quiet`), and what brings it back."""

    woken_by: EventTypes = ()
    """Events that, done of the member's own accord, bring it back."""
    counts: Callable[[EventData], bool] | None = None
    """Which of them do, by what they say. None: each."""
    of: Callable[[Subject], bool] | None = None
    """Which of them do, by the invite that they are about, as events do not say who sent it. None: each."""
    then: EventTypes = ()
    """Events that bring it back in their stead, of a person of whom one of them told lately: the rule answers to what
    happened to others, and a message by itself may be about anything."""
    coded: Coded = field(init=False, repr=False, compare=False)
    """Of `then`."""

    def __post_init__(self) -> None:
        """Refuse what nothing says of what is looked at."""
        check(not (self.of and self.then), "GoesQuiet", "give `of`, or `then`")
        remembered("GoesQuiet", self.then)
        object.__setattr__(self, "coded", coded(self.then))


NEVER: Final = None
"""A rule never goes quiet that the member asked for, or that is about something that is agreed and ends by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a rule reaches the member."""

    pushed: Literal["", "first", "last", "all"] = ""
    """Which of its steps are pushed; all else waits for the digest. The member may say otherwise for all of them."""
    hour_chosen: bool = False
    """Its hour is one that the member chose, so it is outside of `per_day`."""
    yields_to: str = ""
    """A rule on the same subject that speaks for both where they would speak in the same instant."""
    quiet: GoesQuiet | None = GoesQuiet()

    def __post_init__(self) -> None:
        """Refuse an hour at which nothing comes."""
        check(bool(self.pushed) or not self.hour_chosen, "Delivery", "push what comes at an hour that the member chose")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    name: str
    about: str
    """The kind of subject that it is about (`state.KINDS`)."""
    trigger: Trigger
    schedule: Schedule
    completion: Completion = Completion()
    repeat: Repeat = ONCE
    delivery: Delivery = Delivery()

    def __post_init__(self) -> None:
        """Refuse what no follow-up's id could name, and what would rest although it was asked for."""
        where = f"rule {self.name!r}"
        check(_NAME.fullmatch(self.name) is not None, where, "name it in small letters, digits and `_`")
        check(self.about in KINDS, where, f"let it be about one of {', '.join(KINDS)}")
        quiet = self.delivery.quiet
        check(not (self.completion.asked_for and quiet), where, "let it never go quiet: the member asked for it")
        looks, waits = (quiet.of is not None, bool(quiet.then)) if quiet is not None else (False, False)
        check(not looks or self.about == INVITE, where, "leave out `GoesQuiet.of`: only invites are looked at")
        check(not waits or self.about == CONTACT, where, "leave out `GoesQuiet.then`: only people are looked at")
