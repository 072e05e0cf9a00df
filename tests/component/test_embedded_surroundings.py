"""The embedded system in folders of any name, on a disk that is full, and closed to other eyes."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from redis import Redis

from shared.embedded import System, running, start
from shared.embedded.folder.server_logs import reason_of
from tests.component.test_embedded import TOPIC, heard, say, wait_until

pytestmark = pytest.mark.deep

NAMES = ("d\u00e4 t\u00e4", "d,comma", "d\\back", "$HOME %s #x 'q' \"p\"", " blanks ", "line\nend", "\u5317\u4eac")
DISK_BYTES = 96 * 1024 * 1024


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


async def test_a_folder_of_any_name_holds_all_there_is_and_moves_with_it(tmp_path: Path) -> None:
    """One system after another in the same data, whose folder gets another name each time."""
    folder = tmp_path / NAMES[0]
    for number in range(len(NAMES)):
        with start(folder) as system:
            await say(system.addresses, f"word {number}")
            words = [f"word {one}" for one in range(number + 1)]
            assert await heard(system.addresses) == (words, words)
        assert _names(tmp_path) == [folder.name], "nothing stands beside it"
        assert all(not mode & 0o077 for mode in _modes(folder).values()), {
            name: oct(mode) for name, mode in _modes(folder).items() if mode & 0o077
        }
        folder = folder.rename(tmp_path / NAMES[(number + 1) % len(NAMES)])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, which is soon full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)], check=False, capture_output=True
    ).returncode  # fmt: skip
    if not mounted:
        pytest.skip("needs the right to mount a disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


async def test_a_full_disk_is_named_and_kafka_is_back_with_all_it_had_once_there_is_room(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: list[str] = []
    folder = small_disk / "data"
    _try_again_soon(tmp_path, monkeypatch)
    with start(folder, on_trouble=troubles.append) as system:
        await say(system.addresses, "acknowledged")
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            _fill(file.fileno())
        await _until_kafka_ends(system)
        wait_until(lambda: bool(troubles))
        assert "kafka ends again and again" in troubles[0]
        assert "the disk is full" in troubles[0]
        found = running(folder)
        assert found is None or "the disk is full" in found.given_up.get("kafka", "the disk is full")
        filler.unlink()
        wait_until(system.answers)
        words, _ = await heard(system.addresses)
        assert words[0] == "acknowledged"


def _try_again_soon(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the supervisor rest for seconds instead of a minute: it is a script of its own, so it is told on its way."""
    whole = Path.with_name

    def quick(path: Path, name: str) -> Path:
        script = whole(path, name)
        if name != "supervisor.py":
            return script
        text = (
            script.read_text().replace("RESTARTS_MAX = 5", "RESTARTS_MAX = 0").replace("CALM_S = 60.0", "CALM_S = 8.0")
        )
        patched = folder / "supervisor.py"
        patched.write_text(text)
        return patched

    monkeypatch.setattr(Path, "with_name", quick)


def _fill(descriptor: int) -> None:
    try:
        while True:
            os.write(descriptor, bytes(1024 * 1024))
    except OSError:
        return


async def _until_kafka_ends(system: System) -> None:
    """Write until Kafka finds no room."""
    before = system.addresses.processes["kafka"]
    producer = AIOKafkaProducer(**system.addresses.access().connection(), request_timeout_ms=1_000)
    await producer.start()
    try:
        for _ in range(200):
            if system.addresses.processes["kafka"] != before or system.given_up:
                return
            try:
                await producer.send_and_wait(TOPIC, bytes(500_000), partition=0)
            except Exception:  # noqa: BLE001 - whatever a client says of a broker that dies
                continue
    finally:
        await producer.stop()


def test_a_full_disk_is_found_in_a_log_and_else_its_last_line(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("ERROR Error while writing\njava.io.IOException: No space left on device\n\tat x\nshutting down\n")
    assert reason_of(log) == "the disk is full; make room"
    log.write_text("first\nERROR last line\n\tat somewhere\n")
    assert reason_of(log) == "ERROR last line"
    assert "see " in reason_of(tmp_path / "absent.log")


async def test_a_full_store_has_an_uncertain_outcome_of_its_own(own_system: System) -> None:
    from shared.runtime.ports.errors import UncertainKind
    from shared.runtime.ports.interfaces import Changes, MemberChange, Uncertain
    from shared.runtime.redis.store import RedisStore, connect

    store = RedisStore(connect(own_system.redis), "full")
    await store.acquire(0, "a:0", "w")
    with Redis.from_url(own_system.redis) as redis:
        redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(Uncertain, match="it is full") as error:
                await store.commit(0, "a:0", "a:1", Changes(members={"m": MemberChange(puts={"k": b"v" * 1000})}))
            assert error.value.kind is UncertainKind.STORE_FULL
            assert await store.meta(0), "it answers all the same"
        finally:
            redis.config_set("maxmemory", 0)
    await store.close()
