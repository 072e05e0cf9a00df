"""Answers that name what nobody knows are counted, over a restart, too; they count when what they name is told."""

from __future__ import annotations

import pytest

from rapport.doctor.parts.responses import answers_line
from services.invites.decider import DECIDER
from shared.contracts import InviteKept, partition_for
from shared.runtime.processing.missed_responses import FIELD, Missed, missed_of
from shared.runtime.redis.store import RedisStore, connect
from tests.integration.shell_bed import PARTITIONS, STALE, Bed, place, shell_bed, until_settled

pytestmark = pytest.mark.deep

__all__ = ["place", "shell_bed"]


async def missed(bed: Bed, member: str) -> Missed:
    store = RedisStore(connect(bed.system.redis), DECIDER.name)
    try:
        return missed_of((await store.meta(partition_for(member, PARTITIONS))).get(FIELD, ""))
    finally:
        await store.close()


async def test_an_answer_to_nothing_is_counted_once_and_counts_when_its_invite_comes(bed: Bed) -> None:
    member = bed.names[0]
    before = await missed(bed, member)
    service = await bed.service()
    early = bed.event(member, "early", InviteKept(invite_ids=(f"{member}-i",)))
    await bed.say(early)
    await until_settled([service])
    await service.stop()
    service = await bed.service()
    await bed.say(*bed.sent(member), bed.event(member, "late", InviteKept(invite_ids=(f"{member}-i",))))
    await bed.say(bed.event(member, "wrong", InviteKept(proposal_id="proposal/404")))
    await until_settled([service])
    after = await missed(bed, member)
    assert after.count - before.count == 2
    assert [one.id for one in after.last[-2:]] == [f"{member}/early", f"{member}/wrong"]
    assert answers_line([after]).startswith(f"{after.count} named what was not known")
    bed.clock.advance_to(bed.start + 2 * STALE)
    await until_settled([service])
    assert member not in await bed.ignored(), "what was kept before it was known is kept"
