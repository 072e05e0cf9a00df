"""A partition that says nothing for longer than Kafka remembers its producer goes on after one recovery, named as what it is.

Kafka forgets a transactional id after `transactional.id.expiration.ms` of silence, seven days by default; here it is
seconds. A digest speaks once a week.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from string import Template

import pytest

from shared.contracts import INVITES
from shared.contracts.topics import topic_plan
from shared.embedded import servers, start
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka.producer import KafkaWriter
from shared.runtime.kafka_admin.topics import ensure_topics
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Message, Uncertain

pytestmark = pytest.mark.deep

MESSAGE = Message(b"m", b"x", [], 1_700_000_000_000)
SECONDS_MAX = 240.0
FORGETFUL = """
transactional.id.expiration.ms=1500
transaction.remove.expired.transaction.cleanup.interval.ms=300
"""


async def say(writer: KafkaWriter) -> int:
    await writer.begin()
    try:
        first = await writer.append(INVITES, [MESSAGE])
        await writer.commit()
    except Uncertain:
        await writer.abandon()
        raise
    return first


async def test_a_producer_that_kafka_has_forgotten_is_named_and_another_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "Template", lambda text: Template(text + FORGETFUL))
    with start(tmp_path) as system:
        access = system.addresses.access()
        await ensure_topics(access, topic_plan())
        log = KafkaLog(access, INVITES, [INVITES])
        await log.start()
        try:
            writer = await log.fence(0)
            first, error = await say(writer), None
            async with asyncio.timeout(SECONDS_MAX):
                while error is None:
                    await asyncio.sleep(3)  # silence is what is tried
                    try:
                        await say(writer)
                    except Uncertain as caught:
                        error = caught
            assert error.kind == UncertainKind.LOG_EXPIRED, f"{error} {error.__cause__!r}"
            again = await say(await log.fence(0))
            assert again > first
        finally:
            await log.stop()
