"""What was found out of a subject and holds still: a rule whose reasons are all the same objects is not asked again.

After each event that a subject publishes it is evaluated once more, and mostly one rule's slot has changed. Whether an
outcome holds is a matter of identity alone, so it is never a guess: states are immutable, and what changed is another object.
"""

from __future__ import annotations

from operator import attrgetter, is_
from typing import Any, Final, NamedTuple

from services.followups.model.slot import Slot
from services.followups.model.state import Item, Profile, Subject
from services.followups.rules.form.case import Case, Followups
from services.followups.rules.form.rule import Rule
from shared.decider import Outcome

_BESIDE_SLOTS: Final = attrgetter(*(name for name in Subject.__struct_fields__ if name != "slots"))
"""All of a subject but what was said of it."""


class _Found(NamedTuple):
    """How a rule stands, and what that rests on beside the subject and the profile."""

    outcome: Outcome
    slot: Slot | None
    other: Slot | None
    """The slot of the rule that this one yields to."""
    reads: dict[str, Item | None]


class Memo:
    """What was found out of one subject."""

    __slots__ = ("_by_rule", "_profile", "_subject")

    def __init__(self, profile: Profile, subject: Subject) -> None:
        self._profile, self._subject = profile, subject
        self._by_rule: dict[str, _Found] = {}

    def follow(self, profile: Profile, subject: Subject) -> bool:
        """Go on with a later state of the subject; return whether what was found out may hold, but for slots and reads."""
        if profile is not self._profile or not alike(self._subject, subject):
            return False
        self._subject = subject
        return True

    def outcome(self, view: Followups, rule: Rule) -> Outcome | None:
        """Return how the rule stands, if that is known and holds."""
        found = self._by_rule.get(rule.name)
        if found is None:
            return None
        slots = self._subject.slots
        if slots.get(rule.name) is not found.slot or slots.get(rule.delivery.yields_to) is not found.other:
            return None
        for key, item in found.reads.items():
            if not alike(item, view.item(key)):
                return None
        return found.outcome

    def keep(self, case: Case, outcome: Outcome) -> None:
        """Remember how a rule stands with the subject."""
        slots, rule = self._subject.slots, case.rule
        self._by_rule[rule.name] = _Found(outcome, slots.get(rule.name), slots.get(rule.delivery.yields_to), case.reads)


def memo_of(view: Followups, key: str, subject: Subject) -> Memo:
    """Return what was found out of the subject in this unit of work, as far as it may hold."""
    memo = view.memo.get(key)
    if not isinstance(memo, Memo) or not memo.follow(view.profile, subject):
        memo = view.memo[key] = Memo(view.profile, subject)
    return memo


def alike(one: Any, other: Any) -> bool:
    """Say whether two items are the same to a rule that reads them.

    No rule reads what was said of another subject.
    """
    if one is other:
        return True
    if type(one) is not Subject or type(other) is not Subject:
        return False
    # Most events from outside change what was seen: one look, and the rest is not compared.
    return one.seen is other.seen and all(map(is_, _BESIDE_SLOTS(one), _BESIDE_SLOTS(other)))
