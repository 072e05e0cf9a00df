"""Whether all of a member's activities are still there: what would come follows from each of them."""

from __future__ import annotations

from rapport.terminal.failure import NothingFound
from shared.contracts import ACTIVITY, partition_for
from shared.runtime.kafka.connection import KafkaAccess

LATER = (
    "what would come can not be told: the activities of this member's partition begin {since}, and earlier ones are no"
    " longer kept"
)


async def refuse_later_begin(access: KafkaAccess, member: str) -> None:
    """Raise `NothingFound` where the activity topic begins later: an answer from what is left of it would be wrong."""
    from rapport.system.endpoints import partitions_of
    from rapport.system.log_begin import log_begin

    begin = await log_begin(access, [ACTIVITY], partition_for(member, await partitions_of(access, ACTIVITY)))
    if begin.lost:
        raise NothingFound(LATER.format(since="later" if begin.since is None else f"on {begin.since:%Y-%m-%d}"))
