"""The programs in `examples/` run as they stand there: told over HTTP by curl and by Kafka, heard by Kafka and by webhook."""

from __future__ import annotations

import asyncio
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from faststream import AckPolicy

from services.gateway.api.access.keys import create_key
from shared.contracts import ACTIVITY, DEAD_LETTERS, EVENTS, TOPICS
from shared.contracts.published.publish import MODELS
from shared.delivery.http_post import HttpPost, Posting
from shared.delivery.outcome import Delivered, Rejected
from shared.delivery.signature import new_secret, signed_headers
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.e2e.outside import records_of
from tests.e2e.processes import ROOT, processes
from tests.valkey_cluster import free_ports

EXAMPLES = ROOT / "examples"
PROGRAMS = {
    file.name: file.read_text(encoding="utf-8")
    for file in sorted(EXAMPLES.glob("*.*"))
    if file.suffix not in {".json", ".xml"}
}
"""Those of other languages run in `tests/docker/test_programs.py`, which has their packages."""
SECONDS_MAX = 150.0
LINES_MAX = 60
TOLD = {
    "rapport.member.joined": {"name": "Ada", "zone": "Europe/London"},
    "rapport.followup.requested": {"followup_id": "f-1", "what": "Call Grace", "due": "2199-12-01T09:00"},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_is_short_and_the_page_that_leads_with_them_names_it(name: str) -> None:
    assert len(PROGRAMS[name].splitlines()) < LINES_MAX
    assert f"](../examples/{name})" in (ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_names_topics_events_and_fields_that_exist(name: str) -> None:
    code = PROGRAMS[name].replace('\\"', '"')
    assert set(re.findall(r"\brapport\.[a-z-]+\.[a-z_0-9]+\b", code)) <= {*TOPICS, *MODELS}
    heard = [MODELS[kind] for kind in ("rapport.followup.due", "rapport.followup.scheduled")]
    for field in re.findall(r'\bdata(?:\.|\["|\.path\(")([a-z_]+)(?![A-Za-z_(])', code):
        assert any(field in model.model_fields for model in heard) or field == "path", field


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name.lower().startswith("tell")])
def test_all_of_them_tell_the_same(name: str) -> None:
    """Keys stand with quotes or without, as the language has it."""
    code = re.sub(r"\s+", " ", PROGRAMS[name].replace('\\"', '"'))
    for kind, data in TOLD.items():
        assert kind in code
        EVENTS[kind].model_validate(data)
        for field, value in data.items():
            assert re.search(rf'\b{field}"?: "{re.escape(value)}"', code), f"{kind}: {field}"


def test_what_is_heard_by_faststream_is_committed_after_it_was_acted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the policy out: FastStream commits first, and a crash meanwhile loses the reminder."""
    monkeypatch.setattr(sys, "argv", ["hear.py", "nowhere:9092", "1"])
    monkeypatch.setattr(asyncio, "run", lambda main: main.close())
    [subscriber] = runpy.run_path(str(EXAMPLES / "hear.py"))["broker"].subscribers
    assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR


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
    shown.write_text(create_key(keys, "shop", ["ingest", "read", "act"], datetime.now(UTC))[1], encoding="utf-8")
    places = {
        "RAPPORT_KAFKA": own_system.kafka,
        "RAPPORT_REDIS": own_system.redis,
        "RAPPORT_API_KEYS": str(keys),
        "RAPPORT_GATEWAY": f"127.0.0.1:{port}",
        "RAPPORT_SESSION_TIMEOUT_MS": "1000",
    }
    door = [f"http://127.0.0.1:{port}", str(shown), "ada"]
    by_kafka = [sys.executable, str(EXAMPLES / "tell.py"), own_system.kafka, "bo"]
    with processes(["followups", "gateway", "projection"], places, tmp_path / "log") as services:
        access = KafkaAccess(own_system.kafka)
        async with asyncio.timeout(SECONDS_MAX):
            while b"rapport is ready" not in (tmp_path / "log").read_bytes():
                assert services.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
                await asyncio.sleep(0.1)
        for _ in range(2):
            said = await ran("sh", str(EXAMPLES / "tell.sh"), *door)
            assert '{"accepted":2}' in said
            await ran(*by_kafka)
        heard = await ran(sys.executable, str(EXAMPLES / "hear.py"), own_system.kafka, "3")
        await _hears_by_http(door, tmp_path / "heard")
        assert services.poll() is None, "the services have ended by themselves"
    lines = sorted(line.rpartition("/")[0] for line in heard.splitlines())
    assert lines == [
        "planned ada reminder/f-1/own_reminder", "planned ada reminder/f-2/own_reminder",
        "planned bo reminder/f-1/own_reminder",
    ]  # fmt: skip
    records = await records_of(access, [ACTIVITY, DEAD_LETTERS])
    ids = [dict(record.headers)["ce_id"].decode() for found in records.values() for record in found]
    wanted = ["ada-joined", "ada-f-1", "ada-f-2", "bo-joined", "bo-f-1"] * 2 + ["answer-f-1", "answer-f-2", "ada-f-3"]
    assert sorted(ids) == sorted(wanted), "and no dead letter"


async def _hears_by_http(door: list[str], kept: Path) -> None:
    """Answer one reminder while it listens, and one while it does not; then have it go back behind both.

    Take the place away that it keeps, and it hears of no second answer; the ids, and it says both of them again.
    """
    url, shown, member = door
    key = {"authorization": f"Bearer {_kept(Path(shown))}"}
    listens = ["sh", str(EXAMPLES / "hear.sh"), *door, "1", str(kept)]
    async with httpx.AsyncClient(base_url=f"{url}/v1/members/{member}", headers=key, timeout=SECONDS_MAX) as client:
        items = await _planned(client, 2)
        first = await asyncio.create_subprocess_exec(*listens, stdout=asyncio.subprocess.PIPE)
        assert first.stdout is not None
        async with asyncio.timeout(SECONDS_MAX):
            agenda = await first.stdout.readline()
            assert agenda.startswith(b"agenda {")
            assert all(item.encode() in agenda for item in items)
            while not (place := _kept(kept / "place")).endswith("\n"):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.01)
            await _answered(client, items[0], "answer-f-1")
            said, _ = await first.communicate()
        assert said.decode().splitlines() == [f"rapport.followup.completed {items[0]}"]
        await _answered(client, items[1], "answer-f-2")
        assert await ran(*listens) == f"rapport.followup.completed {items[1]}\n"

        (kept / "place").write_text(place, encoding="utf-8")
        reminder = {"id": "ada-f-3", "followup_id": "f-3", "what": "Thank Bo", "due": "2199-12-03T09:00"}
        (await client.post("/followups", json=reminder)).raise_for_status()
        [third] = await _planned(client, 1)
        assert await ran(*listens) == f"rapport.followup.scheduled {third}\n"


def _kept(file: Path) -> str:
    return file.read_text(encoding="utf-8")


async def _planned(client: httpx.AsyncClient, count: int) -> list[str]:
    """Wait until so many reminders are open, all of them planned by the service, and return them."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            answer = await client.get("/followups")
            found = [one["id"] for one in answer.json()["open"]] if answer.status_code == httpx.codes.OK else []
            if len(found) == count and not any(one.endswith("/asked") for one in found):
                return sorted(found)
            await asyncio.sleep(0.1)


async def _answered(client: httpx.AsyncClient, item: str, event: str) -> None:
    (await client.post(f"/followups/{item}/done", json={"id": event})).raise_for_status()


def _own(folder: Path) -> str:
    """The receiver in `examples/`, with Node alone."""
    return str(EXAMPLES / "receive.mjs")


def _with_a_library(folder: Path) -> str:
    """The one that the page shows, with the library of Standard Webhooks for JavaScript."""
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    [code] = re.findall(r"^```javascript\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (folder / "receive.mjs").write_text(code, encoding="utf-8")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(EXAMPLES / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS_MAX, check=False)
    assert installed.returncode == 0, installed.stderr
    return str(folder / "receive.mjs")


@pytest.mark.deep
@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and its npm")
@pytest.mark.parametrize("made", [_own, _with_a_library])
async def test_a_webhook_is_taken_once_and_a_forged_one_is_not(made: Callable[[Path], str], tmp_path: Path) -> None:
    program = await asyncio.to_thread(made, tmp_path)
    [port] = free_ports(1)
    secret, body = (
        new_secret(),
        b'{"id": "1", "memberid": "ada", "type": "rapport.followup.due", "data": {"text": "Thank Bo"}}',
    )
    receiver = await asyncio.create_subprocess_exec(
        "node",
        program,
        str(port),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "WEBHOOK_SECRET": secret},
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
                assert await sender.send(Posting(url, signed_headers(secrets, "1", now, body), body)) == Delivered()
            forged = signed_headers([new_secret()], "2", now, body)
            assert await sender.send(Posting(url, forged, body)) == Rejected("answers 401")
            old = signed_headers([secret], "1", now - timedelta(hours=1), body)
            assert await sender.send(Posting(url, old, body)) == Rejected("answers 401")
            assert await receiver.stdout.readline() == b"ada rapport.followup.due Thank Bo\n"
    finally:
        receiver.kill()
        rest, _ = await receiver.communicate()
    assert rest == b"", "the same id is shown once"
