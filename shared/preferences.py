"""What a member wishes: the preferences as state, each on its own, with a default for each.

Every preference is a register that the highest (time, id) wins. So a part can be set without the rest, and neither the
order nor the number of repetitions of events matters. A decider that needs only some of them keeps only those (`only`):
its profile stays small, and a change of the others does not make the shell look at all items again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final, NamedTuple, TypeAlias, cast

import msgspec

from shared.calendar import instant
from shared.contracts import DigestEvery, Event, MemberJoined, MemberPreferencesSet, RetractionPolicy
from shared.decider import State

ZONE: Final = "UTC"
LOCALE: Final = "en"
QUIET_FROM: Final = time(21)
QUIET_TO: Final = time(8)
DIGEST_EVERY: Final[DigestEvery] = "weekly"
DIGEST_WEEKDAY: Final = 0
"""Monday."""
DIGEST_TIME: Final = time(8)
RETRACTION_POLICY: Final[RetractionPolicy] = "ask"
RETRACTION_AFTER_DAYS: Final = 90
RETRACTION_NOTICE_DAYS: Final = 7
PER_DAY: Final = 3

DEFAULTS: Final = (
    ZONE, LOCALE, QUIET_FROM, QUIET_TO, DIGEST_EVERY, DIGEST_WEEKDAY, DIGEST_TIME,
    RETRACTION_POLICY, RETRACTION_AFTER_DAYS, RETRACTION_NOTICE_DAYS, PER_DAY,
)  # fmt: skip
"""All of them, for the digest of a decider's rules."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Stored names, which never change their meaning. Wall clocks are minutes of the day, instants milliseconds since 1970,
# wall times texts.
_NAME: Final = "n"
_EMAIL: Final = "e"
_ZONE: Final = "z"
_LOCALE: Final = "l"
_QUIET_FROM: Final = "qf"
_QUIET_TO: Final = "qt"
_DIGEST_EVERY: Final = "de"
_DIGEST_WEEKDAY: Final = "dw"
_DIGEST_TIME: Final = "dt"
_POLICY: Final = "rp"
_AFTER_DAYS: Final = "ra"
_NOTICE_DAYS: Final = "rn"
_PER_DAY: Final = "d"
_PAUSED_UNTIL: Final = "p"
_RULE_ON: Final = "+"
_RULE_OFFSETS: Final = "@"
_RULE_HOURS: Final = "%"
_RULE_PUSH: Final = "!"

RETRACTION: Final = frozenset({_POLICY, _AFTER_DAYS, _NOTICE_DAYS})
PAUSE: Final = frozenset({_PAUSED_UNTIL, _ZONE})
"""With the zone in which a wall time is meant."""
NUDGES: Final = PAUSE | {_QUIET_FROM, _QUIET_TO, _PER_DAY}
"""What decides when a member is reminded, beside the rules themselves."""
DIGEST_TIMES: Final = frozenset({_ZONE, _DIGEST_EVERY, _DIGEST_WEEKDAY, _DIGEST_TIME})
"""What decides when the digest comes."""
MAIL: Final = frozenset({_NAME, _EMAIL, _ZONE, _DIGEST_EVERY, _DIGEST_WEEKDAY, _DIGEST_TIME, _PAUSED_UNTIL})

Value: TypeAlias = str | int | bool | tuple[int, ...]

_OF_A_RULE: Final = (_RULE_ON, _RULE_OFFSETS, _RULE_HOURS, _RULE_PUSH)

_STALE_AFTER: Final = timedelta(days=RETRACTION_AFTER_DAYS)
_SET_BY: Final = frozenset({MemberJoined, MemberPreferencesSet})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def stored_names() -> dict[str, str]:
    """Return what each stored name stands for, for people. Rules are not among them: they carry their own names."""
    return {
        _NAME: "name", _EMAIL: "email", _ZONE: "zone", _LOCALE: "locale", _QUIET_FROM: "quiet_from_minute",
        _QUIET_TO: "quiet_to_minute", _DIGEST_EVERY: "digest_every", _DIGEST_WEEKDAY: "digest_weekday",
        _DIGEST_TIME: "digest_minute", _POLICY: "retraction_policy", _AFTER_DAYS: "retraction_after_days",
        _NOTICE_DAYS: "retraction_notice_days", _PER_DAY: "per_day", _PAUSED_UNTIL: "paused_until",
    }  # fmt: skip


def of_rules(names: Collection[str]) -> frozenset[str]:
    """Return what stands for the preferences of these rules in `only`."""
    return frozenset(prefix + name for name in names for prefix in _OF_A_RULE)


class Register(State, frozen=True, array_like=True):
    """One preference: its last value, when it was set and by which event. The highest (time, id) wins."""

    time: datetime
    id: str
    value: Value


class Rule(NamedTuple):
    """What the member wishes of one rule. None: nothing was said, the rule's own default holds."""

    on: bool | None
    offsets: tuple[timedelta, ...] | None
    """From the rule's anchor, one for each time that it falls due."""
    hours: tuple[timedelta, ...] | None = None
    """The same, for rules that count in hours."""
    push: bool | None = None


_NO_WISH: Final = Rule(None, None)


class Preferences(State, frozen=True, rename={"registers": "r"}):
    """The preferences of one member, made by `evolve_preferences`; the properties give what holds."""

    registers: dict[str, Register] = msgspec.field(default_factory=dict)

    @property
    def name(self) -> str | None:
        return cast("str | None", self._value(_NAME))

    @property
    def email(self) -> str | None:
        return cast("str | None", self._value(_EMAIL))

    @property
    def zone(self) -> str:
        """An IANA time zone."""
        return cast("str", self._value(_ZONE, ZONE))

    @property
    def locale(self) -> str:
        """A BCP 47 language tag."""
        return cast("str", self._value(_LOCALE, LOCALE))

    @property
    def quiet(self) -> tuple[time, time]:
        """The wall times between which nothing is pushed; over midnight when the second lies before the first."""
        return self._clock(_QUIET_FROM, QUIET_FROM), self._clock(_QUIET_TO, QUIET_TO)

    @property
    def digest_every(self) -> DigestEvery:
        return cast("DigestEvery", self._value(_DIGEST_EVERY, DIGEST_EVERY))

    @property
    def digest_weekday(self) -> int:
        """The day of a weekly digest; Monday is 0."""
        return cast("int", self._value(_DIGEST_WEEKDAY, DIGEST_WEEKDAY))

    @property
    def digest_time(self) -> time:
        """The wall time of the digest."""
        return self._clock(_DIGEST_TIME, DIGEST_TIME)

    @property
    def digest_set_at(self) -> datetime | None:
        """When the member last set what decides when the digest comes, with the zone; None while all of it is the default."""
        known = self.registers
        return max((known[name].time for name in DIGEST_TIMES if name in known), default=None)

    @property
    def policy(self) -> RetractionPolicy:
        """What happens to an invite that nobody answered."""
        return cast("RetractionPolicy", self._value(_POLICY, RETRACTION_POLICY))

    @property
    def policy_set_at(self) -> datetime | None:
        """When the member last set the policy; None while it is the default."""
        register = self.registers.get(_POLICY)
        return None if register is None else register.time

    @property
    def stale_after(self) -> timedelta:
        """How long an invite waits for its answer before it counts as ignored."""
        register = self.registers.get(_AFTER_DAYS)
        return _STALE_AFTER if register is None else timedelta(days=cast("int", register.value))

    @property
    def notice(self) -> timedelta:
        """With the policy `auto`: how long before a retraction the member is told."""
        return timedelta(days=cast("int", self._value(_NOTICE_DAYS, RETRACTION_NOTICE_DAYS)))

    @property
    def per_day(self) -> int:
        """How many follow-ups are pushed a day at most."""
        return cast("int", self._value(_PER_DAY, PER_DAY))

    @property
    def paused_until(self) -> datetime | None:
        """Nothing is pushed or mailed before; an instant in the past is a pause that is over."""
        until = self._value(_PAUSED_UNTIL)
        if isinstance(until, str):
            return instant(datetime.fromisoformat(until), self.zone)
        return None if until is None else _EPOCH + cast("int", until) * _MILLISECOND

    def rule(self, name: str) -> Rule:
        """Return what the member wishes of the rule of that name."""
        if not self.registers:
            return _NO_WISH
        on = cast("bool | None", self._value(_RULE_ON + name))
        days = cast("tuple[int, ...] | None", self._value(_RULE_OFFSETS + name))
        hours = cast("tuple[int, ...] | None", self._value(_RULE_HOURS + name))
        return Rule(
            on,
            None if days is None else tuple(timedelta(days=count) for count in days),
            None if hours is None else tuple(timedelta(hours=count) for count in hours),
            cast("bool | None", self._value(_RULE_PUSH + name)),
        )

    def switch(self, name: str) -> Register | None:
        """Return the member's last word on whether the rule of that name is on; None when nothing was said."""
        return self.registers.get(_RULE_ON + name)

    def _value(self, name: str, default: Value | None = None) -> Value | None:
        register = self.registers.get(name)
        return default if register is None else register.value

    def _clock(self, name: str, default: time) -> time:
        minutes = self._value(name)
        return default if minutes is None else time(*divmod(cast("int", minutes), 60))


def evolve_preferences(preferences: Preferences, event: Event, only: Collection[str] | None = None) -> Preferences:
    """Return the preferences after the event: the same object when it sets none of them, or only older values.

    `only` names those that are kept, as `RETRACTION | PAUSE | of_rules(...)`; None keeps all.
    """
    if type(event.data) not in _SET_BY:  # a look at a table, as it is asked of every event
        return preferences
    registers = preferences.registers
    said = (
        _joined(event.data) if isinstance(event.data, MemberJoined) else _set(cast("MemberPreferencesSet", event.data))
    )
    newer = {
        name: Register(event.time, event.id, value)
        for name, value in said
        if value is not None
        and (only is None or name in only)
        and (name not in registers or (event.time, event.id) > (registers[name].time, registers[name].id))
    }
    return Preferences(dict(sorted({**registers, **newer}.items()))) if newer else preferences


def _joined(joined: MemberJoined) -> Iterator[tuple[str, Value | None]]:
    yield _NAME, joined.name
    yield _EMAIL, joined.email
    yield _ZONE, joined.zone
    yield _LOCALE, joined.locale


def _set(part: MemberPreferencesSet) -> Iterator[tuple[str, Value | None]]:
    yield _ZONE, part.zone
    yield _LOCALE, part.locale
    if quiet := part.quiet_hours:
        yield _QUIET_FROM, _minutes(quiet.from_)
        yield _QUIET_TO, _minutes(quiet.to)
    if digest := part.digest:
        yield _DIGEST_EVERY, digest.every
        yield _DIGEST_WEEKDAY, None if digest.weekday is None else WEEKDAYS.index(digest.weekday)
        yield _DIGEST_TIME, _minutes(digest.time)
    if retraction := part.retraction:
        yield _POLICY, retraction.policy
        yield _AFTER_DAYS, retraction.after_days
        yield _NOTICE_DAYS, retraction.notice_days
    for name, rule in (part.rules or {}).items():
        yield _RULE_ON + name, rule.on
        yield _RULE_OFFSETS + name, rule.offsets_days
        yield _RULE_HOURS + name, rule.offsets_hours
        yield _RULE_PUSH + name, rule.push
    yield _PER_DAY, part.per_day
    if part.paused_until is not None:
        yield _PAUSED_UNTIL, _until(part.paused_until)


def _until(moment: datetime) -> int | str:
    """Return an instant in milliseconds, a wall time as a text: what it means follows the member's zone."""
    return moment.isoformat() if moment.tzinfo is None else (moment - _EPOCH) // _MILLISECOND


def _minutes(clock: time | None) -> int | None:
    return None if clock is None else clock.hour * 60 + clock.minute
