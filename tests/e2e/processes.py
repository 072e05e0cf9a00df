"""`rapport run` in a process of its own, and what an outsider waits for: events on the topics, and nothing left unsaid."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from rapport.composition import DECIDERS
from shared.contracts.topics import topic_plan
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.processing.member.stored_form import StoredForm
from shared.runtime.redis.store import RedisStore, connect
from shared.testing.simulation.checker import Replay
from tests.e2e.outside import judge, records_of

ROOT = Path(__file__).parents[2]
STEP_SECONDS_MAX = 240.0
SETTLE_SECONDS_MAX = 240.0
LOOK_SECONDS = 0.005
JUDGE_SECONDS = 0.2
"""Between two judgements: they read everything."""
SETTLED = timedelta(seconds=1)
"""What fell due so long ago is said."""


def environment(places: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these RAPPORT_* settings and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")} | dict(places)


def command(*arguments: str) -> list[str]:
    """Return how to run `rapport` with these arguments."""
    return [sys.executable, "-c", "from rapport.entry import main; main()", *arguments]


@contextmanager
def processes(names: Sequence[str], places: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run services as an operator does; end them whatever happens."""
    with (
        log.open("wb") as out,
        subprocess.Popen(command("run", *names), cwd=ROOT, env=environment(places), stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


async def until_they_have_said(
    access: KafkaAccess, names: Sequence[str], process: subprocess.Popen[bytes], events: int
) -> None:
    """Wait until the own topics have grown by so many records."""
    own = [TopicPartition(DECIDERS[name].own, number) for name in names for number in range(topic_plan().partitions)]
    async with access.reader() as reader, asyncio.timeout(STEP_SECONDS_MAX):
        before = await _length(reader, own)
        while await _length(reader, own) < before + events:
            assert process.poll() is None, "the services have ended by themselves"
            await asyncio.sleep(LOOK_SECONDS)


async def _length(reader: AIOKafkaConsumer, parts: Sequence[TopicPartition]) -> int:
    return sum((await reader.end_offsets(parts)).values())


async def until_nothing_is_unsaid(
    access: KafkaAccess, names: Sequence[str], process: subprocess.Popen[bytes]
) -> datetime:
    """Wait until the log holds all that the rules say on it by now; return the instant that was judged."""
    async with asyncio.timeout(SETTLE_SECONDS_MAX):
        while True:
            now = datetime.now(UTC) - SETTLED
            records = await records_of(access, as_visible=True)
            if not any(judge(DECIDERS[name], records, now).unpublished for name in names):
                return now
            assert process.poll() is None, "the services have ended by themselves"
            await asyncio.sleep(JUDGE_SECONDS)


async def check_store_is_the_apply(redis: str, name: str, replays: Sequence[Replay]) -> None:
    """Compare every member and item in a service's store with the apply of the log."""
    form: StoredForm[Any, Any] = StoredForm(DECIDERS[name])
    store = RedisStore(connect(redis), name)
    try:
        for number, replay in enumerate(replays):
            assert await store.members(number) == sorted(replay.members)
            for member, known in replay.members.items():
                items = {key: form.of_item(key, item) for key, item in known.items.items() if item is not None}
                stored = (await store.load(number, {member: list(items)})).members[member]
                assert await store.keys(number, [member]) == {member: sorted(items)}
                assert stored == items
    finally:
        await store.close()
