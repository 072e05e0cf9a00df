"""A copy of the store taken in the middle of work, the store destroyed, the copy brought back: a rehearsal.

The services run all the while and the product goes on publishing. The copy knows nothing of the second half of it, so
the services read that back from Kafka; then the log is judged as after any other accident.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rapport.composition import DECIDERS
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.embedded.servers import valkey, valkey_answers
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.redis.store import RedisStore, connect
from tests.e2e.outside import Verdict, judge, records_of
from tests.e2e.processes import (
    ROOT,
    STEP_SECONDS_MAX,
    check_store_is_the_apply,
    command,
    environment,
    processes,
    until_nothing_is_unsaid,
    until_they_have_said,
)
from tests.e2e.product import MEMBERS, Product

pytestmark = pytest.mark.deep

NAMES = ("invites", "followups")
EARLY, LATE, LAST = range(0, MEMBERS, 3), range(1, MEMBERS, 3), range(2, MEMBERS, 3)
EVENTS_BEFORE_THE_COPY = 25
EVENTS_AFTER_THE_COPY = 25


@dataclass(frozen=True, slots=True)
class Restored:
    """What is left to judge."""

    redis: str
    copied: dict[str, int]
    """By service, the last own numbers that the copy knows, added up."""
    at_loss: dict[str, int]
    """The same of the store that was destroyed."""
    before: Path
    """What the restore moved aside."""
    verdicts: dict[str, Verdict]


@pytest.fixture(scope="module")
def restored(own_system: System, tmp_path_factory: pytest.TempPathFactory) -> Restored:
    return asyncio.run(_lose_and_restore(own_system, tmp_path_factory.mktemp("restore")))


async def _lose_and_restore(system: System, folder: Path) -> Restored:
    access, port, copy, data = KafkaAccess(system.kafka), _free_port(), folder / "store.rdb", folder / "valkey"
    data.mkdir()
    redis = f"redis://127.0.0.1:{port}/0"
    places = {"RAPPORT_KAFKA": system.kafka, "RAPPORT_REDIS": redis, "RAPPORT_SMTP": system.smtp}
    product = Product(access)
    with processes(NAMES, places, folder / "services.log") as process:
        with _valkey(data, folder, port):
            early = asyncio.create_task(product.publish(EARLY))
            await until_they_have_said(access, NAMES, process, EVENTS_BEFORE_THE_COPY)
            await asyncio.to_thread(_rapport, places, "backup", str(copy))
            await early
            late = asyncio.create_task(product.publish(LATE))
            await until_they_have_said(access, NAMES, process, EVENTS_AFTER_THE_COPY)
            await late
            at_loss = await _numbers(redis)
        shutil.rmtree(data)
        data.mkdir()
        (data / "dump.rdb").write_bytes(b"what a broken disk left")
        await asyncio.to_thread(_restore, copy, data)
        copied = await _numbers_in(data, folder)
        with _valkey(data, folder, port):
            await product.publish(LAST)
            settled = await until_nothing_is_unsaid(access, NAMES, process)
            process.terminate()
            assert process.wait(STEP_SECONDS_MAX) == 0
            records = await records_of(access)
            verdicts = {name: judge(DECIDERS[name], records, settled, product.acknowledged) for name in NAMES}
            for name in NAMES:
                await check_store_is_the_apply(redis, name, verdicts[name].replays)
    return Restored(redis, copied, at_loss, data / "before-restore", verdicts)


@contextmanager
def _valkey(data: Path, logs: Path, port: int) -> Iterator[None]:
    """Run a Valkey on a folder, and kill it."""
    spec = valkey(data, logs, port)
    with (
        (logs / "valkey.log").open("ab") as out,
        subprocess.Popen(spec["argv"], cwd=spec["cwd"], stdout=out, stderr=out) as server,
    ):
        try:
            while not valkey_answers(port):
                assert server.poll() is None, "Valkey has ended by itself"
            yield
        finally:
            server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _rapport(places: dict[str, str], *arguments: str) -> None:
    subprocess.run(command(*arguments), cwd=ROOT, env=environment(places), check=True, timeout=STEP_SECONDS_MAX)


def _restore(copy: Path, data: Path) -> None:
    subprocess.run([ROOT / "deploy" / "restore-store.sh", copy, data], check=True, timeout=STEP_SECONDS_MAX)


async def _numbers_in(data: Path, folder: Path) -> dict[str, int]:
    """Read the numbers of a restored folder on a server of its own, which nobody else finds, and leave it as it was."""
    there = folder / "looked-at"
    shutil.copytree(data, there)
    port = _free_port()
    with _valkey(there, folder, port):
        return await _numbers(f"redis://127.0.0.1:{port}/0")


async def _numbers(redis: str) -> dict[str, int]:
    found = {}
    for name in NAMES:
        store = RedisStore(connect(redis), name)
        metas = [await store.meta(number) for number in range(topic_plan().partitions)]
        found[name] = sum(int(meta.get("number", 0)) for meta in metas)
        await store.close()
    return found


def test_the_copy_was_taken_in_the_middle_of_work(restored: Restored) -> None:
    assert sum(restored.copied.values()) >= EVENTS_BEFORE_THE_COPY
    assert sum(restored.copied.values()) < sum(restored.at_loss.values()), "what came after it is not in it"


def test_after_a_restore_nothing_was_said_twice_out_of_order_or_against_the_rules(restored: Restored) -> None:
    assert [violation for verdict in restored.verdicts.values() for violation in verdict.violations] == []


def test_after_a_restore_nothing_is_left_unsaid(restored: Restored) -> None:
    assert [left for verdict in restored.verdicts.values() for left in verdict.unpublished] == []


def test_a_restore_keeps_what_it_finds(restored: Restored) -> None:
    assert (restored.before / "dump.rdb").read_bytes() == b"what a broken disk left"
