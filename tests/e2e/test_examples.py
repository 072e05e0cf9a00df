"""The programs in `examples/` run as they stand there: told over HTTP by curl and by Kafka, heard by Kafka and by webhook."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.gateway.api.keys import create_key
from shared.contracts import ACTIVITY, DEAD_LETTERS
from shared.delivery.http_post import HttpPost
from shared.delivery.outcome import Failed, Taken
from shared.delivery.signature import new_secret, signed_headers
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.e2e.outside import records_of
from tests.e2e.processes import ROOT, processes
from tests.valkey_cluster import free_ports

EXAMPLES = ROOT / "examples"
SECONDS_MAX = 150.0
LINES_MAX = 60


def test_each_is_short() -> None:
    files = sorted(EXAMPLES.iterdir())
    assert [file.name for file in files if file.is_file()] == ["hear.py", "receive.mjs", "tell.py", "tell.sh"]
    assert all(len(file.read_text(encoding="utf-8").splitlines()) < LINES_MAX for file in files if file.is_file())


async def ran(*command: str) -> str:
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.mark.deep
async def test_what_the_examples_tell_is_heard_and_what_they_tell_again_counts_once(
    own_system: System, tmp_path: Path
) -> None:
    [port] = free_ports(1)
    keys, shown = tmp_path / "keys.json", tmp_path / "key"
    shown.write_text(create_key(keys, "shop", ["ingest", "act"], datetime.now(UTC))[1], encoding="utf-8")
    places = {
        "RAPPORT_KAFKA": own_system.kafka,
        "RAPPORT_REDIS": own_system.redis,
        "RAPPORT_API_KEYS": str(keys),
        "RAPPORT_GATEWAY": f"127.0.0.1:{port}",
        "RAPPORT_SESSION_TIMEOUT_MS": "1000",
    }
    by_http = ["sh", str(EXAMPLES / "tell.sh"), f"http://127.0.0.1:{port}", str(shown), "ada"]
    by_kafka = [sys.executable, str(EXAMPLES / "tell.py"), own_system.kafka, "bo"]
    with processes(["followups", "gateway"], places, tmp_path / "log") as services:
        access = KafkaAccess(own_system.kafka)
        async with asyncio.timeout(SECONDS_MAX):
            while b"rapport is ready" not in (tmp_path / "log").read_bytes():
                assert services.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
                await asyncio.sleep(0.1)
        for _ in range(2):
            said = await ran(*by_http)
            assert '{"accepted":2}' in said
            await ran(*by_kafka)
        heard = await ran(sys.executable, str(EXAMPLES / "hear.py"), own_system.kafka, "3")
        assert services.poll() is None, "the services have ended by themselves"
    lines = sorted(line.rpartition("/")[0] for line in heard.splitlines())
    assert lines == [
        "planned ada reminder/f-1/own_reminder", "planned ada reminder/f-2/own_reminder",
        "planned bo reminder/f-1/own_reminder",
    ]  # fmt: skip
    records = await records_of(access, [ACTIVITY, DEAD_LETTERS])
    ids = [dict(record.headers)["ce_id"].decode() for found in records.values() for record in found]
    assert sorted(ids) == sorted(["ada-joined", "ada-f-1", "ada-f-2", "bo-joined", "bo-f-1"] * 2), "and no dead letter"


@pytest.mark.deep
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
async def test_a_webhook_is_taken_once_and_a_forged_one_is_not() -> None:
    [port] = free_ports(1)
    secret, body = (
        new_secret(),
        b'{"id": "1", "memberid": "ada", "type": "rapport.followup.due", "data": {"text": "Thank Bo"}}',
    )
    receiver = await asyncio.create_subprocess_exec(
        "node",
        str(EXAMPLES / "receive.mjs"),
        str(port),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "RAPPORT_WEBHOOK_SECRET": secret},
    )
    assert receiver.stdout is not None
    try:
        async with asyncio.timeout(SECONDS_MAX), HttpPost(private=True) as sender:
            assert await receiver.stdout.readline() == b"listening\n"
            url, now = f"http://127.0.0.1:{port}/", datetime.now(UTC)
            _, cut = await asyncio.open_connection("127.0.0.1", port)
            cut.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
            await cut.drain()
            cut.transport.abort()
            for secrets in ([secret], [new_secret(), secret]):
                assert await sender.post(url, signed_headers(secrets, "1", now, body), body) == Taken()
            forged = signed_headers([new_secret()], "2", now, body)
            assert await sender.post(url, forged, body) == Failed("answers 401")
            old = signed_headers([secret], "1", now - timedelta(hours=1), body)
            assert await sender.post(url, old, body) == Failed("answers 401")
            assert await receiver.stdout.readline() == b"ada rapport.followup.due Thank Bo\n"
    finally:
        receiver.kill()
        rest, _ = await receiver.communicate()
    assert rest == b"", "the same id is shown once"
