"""All rules in one table. Each is a record (`rule.Rule`) that stands with those about the same kind of subject.

What all rules have in common (answers, snoozes, muting, quiet hours, lapses, switching off) stands in `completion`,
`schedule` and `decide`, so that a rule says only what is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from services.followups.model.event_codes import CODES
from services.followups.model.state import KINDS, Subject, kind_of
from services.followups.rules import dates, giving, invites, meetings, people, reminders
from services.followups.rules.form.rule import Rule

LAPSE_DAYS: Final = 7
"""How long after its last step a follow-up waits for an answer: at least one weekly digest shows it meanwhile. One of a
series waits no longer than to the next, one before a meeting not longer than to its start."""
ANSWER_HOURS: Final = 20
"""How long after the digest that shows it last a follow-up waits for an answer: less than the shortest day between two
digests, so that it ends after the one and before the other, whatever becomes of the member's zone in between."""
APART: Final = timedelta(hours=1)
"""How late something may be said that still counts as said on time."""
ENDS_BEFORE: Final = timedelta(minutes=30)
"""How long before a digest ends what would end in its instant: the digest does not show it, and says nothing untrue. A rule
that goes quiet does so before (`quiet.BEFORE_DIGEST`), so what it has open ends with it, whoever looks first."""
SNOOZE_DAYS: Final = 1
"""How long a snooze without a time lasts when the rule has no further step."""
EXPIRES_HOURS: Final = 24
"""How long after it fell due a follow-up may be pushed; one before a meeting until it starts, and one at an hour that the
member chose so long after it is said, as no digest may come."""

MAY_SPEAK_KEPT: Final = 4096
"""Answers to which rules may speak of a subject that are remembered: by what was seen of it and the rules that have begun, of
which most subjects of a kind have the same."""
There: TypeAlias = Callable[[Subject], bool]
"""What a rule asks a subject itself (`Trigger.there`)."""

_TABLE: Final = (
    *reminders.RULES, *people.RULES, *invites.RULES, *meetings.RULES, *giving.RULES,
    *dates.RULES,
)  # fmt: skip

RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in _TABLE}
"""All rules, by name."""
_BY_KIND: Final = {kind: tuple(rule for rule in _TABLE if rule.about == kind) for kind in KINDS}

STARTING_EACH: Final = frozenset(event for rule in _TABLE if rule.trigger.each for event in rule.trigger.needs)
"""Events of which each one starts a rule."""
_BEGINS: Final = {
    kind: tuple(
        (
            rule,
            rule.name,
            frozenset(CODES[one] for one in rule.trigger.needs),
            rule.trigger.there,
            frozenset(code for _, code in rule.completion.ending_anytime),
        )
        for rule in _TABLE
        if rule.about == kind
    )
    for kind in KINDS
}
"""By kind of subject: each rule with its name, how to see whether a subject gives it something to begin with (one of these
codes of events, or what it asks itself), and the codes of the events with any of which it does not begin."""

for _rule in _TABLE:
    _other = RULES.get(_rule.delivery.yields_to)
    if _rule.delivery.yields_to and (_other is None or _other.about != _rule.about):
        raise ValueError(f"rule {_rule.name!r}: let it yield to a rule about the same kind of subject")
if len(RULES) < len(_TABLE):
    raise ValueError("two rules have the same name: give one of them another")


def rules_of(key: str) -> tuple[Rule, ...]:
    """Return the rules about the kind of subject that a key names."""
    return _BY_KIND.get(kind_of(key), ())


def rules_for(key: str, subject: Subject) -> Sequence[Rule]:
    """Return those of them that may have something to say.

    The others have not begun, and have nothing to begin with or are answered already, as most invites say why.
    """
    found = _may_speak(kind_of(key), tuple(subject.seen), tuple(subject.slots))
    return [rule for rule, there in found if there is None or there(subject)]


@lru_cache(MAY_SPEAK_KEPT)
def _may_speak(kind: str, seen: tuple[str, ...], slots: tuple[str, ...]) -> tuple[tuple[Rule, There | None], ...]:
    """Return the rules that such events may concern, or that have begun, each with what it asks itself, if anything."""
    return tuple(
        (rule, None if name in slots else there)
        for rule, name, needs, there, ends in _BEGINS.get(kind, ())
        if name in slots or ((there is not None or not needs.isdisjoint(seen)) and ends.isdisjoint(seen))
    )
