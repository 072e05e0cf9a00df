"""What a member wishes: the preferences as state, each on its own, with a default for each.

Every preference is a register that the highest (time, id) wins. So a part can be set without the rest, and neither the
order nor the number of repetitions of events matters. A decider that needs only some of them keeps only those (`only`):
its profile stays small, and a change of the others does not make the shell look at all items again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Final, Literal, NamedTuple, cast

import msgspec

from shared import preference_names as names
from shared.calendar import instant
from shared.contracts import (
    ChannelName,
    DigestEvery,
    Event,
    RetractionPolicy,
)
from shared.decider import State
from shared.preference_statements import EPOCH, MILLISECOND, SET_BY, Value, stated

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
    ZONE, LOCALE, QUIET_FROM, QUIET_TO, DIGEST_EVERY, DIGEST_WEEKDAY, DIGEST_TIME, RETRACTION_POLICY, RETRACTION_AFTER_DAYS,
    RETRACTION_NOTICE_DAYS, PER_DAY,
)  # fmt: skip
"""All of them, for the digest of a decider's rules."""

Unmailed = Literal["no_digest", "no_address", "given_up"]
"""Why a member gets no mail."""

_STALE_AFTER: Final = timedelta(days=RETRACTION_AFTER_DAYS)
_NOT_BY_ITSELF: Final = names.HAS_EMAIL | names.SECRET


class Register(State, frozen=True, array_like=True):
    """One preference: its last value, when it was set and by which event. The highest (time, id) wins."""

    time: datetime
    id: str
    value: Value


class Rule(NamedTuple):
    """What the member wishes of one rule. None: nothing was said, the rule's own default holds."""

    on: bool | None
    offsets: tuple[timedelta, ...] | None
    """From the rule's trigger, one for each time that it falls due."""
    hours: tuple[timedelta, ...] | None = None
    """The same, for rules that count in hours."""
    push: bool | None = None


_NO_WISH: Final = Rule(None, None)


class Preferences(State, frozen=True, rename={"registers": "r"}):
    """The preferences of one member, made by `evolve_preferences`; the properties give what holds."""

    registers: dict[str, Register] = msgspec.field(default_factory=dict)

    @property
    def name(self) -> str | None:
        return cast("str | None", self._value(names.NAME))

    @property
    def email(self) -> str | None:
        return cast("str | None", self._value(names.EMAIL))

    @property
    def has_email(self) -> bool:
        """Whether there is an address to write to, where it is kept, or only that there is one (`HAS_EMAIL`)."""
        return bool(self._value(names.REACHED)) or self.email is not None

    @property
    def zone(self) -> str:
        """An IANA time zone."""
        return cast("str", self._value(names.ZONE, ZONE))

    @property
    def locale(self) -> str:
        """A BCP 47 language tag."""
        return cast("str", self._value(names.LOCALE, LOCALE))

    @property
    def quiet(self) -> tuple[time, time]:
        """The wall times between which nothing is pushed; over midnight when the second lies before the first."""
        return self._clock(names.QUIET_FROM, QUIET_FROM), self._clock(names.QUIET_TO, QUIET_TO)

    @property
    def digest_every(self) -> DigestEvery:
        return cast("DigestEvery", self._value(names.DIGEST_EVERY, DIGEST_EVERY))

    @property
    def digest_weekday(self) -> int:
        """The day of a weekly digest; Monday is 0."""
        return cast("int", self._value(names.DIGEST_WEEKDAY, DIGEST_WEEKDAY))

    @property
    def digest_time(self) -> time:
        """The wall time of the digest."""
        return self._clock(names.DIGEST_TIME, DIGEST_TIME)

    @property
    def digest_set_at(self) -> datetime | None:
        """When the member last set how the digest comes: its times, with the zone, and its switch; None: never."""
        return self._set_at(names.DIGEST_SET_BY)

    @property
    def reached_at(self) -> datetime | None:
        """The same, or when they last gave an address: mails to them are tried again since (`HAS_EMAIL`)."""
        return self._set_at((*names.DIGEST_SET_BY, names.REACHED, names.EMAIL))

    @property
    def digest_wanted(self) -> DigestEvery:
        """How often the digest comes: `off` also where the member switched its rule off."""
        return self.digest_every if self._value(names.RULE_ON + names.DIGEST_RULE, default=True) else "off"

    @property
    def policy(self) -> RetractionPolicy:
        """What happens to an invite that nobody answered."""
        return cast("RetractionPolicy", self._value(names.POLICY, RETRACTION_POLICY))

    @property
    def policy_set_at(self) -> datetime | None:
        """When the member last set the policy; None while it is the default."""
        register = self.registers.get(names.POLICY)
        return None if register is None else register.time

    def unmailed(self, given_up_at: datetime | None) -> Unmailed | None:
        """Return why the member gets no digest at any time, if mails to them were last given up then; None where they do."""
        if self.digest_wanted == "off":
            return "no_digest"
        if not self.has_email:
            return "no_address"
        set_at = self.reached_at
        return None if given_up_at is None or (set_at is not None and set_at > given_up_at) else "given_up"

    def policy_now(self, given_up_at: datetime | None) -> RetractionPolicy:
        """Return the policy that holds: who can have no mail is asked, as nothing is pulled back that no mail has named."""
        policy = self.policy
        return "ask" if policy == "auto" and self.unmailed(given_up_at) is not None else policy

    def notices_count_from(self, given_up_at: datetime | None) -> datetime | None:
        """Return from when on a notice of a retraction counts; one that was given before is given anew, or not at all.

        That is since the policy or the digest was last set, since mails were given up, and after a pause.
        """
        moments = (self.policy_set_at, self.paused_until, self.digest_set_at, given_up_at)
        return max((moment for moment in moments if moment is not None), default=None)

    @property
    def stale_after(self) -> timedelta:
        """How long an invite waits for its answer before it counts as ignored."""
        register = self.registers.get(names.AFTER_DAYS)
        return _STALE_AFTER if register is None else timedelta(days=cast("int", register.value))

    @property
    def notice(self) -> timedelta:
        """With the policy `auto`: how long before a retraction the member is told."""
        return timedelta(days=cast("int", self._value(names.NOTICE_DAYS, RETRACTION_NOTICE_DAYS)))

    @property
    def per_day(self) -> int:
        """How many follow-ups are pushed a day at most."""
        return cast("int", self._value(names.PER_DAY, PER_DAY))

    @property
    def paused_until(self) -> datetime | None:
        """Nothing is pushed or mailed before; an instant in the past is a pause that is over."""
        until = self._value(names.PAUSED_UNTIL)
        if isinstance(until, str):
            return instant(datetime.fromisoformat(until), self.zone)
        return None if until is None else EPOCH + cast("int", until) * MILLISECOND

    @property
    def pause_depends_on_zone(self) -> bool:
        """Whether the pause ends at a wall time."""
        return isinstance(self._value(names.PAUSED_UNTIL), str)

    @property
    def channel(self) -> ChannelName | None:
        """Where what is pushed goes beside the product; None: nowhere."""
        return cast("ChannelName | None", self._value(names.CHANNEL) or None)

    @property
    def channel_address(self) -> str:
        """Its address, sealed; empty where there is none, or it is not kept."""
        return cast("str", self._value(names.CHANNEL_ADDRESS, ""))

    @property
    def channel_set_at(self) -> datetime | None:
        """When the member last named a channel, or none."""
        return self._set_at((names.CHANNEL,))

    def rule(self, name: str) -> Rule:
        """Return what the member wishes of the rule of that name."""
        if not self.registers:
            return _NO_WISH
        on = cast("bool | None", self._value(names.RULE_ON + name))
        days = cast("tuple[int, ...] | None", self._value(names.RULE_OFFSETS + name))
        hours = cast("tuple[int, ...] | None", self._value(names.RULE_HOURS + name))
        return Rule(
            on,
            None if days is None else tuple(timedelta(days=count) for count in days),
            None if hours is None else tuple(timedelta(hours=count) for count in hours),
            cast("bool | None", self._value(names.RULE_PUSH + name)),
        )

    def steps(self, name: str, unit: Literal["days", "hours"]) -> tuple[int, ...] | None:
        """Return when the member wishes to hear of the rule of that name, in days or hours; None: as the rule has it."""
        steps = self.registers.get((names.RULE_OFFSETS if unit == "days" else names.RULE_HOURS) + name)
        return None if steps is None else cast("tuple[int, ...] | None", steps.value)

    def switch(self, name: str) -> Register | None:
        """Return the member's last word on whether the rule of that name is on; None when nothing was said."""
        return self.registers.get(names.RULE_ON + name)

    def _set_at(self, stored: Collection[str]) -> datetime | None:
        return max((self.registers[name].time for name in stored if name in self.registers), default=None)

    def _value(self, name: str, default: Value | None = None) -> Value | None:
        register = self.registers.get(name)
        return default if register is None else register.value

    def _clock(self, name: str, default: time) -> time:
        minutes = self._value(name)
        return default if minutes is None else time(*divmod(cast("int", minutes), 60))


def evolve_preferences(preferences: Preferences, event: Event, only: Collection[str] | None = None) -> Preferences:
    """Return the preferences after the event: the same object when it sets none of them, or only older values.

    `only` names those that are kept, as `RETRACTION | PAUSE | of_rules(...)`; None keeps all that anybody may be shown.
    """
    if type(event.data) not in SET_BY:  # a look at a table, as it is asked of every event
        return preferences
    registers = preferences.registers
    newer = {
        name: Register(event.time, event.id, value)
        for name, value in stated(event.data)
        if value is not None
        and (name not in _NOT_BY_ITSELF if only is None else name in only)
        and (name not in registers or (event.time, event.id) > (registers[name].time, registers[name].id))
    }
    return Preferences(dict(sorted({**registers, **newer}.items()))) if newer else preferences
