"""The names of the topics. Who owns them and how they are kept stands in `deploy/topics.yaml`."""

from __future__ import annotations

from typing import Final

ACTIVITY: Final = "rapport.activity.v1"
"""What the product, importers and the member report."""
INVITES: Final = "rapport.invites.v1"
"""Owned by the service *invites*."""
FOLLOWUPS: Final = "rapport.followups.v1"
"""Owned by the service *followups*."""
DIGESTS: Final = "rapport.digests.v1"
"""Owned by the service *digest*."""
DEAD_LETTERS: Final = "rapport.dead-letters.v1"
"""What a service could not read, from every service."""
REPLAY: Final = "rapport.replay.v1"
"""Operators' requests to read one record again."""

SOURCES: Final = {INVITES: "/rapport/invites", FOLLOWUPS: "/rapport/followups", DIGESTS: "/rapport/digest"}
"""Topics with one service as their only writer, and what it says as `ce_source`."""


def snapshots_of(own: str) -> str:
    """Return the topic of the snapshots of the service that owns the topic `own`."""
    name, _, version = own.rpartition(".")
    return f"{name}.snapshots.{version}"


INVITES_SNAPSHOTS: Final = snapshots_of(INVITES)
FOLLOWUPS_SNAPSHOTS: Final = snapshots_of(FOLLOWUPS)
DIGESTS_SNAPSHOTS: Final = snapshots_of(DIGESTS)
PROJECTION_SNAPSHOTS: Final = snapshots_of("rapport.projection.v1")
"""The projection has no events of its own, and snapshots all the same."""
SNAPSHOTS: Final = (INVITES_SNAPSHOTS, FOLLOWUPS_SNAPSHOTS, DIGESTS_SNAPSHOTS, PROJECTION_SNAPSHOTS)
"""They are there only where snapshots are switched on."""

OWN_TOPICS: Final = frozenset(SOURCES)
EVENT_TOPICS: Final = frozenset({ACTIVITY}) | OWN_TOPICS
TOPICS: Final = (ACTIVITY, INVITES, FOLLOWUPS, DIGESTS, DEAD_LETTERS, REPLAY)
