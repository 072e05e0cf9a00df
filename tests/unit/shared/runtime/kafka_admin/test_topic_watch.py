"""A live owner learns that a topic was deleted and created again, whose offsets may fit."""

from __future__ import annotations

import asyncio

import pytest

from shared.runtime.kafka_admin import topic_watch
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_log import FakeLog

SECONDS_MAX = 120.0


class NoFaults:
    async def step(self, where: str) -> None: ...


async def test_a_topic_that_was_made_again_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_watch, "LOOK_SECONDS", 0.001)
    cluster, told, looks = FakeCluster(["own", "other"], partitions=1), list[str](), 0
    log = FakeLog(cluster, "own", NoFaults())
    ask = log.identity

    async def counted(topics: list[str]) -> object:
        nonlocal looks
        looks += 1
        return await ask(topics)

    async def until_looks(more: int) -> None:
        wanted = looks + more
        async with asyncio.timeout(SECONDS_MAX):
            while looks < wanted:  # noqa: ASYNC110 - it looks by itself
                await asyncio.sleep(0.001)

    monkeypatch.setattr(log, "identity", counted)
    watching = asyncio.create_task(topic_watch.watch_topics(log, ["own", "other"], told.append))
    await until_looks(2)
    assert told == []
    cluster.recreate("other")
    await until_looks(5)
    assert told == ["other"]
    watching.cancel()
