"""Why survivors of the sample survive, by their names: what is equivalent, and what is not worth a test."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "services/invites/apply.py _reported: min(sent, (invite.sent_at, invite.contact_i -> max(sent, (invite.sent_at, invite.contact_i": "killed since by `test_invites_ages.py`",
    "services/invites/case.py age_days: 0 -> 1": "killed since by `test_invites_ages.py`",
    "services/invites/decider.py body: ey.startswith(CONTACT)), explain=explain, misses=misses) -> ey.startswith(CONTACT)), explain=explain)": "killed since by `test_invites_ages.py`",
    "services/invites/decider.py body: tem=Item, pack=packed, unpack=unpacked, applies=APPLIED, woken_with=(PROPOSALS,), migrations=MIGR -> tem=Item, pack=packed, unpack=unpacked, woken_with=(PROPOSALS,), migrations=MIGR": "performance: without it the same is said, and more events are read",
    "services/invites/explain.py _reason: 'idle' if outcome.code in IDLE else 'silent' -> 'silent'": "killed since by `test_invites_explained.py`",
    "services/invites/proposals.py _called: person.named if isinstance(person, Person) else None -> None": "killed since by `test_invites_ages.py`",
    "services/invites/state.py body: 20 -> 21": "a limit: that one holds is what matters, its size is a choice",
}
