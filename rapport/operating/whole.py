"""Whether all of a member's activities are still there, and where they are not, whether snapshots know what they said."""

from __future__ import annotations

from rapport.terminal.failure import Unanswerable
from shared.contracts import ACTIVITY, partition_for
from shared.contracts.topic_names import DIGESTS_SNAPSHOTS, FOLLOWUPS_SNAPSHOTS, INVITES_SNAPSHOTS
from shared.runtime.kafka.connection import KafkaAccess

NEEDED = {INVITES_SNAPSHOTS, FOLLOWUPS_SNAPSHOTS, DIGESTS_SNAPSHOTS}
"""What each service that decides has known before."""
LATER = (
    "what would come can not be told: the activities of this member's partition begin {since}, earlier ones are no"
    " longer kept, and there are no snapshots of what they said"
)


async def begins_later(access: KafkaAccess, member: str) -> bool:
    """Say whether the activity topic begins later, so that snapshots are to be asked. `Unanswerable`: there are none."""
    from rapport.system.endpoints import existing, partitions_of
    from rapport.system.log_begin import log_begin

    begin = await log_begin(access, [ACTIVITY], partition_for(member, await partitions_of(access, ACTIVITY)))
    if begin.lost and set(await existing(access, sorted(NEEDED))) != NEEDED:
        since = "later" if begin.since is None else f"on {begin.since:%Y-%m-%d}"
        raise Unanswerable(LATER.format(since=since), "member")
    return begin.lost
