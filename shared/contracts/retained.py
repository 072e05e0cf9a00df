"""Who ends the topics of events, and whose snapshots must cover a record before it may go.

A service deletes from the topic that it alone writes. The activity topic has many writers and none of them knows what is
needed, so *invites* ends it: the first service that reads it, and the one that reads least beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.contracts.topic_names import (
    ACTIVITY,
    DIGESTS,
    DIGESTS_SNAPSHOTS,
    FOLLOWUPS,
    FOLLOWUPS_SNAPSHOTS,
    INVITES,
    INVITES_SNAPSHOTS,
    PROJECTION_SNAPSHOTS,
)

ENDED_BY: Final[Mapping[str, str]] = {ACTIVITY: INVITES, INVITES: INVITES, FOLLOWUPS: FOLLOWUPS, DIGESTS: DIGESTS}
"""By topic, the own topic of the service that deletes from it."""
COVERED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    ACTIVITY: (INVITES_SNAPSHOTS, FOLLOWUPS_SNAPSHOTS, DIGESTS_SNAPSHOTS, PROJECTION_SNAPSHOTS),
    INVITES: (INVITES_SNAPSHOTS, FOLLOWUPS_SNAPSHOTS, DIGESTS_SNAPSHOTS, PROJECTION_SNAPSHOTS),
    FOLLOWUPS: (FOLLOWUPS_SNAPSHOTS, DIGESTS_SNAPSHOTS, PROJECTION_SNAPSHOTS),
    DIGESTS: (INVITES_SNAPSHOTS, FOLLOWUPS_SNAPSHOTS, DIGESTS_SNAPSHOTS, PROJECTION_SNAPSHOTS),
}
"""By topic, the snapshots of all who read it, its own service among them."""
KEEP_ROUNDS_MIN: Final = 3
"""So many periods of snapshots a record is kept at least: one round may fail and the next one be late."""
