"""The embedded system with its real servers: what survives, what ends with whom, what is refused and how."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from redis import Redis

from shared.contracts.topics import topic_plan
from shared.embedded import Addresses, EmbeddedError, System, ports, running, servers, start
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import TopicsRefused, ensure_topics

TOPIC = "rapport.activity.v1"
DEADLINE_S = 240.0
OWNER = """
import signal, sys
from pathlib import Path
from shared.embedded import start
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
with start(Path(sys.argv[1]), notice=print):
    print("ready", flush=True)
    sys.stdin.read()
"""


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Say whether the process is there. Whoever ends a server also waits for it, so it leaves no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def say(addresses: Addresses, word: str) -> None:
    """Write the word into both servers, acknowledged."""
    await ensure_topics(addresses.access(), topic_plan())
    async with AIOKafkaProducer(**addresses.access().connection(), acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(TOPIC, word.encode(), partition=0)
    with Redis.from_url(addresses.redis) as redis:
        redis.rpush("words", word)


async def heard(addresses: Addresses) -> tuple[list[str], list[str]]:
    """Return the words that both servers know."""
    partition = TopicPartition(TOPIC, 0)
    words: list[str] = []
    async with AIOKafkaConsumer(**addresses.access().connection(), auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        async with asyncio.timeout(DEADLINE_S):
            while await consumer.position(partition) < end:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    words += [record.value.decode() for record in records]
    with Redis.from_url(addresses.redis) as redis:
        return words, [word.decode() for word in redis.lrange("words", 0, -1)]


@contextmanager
def owner(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Addresses, list[str]]]:
    """Start a system in a process and session of its own, as a terminal would; yield also what it noticed."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    with process:
        try:
            assert process.stdout is not None
            notices: list[str] = []
            while (line := process.stdout.readline()) != "ready\n":
                assert line, "the owner has ended"
                notices.append(line)
            found = running(folder)
            assert found is not None
            assert found.pid == process.pid
            yield process, found, notices
        finally:
            process.kill()


@pytest.mark.deep
async def test_data_survives_a_stop_and_nothing_is_left_running(tmp_path: Path) -> None:
    with start(tmp_path) as system:
        before = system.addresses
        assert set(before.processes) == {"kafka", "valkey"}
        assert running(tmp_path) == before
        await say(before, "one")
    assert running(tmp_path) is None
    assert not any(lives(pid) for pid in before.processes.values())

    with start(tmp_path) as system:
        assert (system.addresses.kafka, system.addresses.redis) == (before.kafka, before.redis), (
            "the same ports and password"
        )
        await say(system.addresses, "two")
        assert await heard(system.addresses) == (["one", "two"], ["one", "two"])


@pytest.mark.deep
async def test_servers_end_with_an_owner_that_is_killed_and_the_next_one_takes_over(tmp_path: Path) -> None:
    with owner(tmp_path) as (process, addresses, notices):
        assert notices == []
        await say(addresses, "acknowledged")
        with Redis.from_url(addresses.redis) as redis:
            redis.waitaof(1, 0, 5000)  # Valkey promises the last second only after the disk has it
        process.kill()
    assert running(tmp_path) is None, "at once, though its servers may still be ending"

    with owner(tmp_path) as (process, again, notices):  # waits by itself until the old servers are gone
        assert "".join(notices).startswith(f"process {addresses.pid} left")
        assert not any(lives(pid) for pid in addresses.processes.values())
        assert await heard(again) == (["acknowledged"], ["acknowledged"])
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C goes to the terminal's whole group
        process.wait(DEADLINE_S)
        assert not any(lives(pid) for pid in again.processes.values()), "stopped before the owner ends"
    assert not (tmp_path / "system.json").exists(), "a clean stop"


@pytest.mark.deep
async def test_a_server_that_is_killed_comes_back_on_its_port_with_all_it_had_acknowledged(tmp_path: Path) -> None:
    with start(tmp_path) as system:
        before = system.addresses
        await say(before, "acknowledged")
        with Redis.from_url(before.redis) as redis:
            redis.waitaof(1, 0, 5000)
        for pid in before.processes.values():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: all(system.addresses.processes[name] != pid for name, pid in before.processes.items()))
        wait_until(system.answers)
        assert await heard(system.addresses) == (["acknowledged"], ["acknowledged"])
        assert (found := running(tmp_path)) is not None
        assert found.processes == system.addresses.processes, "others learn the new process ids"


def test_a_second_start_on_a_folder_is_refused_and_the_owner_named(embedded: System) -> None:
    with (
        pytest.raises(EmbeddedError, match=rf"in use by process {os.getpid()}.*RAPPORT_DATA_DIR"),
        start(embedded.folder),
    ):
        pytest.fail("two systems in one folder")
    assert running(embedded.folder) == embedded.addresses, "the first is not disturbed"


@pytest.mark.deep
@pytest.mark.parametrize("name", ["kafka", "controller", "valkey"])
def test_a_port_that_another_program_takes_first_is_left_to_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = ports.choose
    with socket.create_server((ports.LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]

        def too_late(file: Path, names: Sequence[str], *, afresh: bool = False) -> dict[str, int]:
            chosen = choose(file, names, afresh=afresh)
            return chosen if afresh or name not in chosen else chosen | {name: taken}

        monkeypatch.setattr(ports, "choose", too_late)
        with start(tmp_path) as system:
            assert system.answers()
            assert str(taken) not in system.kafka + system.redis


def test_a_file_that_a_dead_owner_left_is_not_believed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "owner.lock").write_text(f"{gone.pid}\n")
    left = {"kafka": "127.0.0.1:9", "redis": "redis://127.0.0.1:9/0", "smtp": "", "pid": gone.pid, "processes": {}}
    (tmp_path / "system.json").write_text(json.dumps(left))
    assert running(tmp_path) is None


async def test_another_number_of_partitions_is_refused_for_ever(embedded: System) -> None:
    access = KafkaAccess(embedded.kafka)
    assert await ensure_topics(access, topic_plan()) == [], "all there, nothing to do"
    with pytest.raises(TopicsRefused, match=r"rapport\.activity\.v1 has 12 partitions, not 6.*RAPPORT_PARTITIONS"):
        await ensure_topics(access, topic_plan(), partitions=6)


def test_a_mail_is_kept_as_it_came_with_its_html_beside_it(embedded: System) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "rapport@example.org", "ada@example.org", "Grüße"
    message["Message-ID"] = "<../weekly/1@example.org>"
    message.set_content("plain")
    message.add_alternative("<p>Grüße</p>", subtype="html")
    host, port = embedded.smtp.removeprefix("smtp://").split(":")
    with smtplib.SMTP(host, int(port)) as client:
        client.send_message(message)

    (kept,) = (embedded.folder / "mail").glob("*weekly_1@example.org.eml")
    assert kept.read_bytes() in embedded.mails.received
    assert b"Message-ID: <../weekly/1@example.org>" in kept.read_bytes()
    assert kept.with_suffix(".html").read_text() == "<p>Grüße</p>\n"


def test_no_cluster_is_named_like_an_option() -> None:
    assert servers.cluster_id(b"\xf8" + bytes(15))[0] == "A"
    assert servers.cluster_id(bytes(16)) == "A" * 22
