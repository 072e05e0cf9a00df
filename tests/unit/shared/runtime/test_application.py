"""The lifespan hooks of each application are called in the order that binds (seen to fail with two of them exchanged)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from aiokafka.errors import KafkaError

from rapport.composition import DECIDERS, DECLARED
from shared.process import by_settings
from shared.runtime.environment import Environment
from shared.runtime.kafka.broker import ServiceBroker
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.ports.clock import SystemClock
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.redis.store import RedisStore
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


def nowhere(kafka: str = "127.0.0.1:1") -> Environment:
    return Environment(KafkaAccess(kafka), "redis://127.0.0.1:1", SystemClock(), timedelta(0))


@pytest.mark.parametrize("fails", [(ServiceBroker, "stop"), (KafkaLog, "stop"), (Service, "release")])
async def test_whatever_fails_at_a_stop_the_rest_is_closed_and_the_error_is_raised(
    fails: tuple[type, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    async def failing(_: object) -> None:
        raise KafkaError("the broker is away")

    def noted(what: str) -> Callable[[object], Awaitable[None]]:
        async def note(_: object) -> None:
            ended.append(what)

        return note

    ends = {(ServiceBroker, "stop"), (KafkaLog, "stop"), (RedisStore, "close")} - {fails}
    for where, name in ends:
        monkeypatch.setattr(where, name, noted(f"{where.__name__}.{name}"))
    for where, name in ((Service, "connect"), (ServiceBroker, "start")):
        monkeypatch.setattr(where, name, noted("begun"))
    monkeypatch.setattr(*fails, failing)
    service = Service(DECIDERS["invites"], nowhere())
    await service.start()
    with pytest.raises(KafkaError, match="the broker is away"):
        await service.stop()
    assert {f"{where.__name__}.{name}" for where, name in ends} <= set(ended)


@pytest.fixture
def own_process(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Leave out what looks at Kafka before the start, and what concerns the whole process."""

    async def nothing(*_: object) -> None: ...

    monkeypatch.setattr(by_settings, "_prepare", nothing)
    for name in ("set_up_logs", "tune_collector", "raise_limit"):
        monkeypatch.setattr(by_settings, name, lambda *_: None)
    return monkeypatch


async def test_a_start_that_kafka_refuses_ends_a_process_with_one_line(own_process: pytest.MonkeyPatch) -> None:
    own_process.setattr(by_settings, "_endpoints", lambda _: (nowhere(), None))
    app = by_settings.by_settings(DECIDERS["invites"], DECLARED["invites"])
    with pytest.raises(SystemExit, match=r"^invites: Uncertain: connect to Kafka: \w+; `rapport doctor` says why$"):
        await app.run()


async def test_a_stop_in_the_middle_of_a_start_is_no_error(own_process: pytest.MonkeyPatch) -> None:
    """The stop closes what the start was connecting to, which is `Uncertain` there: without `stopping`, an exit code of 1."""
    begun, closed = asyncio.Event(), asyncio.Event()

    async def connect(_: Service) -> None:
        begun.set()
        await closed.wait()
        raise Uncertain("connect to Kafka: the client was closed")

    async def close(_: Service) -> None:
        closed.set()
        await asyncio.sleep(60)  # the start ends first, and cancels this

    own_process.setattr(Service, "connect", connect)
    own_process.setattr(Service, "close", close)
    own_process.setattr(by_settings, "_endpoints", lambda _: (nowhere(), None))
    app = by_settings.by_settings(DECIDERS["invites"], DECLARED["invites"])
    running = asyncio.create_task(app.run())
    await begun.wait()
    app.exit()
    await asyncio.wait_for(running, 60)
    assert closed.is_set(), "the stop came in the middle, and closed what was being connected"
