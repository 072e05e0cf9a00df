"""When a rule goes quiet for a member, and when it may come up again.

What counts are occasions: days of the member's own zone with a digest in which the rule stood, or on which the product
says that it showed a push. A day on which the member answered is none.
What was never shown is none, so a member without an address, or who has no digest, is never taken to have let a rule
rest. After `OCCASIONS_MIN` of them in a row, over `SPAN_DAYS` at least, without an answer to the rule, it goes quiet
shortly before the next digest, which says so: until then the last one can be answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.followups.model.state import HABITS, Habits, Item, Subject
from services.followups.model.values import Occasions, Rest
from services.followups.rules.form.case import Followups
from services.followups.rules.form.rule import ASKS_AGAIN_DAYS, GoesQuiet
from services.followups.rules.form.triggers import HORIZON
from services.followups.rules.table import RULES
from shared.calendar import after_days, local, next_slot
from shared.contracts import RuleQuieted, RuleResumed
from shared.decider import AT_ONCE, NewEvent, NextAction
from shared.preferences import Preferences

OCCASIONS_MIN: Final = 3
SPAN_DAYS: Final = 21
"""From the first of them to the last, at least."""
ANSWER_HOURS: Final = 20
"""How long the last occasion may be answered at least: with a daily digest, nearly until the next one."""
BEFORE_DIGEST: Final = timedelta(hours=1, seconds=30)
"""How long before the digest that tells of it a rule goes quiet.

Digests, ends of quiet hours and changes of clocks come on whole minutes, so none of them meets it: what quiet hours defer to
an hour before the digest finds the rule quiet, whoever looks first.
"""


class Turn(NamedTuple):
    """What becomes of a rule as a whole."""

    event: RuleQuieted | RuleResumed
    action: NextAction


def resting(view: Followups, rule: str) -> Rest | None:
    """Return since when a rule is quiet; None when it is not."""
    rest = view.profile.quiet.get(rule)
    return rest if rest is not None and rest.resumed is None else None


def asks_again_at(since: datetime, zone: str) -> datetime:
    """Return when a rule that is quiet `since` then asks once more by itself: at the same hour of the member's clocks."""
    return after_days(since, ASKS_AGAIN_DAYS, zone)


def turns(view: Followups) -> Iterator[Turn]:
    """Yield what becomes of each rule next that goes quiet, or is.

    A rule that was quiet when its record still let it rest, and never rests by now, comes up again at once.
    """
    state = view.item(HABITS)
    habits = state if isinstance(state, Habits) else Habits()
    for name in sorted({*habits.shown, *view.profile.quiet}):
        rule = RULES.get(name)
        if rule is None:
            continue
        rest, quiet = resting(view, name), rule.delivery.quiet
        if quiet is None:
            if rest is not None:
                yield _turn(AT_ONCE, RuleResumed(rule=name, why="rested"))
            continue
        turn = _falls_quiet(view, habits, name) if rest is None else _comes_back(view, habits, name, quiet, rest)
        if turn is not None:
            yield turn


def _falls_quiet(view: Followups, habits: Habits, name: str) -> Turn | None:
    wishes, occasions = view.profile.preferences, habits.shown.get(name)
    switch, rest = wishes.switch(name), view.profile.quiet.get(name)
    if occasions is None or (switch is not None and not switch.value):
        return None
    after = [habits.acted.get(name), habits.answered.get(name), None if switch is None else switch.time]
    begin = max((_day(moment, wishes) + 1 for moment in after if moment is not None), default=0)
    once = False
    if rest is not None and rest.resumed is not None:
        resumed = _day(rest.resumed, wishes)
        begin, once = max(begin, resumed), rest.once and begin <= resumed
    days = sorted({day for one in occasions.days for at in (one.first, one.last) if (day := _day(at, wishes)) >= begin})
    enough = bool(days) and (once or (len(days) >= OCCASIONS_MIN and days[-1] - days[0] >= SPAN_DAYS))
    if not enough:
        return None
    at = _before_the_next_digest(wishes, occasions)
    asks_again = asks_again_at(at, wishes.zone)
    return _turn(at, RuleQuieted(rule=name, asks_again_at=asks_again, again=once))


def _comes_back(view: Followups, habits: Habits, name: str, quiet: GoesQuiet, rest: Rest) -> Turn:
    switch = view.profile.preferences.switch(name)
    answers = (habits.acted.get(name), habits.answered.get(name))
    if any(moment is not None and moment > rest.time for moment in answers):
        return _turn(AT_ONCE, RuleResumed(rule=name, why="answered"))
    if _did(view, habits, name, quiet, rest):
        return _turn(AT_ONCE, RuleResumed(rule=name, why="done"))
    if switch is not None and switch.value and switch.time >= rest.time:
        return _turn(AT_ONCE, RuleResumed(rule=name, why="switched_on"))
    again = asks_again_at(rest.time, view.profile.preferences.zone)
    return _turn(again, RuleResumed(rule=name, why="rested"))


def _did(view: Followups, habits: Habits, name: str, quiet: GoesQuiet, rest: Rest) -> bool:
    """Say whether the member did what a rule asks for since it went quiet."""
    deeds = habits.did.get(name, ())
    if quiet.then:
        state = view.all_of([one.key for one in deeds])
        return any(_done_then(item, one.time, quiet, rest) for item, one in zip(state, deeds, strict=True))
    since = [one for one in deeds if one.time > rest.time]
    if quiet.of is None or not since:
        return bool(since)
    state = view.all_of([one.key for one in since])
    return any(isinstance(item, Subject) and quiet.of(item) for item in state)


def _done_then(person: Item | None, reminded_at: datetime, quiet: GoesQuiet, rest: Rest) -> bool:
    """Say whether the member did it since the rule went quiet, soon after what the rule asks it for."""
    if not isinstance(person, Subject):
        return False
    done = (seen.latest.time for _, code in quiet.coded if (seen := person.seen.get(code)) is not None)
    return any(at > rest.time and reminded_at <= at <= reminded_at + HORIZON for at in done)


def _day(moment: datetime, wishes: Preferences) -> int:
    """Return the number of an instant's day, as the member's clocks show it."""
    return local(moment, wishes.zone).toordinal()


def _turn(at: datetime, event: RuleQuieted | RuleResumed) -> Turn:
    return Turn(event, NextAction(at, lambda _: NewEvent(event)))


def _before_the_next_digest(wishes: Preferences, occasions: Occasions) -> datetime:
    weekday = None if wishes.digest_every == "daily" else wishes.digest_weekday
    answered_by = occasions.last + timedelta(hours=ANSWER_HOURS)
    return next_slot(answered_by, wishes.zone, wishes.digest_time, weekday).instant - BEFORE_DIGEST
