"""What was deleted before it was posted is said: the group would read on where the partition begins, in silence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from rapport.webhooks.lost import lost_of, tell_lost
from shared.contracts import FOLLOWUPS

READ, BEHIND, NEW = (TopicPartition(FOLLOWUPS, number) for number in range(3))
COMMITTED = {READ: OffsetAndMetadata(9, ""), BEHIND: OffsetAndMetadata(4, "")}


class Consumer:
    async def beginning_offsets(self, parts: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(parts, 9)


def test_only_what_was_not_read_is_lost() -> None:
    assert lost_of(COMMITTED, {READ: 9, BEHIND: 9, NEW: 9}) == {BEHIND: 5}


async def test_it_is_said_for_each_partition_and_not_where_nothing_was_read_yet() -> None:
    consumer: Any = Consumer()
    with structlog.testing.capture_logs() as lines:
        await tell_lost(consumer, COMMITTED, structlog.get_logger())
        await tell_lost(consumer, {}, structlog.get_logger())
    assert lines == [
        {
            "event": "records were deleted before they were posted",
            "log_level": "error", "topic": FOLLOWUPS, "partition": 1, "offsets": 5,
        }
    ]  # fmt: skip
