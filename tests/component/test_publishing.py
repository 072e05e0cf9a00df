"""What leaves through FastStream's broker is what the contracts encode: FastStream adds nothing and leaves nothing out.

Seen to fail: without `OurHeadersAlone` each record has a header `correlation_id` more.
"""

from __future__ import annotations

import asyncio
import gc
import warnings
from datetime import UTC, datetime

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from shared.contracts import ACTIVITY, Contact, Event, InviteSent, encode, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka import publishing
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.publishing import PublishingBroker

SECONDS_MAX = 60.0
MEMBER = "m-published"
NOW_MS = 1_772_442_000_000


async def test_a_record_leaves_as_the_contracts_encode_it(embedded: System) -> None:
    instant = datetime.fromtimestamp(NOW_MS / 1000, UTC)
    data = InviteSent(invite_id="i-ü", contact=Contact(id="c-1", name="Zoë"))
    event = Event("e-ü", MEMBER, instant, instant, data, "/café")
    key, value, headers = encode(event)
    access = KafkaAccess(embedded.kafka)
    at = TopicPartition(ACTIVITY, partition_for(MEMBER, topic_plan().partitions))
    async with PublishingBroker(access) as broker:
        landed = [await (await broker.append(ACTIVITY, (key, value, headers), at.partition, NOW_MS)) for _ in range(2)]
    assert landed[1].offset > landed[0].offset
    async with asyncio.timeout(SECONDS_MAX), access.reader() as reader:
        reader.assign([at])
        reader.seek(at, landed[0].offset)
        record = await reader.getone()
    assert (record.key, record.value) == (key, value)
    assert sorted(record.headers) == sorted(headers)


async def test_a_broker_that_is_not_connected_does_not_answer(embedded: System) -> None:
    broker = PublishingBroker(KafkaAccess(embedded.kafka))
    with pytest.raises(KafkaConnectionError):
        await broker.answers()
    async with broker:
        await broker.answers()


async def test_the_producer_is_closed_again_when_the_rest_of_a_broker_cannot_connect(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail without `__aenter__`: aiokafka complains of an unclosed producer when it is collected."""
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))

    async def refused(*arguments: object) -> None:
        raise KafkaConnectionError("refused")

    monkeypatch.setattr(AIOKafkaAdminClient, "start", refused)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # pytest would raise it where nobody looks
        with pytest.raises(KafkaConnectionError, match="refused"):
            async with PublishingBroker(KafkaAccess(embedded.kafka)):
                pass
        gc.collect()
    assert complaints == []


async def test_kafka_answers_where_a_broker_that_is_asked_first_does_not(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    send = AIOKafkaAdminClient._send_request

    async def once_refused(admin: AIOKafkaAdminClient, request: MetadataRequest) -> object:
        asked.append(request._topics)
        if len(asked) <= fails:
            raise KafkaConnectionError("refused")
        return await send(admin, request)

    monkeypatch.setattr(publishing, "TRY_AGAIN_SECONDS", 0)
    monkeypatch.setattr(AIOKafkaAdminClient, "_send_request", once_refused)
    async with PublishingBroker(KafkaAccess(embedded.kafka)) as broker:
        fails = publishing.TRIES - 1
        await broker.answers()
        assert asked == [[ACTIVITY]] * publishing.TRIES, "and for nothing but the one topic"
        fails = 2 * publishing.TRIES
        with pytest.raises(KafkaConnectionError, match="refused"):
            await broker.answers()
