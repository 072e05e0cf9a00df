"""A damaged batch on a service's own topic is refused, loudly: it holds what was said, and is no stray of somebody else's.

Set aside like a stray, its events would be decided and said again. Seen to fail without the look at `fault` in `read_back`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from services.invites.decider import DECIDER
from shared.contracts import partition_for
from shared.embedded import System
from shared.runtime.redis.store import connect
from tests.component.damaged_log import damage, flip_the_last_byte
from tests.integration.shell_bed import PARTITIONS, STALE, Bed, until, until_settled

pytestmark = pytest.mark.deep


@pytest.fixture(name="bed")
async def embedded_bed(own_system: System) -> AsyncIterator[Bed]:
    async with AsyncExitStack() as stack:
        yield Bed(own_system, stack)


async def test_a_damaged_batch_of_own_events_is_refused_and_nothing_is_said_again(bed: Bed, own_system: System) -> None:
    member = bed.names[0]
    number = partition_for(member, PARTITIONS)
    service = await bed.service()
    await bed.say(*bed.sent(member))
    await until_settled([service])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    assert await bed.ignored() == [member]
    await service.stop()
    client = connect(bed.system.redis)
    await client.flushall()
    await client.aclose()
    damage(own_system.folder, DECIDER.own, number, 0, flip_the_last_byte)
    again = await bed.service()
    await until(lambda: number in dict(again.refusals()))
    assert "this service can not have said" in dict(again.refusals())[number]
    assert again.owners[number].counts["published"] == 0, "nothing is said there again"
