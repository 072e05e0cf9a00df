"""A broker that cannot be reached leaves nothing open behind it."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer.sender import Sender

from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.publishing import PublishingBroker

NOBODY = KafkaAccess("127.0.0.1:1")


async def complaints_of_an_open(broker: PublishingBroker, error: type[BaseException], seconds: float) -> list[str]:
    """Open it, which fails; return what aiokafka says of what was left to the garbage collector."""
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["message"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # pytest would raise it where nobody looks
        with pytest.raises(error):
            async with asyncio.timeout(seconds), broker:
                pytest.fail("it is open")
        del broker
        gc.collect()
    return told


async def test_a_producer_that_reaches_no_broker_is_closed() -> None:
    """Seen to fail without `close_what_cannot_start`: aiokafka complains of an unclosed producer."""
    assert await complaints_of_an_open(PublishingBroker(NOBODY), KafkaConnectionError, 60) == []


async def test_a_producer_whose_start_is_cancelled_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection stands, and the wait for a producer id does not end. Seen to fail in the same way."""

    async def connected(client: object) -> None: ...

    async def waits(sender: Sender) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("aiokafka.client.AIOKafkaClient.bootstrap", connected)
    monkeypatch.setattr(Sender, "start", waits)
    assert await complaints_of_an_open(PublishingBroker(NOBODY), TimeoutError, 0.05) == []
