"""An event of a misspelled type harms nobody, and is counted once over a restart and again by a rebuild."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaProducer

from rapport.doctor.parts.types import types_line
from services.invites.decider import DECIDER
from shared.contracts import ACTIVITY, partition_for
from shared.runtime.processing.strange_types import FIELD, counts_of
from shared.runtime.redis.store import RedisStore, connect
from tests.integration.shell_bed import PARTITIONS, Bed, place, shell_bed, until_settled

pytestmark = pytest.mark.deep

__all__ = ["place", "shell_bed"]


async def counted(bed: Bed, member: str) -> dict[str, int]:
    store = RedisStore(connect(bed.system.redis), DECIDER.name)
    try:
        return counts_of((await store.meta(partition_for(member, PARTITIONS))).get(FIELD, ""))
    finally:
        await store.close()


async def test_a_misspelled_type_is_counted_by_name_and_told(bed: Bed) -> None:
    member = bed.names[0]
    name = f"rapport.invites.sent-{member}"
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_type", name.encode()), ("ce_source", b"/test")]
    service = await bed.service()
    async with AIOKafkaProducer(**bed.access.connection(), acks="all") as producer:
        for _ in range(3):
            await producer.send_and_wait(
                ACTIVITY, b"{}", member.encode(), partition_for(member, PARTITIONS), headers=headers
            )
    await bed.say(*bed.sent(member))
    await until_settled([service])
    await service.stop()
    service = await bed.service()
    await bed.say(bed.accepted(member, 1))
    await until_settled([service])
    after = await counted(bed, member)
    assert after[name] == 3, "and the restart counts nothing twice"
    assert f"3 of {name}" in types_line([[after]])
    assert not await bed.violations()
