"""A broker that is killed right after commits: what it had acknowledged stands, once a recovery has fenced the log.

Kafka acknowledges a commit when its coordinator has noted it; the control record that makes it visible is written to the
partition a moment later. Killed in between, the broker comes back with an own topic that ends before `own_end`, and writes
the control record then. A recovery fences before it asks for the ends, and the fence waits for just that. Now and then the
broker writes none, and the recovery does: also that of a commit which the broker had noted and not yet acknowledged. That one
lies behind `own_end`, so only a read finds that it stays open.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.contracts import INVITES
from shared.contracts.topics import topic_plan
from shared.embedded import start
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka_admin.topics import ensure_topics
from shared.runtime.ports.interfaces import Message, Record, Uncertain, Unstable
from shared.runtime.processing.invariants import unsealed

pytestmark = pytest.mark.deep

BUSY_COMMITS = 15
"""Of each writer, before the broker is killed."""
RECOVERIES_MAX = 3
"""Of a partition, until it is read to its end: one mends the control record before `own_end`, one that of a later commit."""
DEADLINE_SECONDS = 240.0
MESSAGE = Message(b"m", b"x" * 200, [], 1_700_000_000_000)


async def commit_on(log: KafkaLog, partition: int, own_end: dict[int, int], counts: dict[int, int]) -> None:
    """Commit until the broker is gone, and remember where the own topic was known to end."""
    writer = await log.fence(partition)
    while True:
        try:
            await writer.begin()
            first = await writer.append(INVITES, [MESSAGE])
            await writer.commit()
        except Uncertain:
            return
        own_end[partition], counts[partition] = first + 2, counts.get(partition, 0) + 1


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110 - a server rings nobody
            await asyncio.sleep(0.02)


async def recovered(log: KafkaLog, number: int, own_end: int) -> tuple[list[Record], int]:
    """Fence and read the partition as recoveries do: what lacks its control record gets one, and the next recovery reads it.

    Without the second `seal` one run of many ended at a transaction that stayed open.
    """
    for _ in range(RECOVERIES_MAX):
        writer = await log.fence(number)
        end = (await log.bounds([INVITES], number))[INVITES].end
        if end == unsealed(own_end):
            await writer.seal(INVITES)
            continue
        try:
            records, _ = await log.read(INVITES, number, 0, end, end)
        except Unstable:  # nobody else writes there, and what was open was aborted by the fence
            await writer.seal(INVITES)
            continue
        return records, end
    raise AssertionError(f"partition {number} stays open after {RECOVERIES_MAX} recoveries")


async def test_a_commit_that_was_acknowledged_stands_once_the_log_is_fenced(tmp_path: Path) -> None:
    with start(tmp_path) as system:
        access, partitions = system.addresses.access(), range(topic_plan().partitions)
        await ensure_topics(access, topic_plan().on_virtual_clock())
        log, own_end, counts = KafkaLog(access, INVITES, [INVITES]), dict[int, int](), dict[int, int]()
        await log.start()
        working = [asyncio.create_task(commit_on(log, number, own_end, counts)) for number in partitions]
        await until(lambda: min(counts.get(number, 0) for number in partitions) >= BUSY_COMMITS)
        dead = system.addresses.processes["kafka"]
        os.kill(dead, signal.SIGKILL)
        await until(lambda: system.addresses.processes["kafka"] != dead)  # the last acknowledgements arrive meanwhile
        for writer in working:
            writer.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        # Else what they had sent goes on to the new broker, and its abort takes an unsealed commit along.
        await log.stop()
        await until(system.answers)
        after = KafkaLog(access, INVITES, [INVITES])
        await after.start()
        for number in partitions:
            records, end = await recovered(after, number, own_end[number])
            assert end >= own_end[number], f"partition {number} has lost a commit"
            assert len(records) >= counts[number], f"partition {number} hides what was acknowledged"
        await after.stop()
