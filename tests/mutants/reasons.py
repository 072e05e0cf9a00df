"""Why survivors of the sample survive, by their names: what is equivalent, and what is not worth a test."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "services/digest/apply/dated.py with_entry: tuple(map(list, state.orders)) if isinstance(state, Dated) else tuple((_order(state, by) for by in orders)) -> tuple((_order(state, by) for by in orders))": "performance: without it the same order is found, by a look at all entries",
    "shared/runtime/processing/member/runtime_meta.py noted_in: stored[0] >= _MAP -> stored[0] > _MAP": "an empty map holds no notes and no marks, and is read as such either way",
    "shared/runtime/processing/partition_task.py __init__: 0 -> 1 (5)": "each recovery says anew from where it has looked, before anybody asks",
    "services/gateway/projection/migrations.py body: 6 -> 7": "of a version before the first release; `tests/simulation/test_migrations.py` notices it, and is too long for this sample",
    "services/followups/apply/merge.py mention: subject if about == subject.about else replace(subject, about=about) -> replace(subject, about=about)": "performance: an equal subject is no change, and the same object spares the comparison",
    "services/followups/apply/own.py apply_to_slot: return slot -> return None": "nothing comes there: it is for an event of a follow-up that a later version publishes",
    "services/followups/engine/evaluate.py _related_to: len(item.seen) > 1 -> len(item.seen) >= 1": "performance: without it the same is said, and habits are looked at more often",
    "services/followups/rules/table.py body: _other is None or _other.about != _rule.about -> _other is None and _other.about != _rule.about": "a guard against a rule that the table does not have: it speaks when somebody writes one",
    "services/invites/rules/notices.py retract_at: group.retract_at <= first -> group.retract_at < first": "the same day either way: a group that goes at the instant of that digest counts from this digest, full or not",
    "services/invites/decider.py body: tem=Item, pack=packed, unpack=unpacked, applies=APPLIED, woken_with=(PROPOSALS,), migrations=MIGR -> tem=Item, pack=packed, unpack=unpacked, woken_with=(PROPOSALS,), migrations=MIGR": "performance: without it the same is said, and more events are read",
}
