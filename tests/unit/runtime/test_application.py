"""The lifespan hooks of each application are called in the order that binds (seen to fail with two of them exchanged)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from rapport.composition import DECIDERS, DECLARED
from shared.runtime.kafka.broker import ServiceBroker
from shared.runtime.service import Service

ORDER = ["connect", "the broker starts", "joined", "release", "the broker stops", "close"]


@pytest.mark.parametrize("name", DECIDERS)
async def test_partitions_are_released_before_the_broker_stops(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noted(what: str) -> Callable[[object], Awaitable[None]]:
        async def note(_: object) -> None:
            order.append(what)

        return note

    for hook in ("connect", "joined", "release", "close"):
        monkeypatch.setattr(Service, hook, noted(hook))
    monkeypatch.setattr(ServiceBroker, "start", noted("the broker starts"))
    monkeypatch.setattr(ServiceBroker, "stop", noted("the broker stops"))
    service = Service(DECIDERS[name], declare=DECLARED[name])
    await service.start()
    await service.stop()
    assert order == ORDER


@pytest.mark.parametrize("name", DECIDERS)
async def test_an_application_connects_to_nothing_before_it_is_told_where_kafka_is(name: str) -> None:
    with pytest.raises(RuntimeError, match="before it was told where Kafka is"):
        await Service(DECIDERS[name], declare=DECLARED[name]).broker.start()
