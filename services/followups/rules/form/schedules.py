"""When a rule falls due: so many days or hours after something, or before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal, NamedTuple

from services.followups.rules.form.checks import check
from services.followups.rules.form.context import RuleContext, TriggerEvent
from shared.calendar import local


class Due(NamedTuple):
    """When something falls due."""

    instant: datetime
    local: datetime
    """The wall time that it was computed from."""


def since_the_trigger(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from what clocks showed when the trigger happened."""
    return local(trigger.time, case.zone).replace(microsecond=0)


def _never(_: RuleContext) -> datetime | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a rule falls due; made by `after` and `before`."""

    offsets: tuple[int, ...]
    """Days or hours from the base, rising, one for each time that it falls due; the member may set others."""
    unit: Literal["days", "hours"]
    base: Callable[[RuleContext, TriggerEvent], datetime]
    """From where the offsets count: days from a wall time, hours from an instant."""
    at: time | None = None
    """The wall time at which it falls due. None: that of its base."""
    before: bool = False
    """The offsets count back from the base: the start of a meeting, a day of the year."""
    over: Callable[[RuleContext], datetime | None] = _never
    """When there is no use in it any more: said due or not, it is over."""
    skips_passed: bool = False
    """A step is left out whose time had passed when it began, or when an earlier one was said."""
    keeps_wall: bool = False
    """What it counts from moves on with what happens, so the wall time that was told last is remembered."""

    def __post_init__(self) -> None:
        """Refuse what falls due at no time, or at two."""
        rising = all(one < other for one, other in zip(self.offsets, self.offsets[1:], strict=False))
        check(bool(self.offsets) and rising and self.offsets[0] >= 0, "Schedule", "let its steps rise from 0 or more")
        check(self.unit == "days" or self.at is None, "Schedule", "leave out `at`: hours count from an instant")


def after(
    *,
    days: tuple[int, ...] = (),
    hours: tuple[int, ...] = (),
    since: Callable[[RuleContext, TriggerEvent], datetime] = since_the_trigger,
    at: time | None = None,
    skips_passed: bool = False,
    keeps_wall: bool = False,
) -> Schedule:
    """Fall due so many days, or hours, after a base: the trigger, unless `since` gives another one."""
    unit, offsets = _either(days, hours)
    return Schedule(
        offsets=offsets, unit=unit, base=since, at=at, skips_passed=skips_passed, keeps_wall=keeps_wall
    )  # fmt: skip


def before(
    *,
    days: tuple[int, ...] = (),
    hours: tuple[int, ...] = (),
    start: Callable[[RuleContext, TriggerEvent], datetime],
    over: Callable[[RuleContext], datetime | None],
    at: time | None = None,
) -> Schedule:
    """Fall due so many days, or hours, before something that starts at `start`; at `over` there is no use in it any more."""
    unit, offsets = _either(days, hours)
    return Schedule(offsets=offsets, unit=unit, base=start, at=at, before=True, over=over)


def _either(days: tuple[int, ...], hours: tuple[int, ...]) -> tuple[Literal["days", "hours"], tuple[int, ...]]:
    check(bool(days) != bool(hours), "Schedule", "give either days or hours")
    return ("days", days) if days else ("hours", hours)
