"""A start that Kafka leaves alone in its middle begins anew, and not for ever."""

from __future__ import annotations

import pytest
from aiokafka.errors import KafkaConnectionError

from rapport.doctor.startup import STARTS_MAX, begun
from rapport.terminal.failure import Failure
from shared.runtime.ports.interfaces import Uncertain


class Start:
    """Fails with each of the errors in turn, then succeeds; notes when it was waited for Kafka before."""

    def __init__(self, *errors: Exception, there: int = STARTS_MAX + 1) -> None:
        self.errors = list(errors)
        self.order: list[str] = []
        self._there = there

    async def there(self) -> bool:
        self.order.append("there")
        self._there -= 1
        return self._there >= 0

    async def begin(self) -> None:
        self.order.append("begin")
        if self.errors:
            raise self.errors.pop(0)


async def test_a_start_begins_anew_once_kafka_is_there_again() -> None:
    start = Start(
        Uncertain("connect to Kafka: gone"), KafkaConnectionError("gone"), ConnectionResetError(), TimeoutError()
    )
    assert await begun(start.begin, start.there)
    assert start.order == ["there", "begin"] * 5


async def test_whoever_is_stopped_while_it_waits_has_not_begun() -> None:
    start = Start(Uncertain("gone"), there=1)
    assert not await begun(start.begin, start.there)
    assert start.order == ["there", "begin", "there"]


async def test_what_fails_each_time_is_said_in_one_line() -> None:
    start = Start(*[Uncertain("connect to Kafka: gone")] * (STARTS_MAX + 1))
    with pytest.raises(Failure, match=rf"gone again in each of {STARTS_MAX} starts \(connect to Kafka: gone\)"):
        await begun(start.begin, start.there)


async def test_an_error_of_another_kind_is_not_tried_again() -> None:
    start = Start(ValueError("a fault"))
    with pytest.raises(ValueError, match="a fault"):
        await begun(start.begin, start.there)
