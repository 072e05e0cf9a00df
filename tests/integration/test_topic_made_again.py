"""What /ready says of a topic that is deleted under a running service, and made again."""

from __future__ import annotations

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts import ACTIVITY
from shared.contracts.topics import topic_plan
from shared.runtime.kafka import broker
from shared.runtime.kafka_admin.topics import ensure_topics
from tests.integration.seeing_bed import (
    PARTITIONS,
    Bed,
    seeing_bed,  # noqa: F401 - the fixtures `bed`,
    seeing_patience,  # noqa: F401 - `patience`,
    seeing_quick,  # noqa: F401 - and one for every test
    until,
)

pytestmark = pytest.mark.deep


async def test_a_topic_that_is_gone_makes_a_process_not_ready_and_one_that_was_made_again_is_refused(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "METADATA_MS_MAX", 500)
    await bed.start()
    await bed.until("ready", 200)
    admin = AIOKafkaAdminClient(**bed.access.connection())
    await admin.start()
    try:
        await admin.delete_topics([ACTIVITY])
        await bed.until("ready", 503, f"{ACTIVITY} is not there")
        assert await bed.until("live", 200) == []
        await ensure_topics(bed.access, topic_plan().on_virtual_clock())
        await bed.until("ready", 503, f"is refused: {ACTIVITY} is another topic than before")
        await until(lambda: len(bed.service.refusals()) == PARTITIONS)
    finally:
        await admin.close()
