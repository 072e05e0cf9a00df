"""What a simulated history is drawn from: its usual actions, its faults, and the moments at which they hurt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

PLACES: Final = (
    "log.begin", "log.append", "log.append.reply", "log.commit", "log.commit.reply", "store.commit",
    "store.commit.reply", "store.load", "store.load.reply", "store.due.reply", "store.acquire", "store.acquire.reply",
    "log.fence", "log.fence.reply", "log.bounds", "log.bounds.reply", "log.read.reply", "log.ends", "log.ends.reply",
    "feed.position", "feed.commit_group.reply", "mail", "mail.reply",
)  # fmt: skip
"""Bad moments: an actor is led to one of them before it is hurt."""
USUAL: Final[Mapping[str, int]] = {"go": 40, "tell": 14, "fetch": 6, "deliver": 6, "pass_time": 9, "snapshot": 3,
                                   "end_foreign": 4, "poison": 2, "stray": 1, "markers": 3, "replay": 1}  # fmt: skip
FAULTS: Final[Mapping[str, int]] = {"die": 3, "sleep": 4, "lose": 4, "restore": 2, "empty": 1, "rebalance": 3,
                                    "change_rules": 1, "fail_poll": 3}  # fmt: skip
JUMPS: Final = (0.0, 0.001, 1, 60, 3600, 6 * 3600, 86_400, 3 * 86_400, 10 * 86_400, 40 * 86_400)
"""Seconds by which time passes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a history is, and how often what happens in it."""

    actions: int = 60
    usual: Mapping[str, int] = field(default_factory=lambda: dict(USUAL))
    faults: Mapping[str, int] = field(default_factory=lambda: dict(FAULTS))
    drops_stale: bool = True
    """Whether the feed drops what was fetched before a seek, as the real one does."""
    places: tuple[str, ...] = PLACES
    jumps: tuple[float, ...] = JUMPS
    snapshot_every: timedelta | None = None
    """From one round of snapshots to the next; None: there are none, and nothing is ever deleted."""
    keep: timedelta | None = None
    """What is older and covered is deleted by the service itself; None: by nobody but `delete`."""
    polls: float = 0.8
    """How probably a consumer polls whenever its process goes on: what it has in flight lands at once."""
    swarm: bool = True
    """Whether each history leaves out some faults, so that the others come to their effect."""


PLAN: Final = Plan()
SNAPSHOTS: Final = Plan(
    actions=90,
    usual={**USUAL, "go": 50, "replay": 5, "delete": 5, "compact": 3},
    faults={**FAULTS, "die": 4, "restore": 5, "empty": 5},
    snapshot_every=timedelta(hours=1),
)
"""With snapshots: what they cover is deleted from the topics, and the topic of snapshots is compacted, at any moment."""
RETENTION: Final = replace(
    SNAPSHOTS, usual={**SNAPSHOTS.usual, "delete": 2, "cover": 7, "pass_time": 12}, keep=timedelta(hours=3)
)
"""With retention: the service itself deletes what is old, and covered by the snapshots of all who read it."""
TROUBLED: Final = replace(
    RETENTION,
    usual={**{name: weight for name, weight in RETENTION.usual.items() if name != "replay"}, "notice": 3, "cover": 10},
    faults={**RETENTION.faults, "recreate_snapshots": 3, "cut_snapshots": 3},
)
"""The topics of snapshots are made anew, and lose their ends, too. Nobody asks for a record to be read again: marks tell what
counts as gone, and those are lost."""
PLANS: Final = (PLAN, SNAPSHOTS, PLAN, RETENTION, TROUBLED)
"""Of the histories of a law in turn."""


def plan_of(seed: int) -> Plan:
    """Return what a history is drawn from: the log is kept for ever, or ends, or ends in trouble."""
    return PLANS[seed // len(PLANS) % len(PLANS)]
