"""Why survivors of the sample survive, by their names: what is equivalent, and what is not worth a test."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "services/invites/apply.py _reported: min(sent, (invite.sent_at, invite.contact_i -> max(sent, (invite.sent_at, invite.contact_i": "killed since by `test_invites_ages.py`",
    "services/invites/rules/case.py age_days: 0 -> 1": "killed since by `test_invites_ages.py`",
    "services/invites/decider.py body: ey.startswith(CONTACT)), explain=explain, misses=misses) -> ey.startswith(CONTACT)), explain=explain)": "killed since by `test_invites_ages.py`",
    "services/invites/decider.py body: tem=Item, pack=packed, unpack=unpacked, applies=APPLIED, woken_with=(PROPOSALS,), migrations=MIGR -> tem=Item, pack=packed, unpack=unpacked, woken_with=(PROPOSALS,), migrations=MIGR": "performance: without it the same is said, and more events are read",
    "services/invites/explain.py _reason: 'idle' if outcome.code in IDLE else 'silent' -> 'silent'": "killed since by `test_invites_explained.py`",
    "services/invites/rules/proposals.py _called: person.named if isinstance(person, Person) else None -> None": "killed since by `test_invites_ages.py`",
    "services/invites/state.py body: 20 -> 21": "a limit: that one holds is what matters, its size is a choice",
    "services/followups/engine/evaluate.py _related_to: len(item.seen) > 1 -> len(item.seen) >= 1": "performance: without it the same is said, and habits are looked at more often",
    "services/followups/engine/explain.py _explain: 'idle' if stands is NOTHING_YET else 'silent' -> 'silent'": "killed since by `test_followups_explained.py`",
    "services/followups/engine/found.py outcome: slots.get(rule.name) is not found.slot or slots.get(rule.delivery.yields_to) is n -> slots.get(rule.name) is not found.slot and slots.get(rule.delivery.yields_to) is n": "killed since by `test_found_laws.py`",
    "services/followups/engine/schedule.py _snooze: max((one for one in counting(case) if one.k -> min((one for one in counting(case) if one.k": "killed since by `test_followups_rules.py`",
    "services/followups/model/state.py date_key: 32 -> 33": "killed since by `test_followups_dates.py`",
    "services/followups/rules/dates.py _not_before: max(case.offsets) + 1 -> max(case.offsets) - 1": "killed since by `test_followups_dates.py`",
    "services/followups/rules/giving.py body: Delivery(pushed='all', hour_chosen=True, quiet=NEVER) -> Delivery(pushed='all', hour_chosen=True)": "killed since by `test_followups_quiet.py`",
    "services/followups/rules/meetings.py body: , NoteAdded, PromiseMade), since=began)), delivery=Delivery(pushed='first', quiet=NEVER)) -> , NoteAdded, PromiseMade), since=began)))": "killed since by `test_followups_quiet.py`",
    "services/followups/rules/people.py thanked: min(thanks, written) -> max(thanks, written)": "killed since by `test_followups_people.py`",
    "services/followups/rules/table.py body: _other is None or _other.about != _rule.about -> _other is None and _other.about != _rule.about": "a guard against a rule that the table does not have: it speaks when somebody writes one",
}
