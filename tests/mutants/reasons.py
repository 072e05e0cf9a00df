"""Why survivors of the sample survive, by their names: what is equivalent, and what is not worth a test."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "shared/runtime/processing/member/runtime_meta.py noted_in: stored[0] >= _MAP -> stored[0] > _MAP": "an empty map holds no notes and no marks, and is read as such either way",
    "services/gateway/projection/migrations.py body: 6 -> 7": "of a version before the first release; `tests/simulation/test_migrations.py` notices it, and is too long for this sample",
    "services/invites/rules/notices.py retract_at: group.retract_at <= first -> group.retract_at < first": "the same day either way: a group that goes at the instant of that digest counts from this digest, full or not",
}
