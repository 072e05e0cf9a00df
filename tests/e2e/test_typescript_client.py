"""A TypeScript client that is made from the API's document compiles strictly, and its example asks a real port with it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from services.gateway.api.access.keys import create_key
from services.gateway.api.app import application
from services.gateway.projection.decider import PROJECTION
from services.gateway.publishing import Position
from shared.contracts import Event, partition_for
from shared.runtime.reader import Reader
from tests.unit.services.gateway.api.api_bed import Log, pages, parts_of
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, due, planned, said, stored

pytestmark = [pytest.mark.deep, pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node's npm")]

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "examples" / "typescript"
SECONDS_MAX = 300.0
LINES_MAX = 60


class Positioned(Log):
    """Says of each event that it stands at offset 0 of its member's partition."""

    def _taken(self, event: Event) -> Position:
        self.events.append(event)
        return Position(partition_for(event.member, PARTITIONS), 0)


@asynccontextmanager
async def served(folder: Path, applied: int) -> AsyncIterator[tuple[str, Positioned]]:
    """Serve the API of a member of whom so many records were applied, with a key in `folder`; give its address."""
    ada = said(-9, "member.joined", name="Ada", zone="Europe/Paris")
    comes = (planned(day, f"contact/zoe/first_question/{day}") for day in range(1, 4))
    store = await stored([ada, due(-1, text="Thank Zoé"), *comes], cursor=applied)
    log = Positioned()
    parts = parts_of(folder / "keys.json", log, [0.0])
    parts = replace(parts, members=Reader(PROJECTION, store, PARTITIONS), now=lambda: NOW)
    _write(folder / "key", create_key(folder / "keys.json", "shop", ("ingest", "read"), NOW)[1])
    server = uvicorn.Server(
        uvicorn.Config(application(pages, parts), "127.0.0.1", 0, log_level="error", lifespan="off")
    )
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(SECONDS_MAX):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", log
    finally:
        server.should_exit = True
        await running


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a client that was made and compiled as `make client` does, beside a copy of the document."""
    root = tmp_path_factory.mktemp("client")
    folder = root / "examples" / "typescript"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules", "build", "client.ts"))
    (root / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "openapi.json", root / "docs")
    shutil.copy(ROOT / "Makefile", root)
    done = ran(["make", "client"], root)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def ran(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS_MAX, check=False
    )


async def test_its_example_reports_and_reads_page_by_page(compiled: Path, tmp_path: Path) -> None:
    async with served(tmp_path, applied=1) as (url, log):
        done = await asyncio.to_thread(ran, ["node", "build/agenda.js", url, str(tmp_path / "key"), MEMBER], compiled)
    assert done.returncode == 0, done.stderr
    assert [event.type for event in log.events] == ["rapport.contact.connected"]
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["overdue", "contact/zoe/thank/2026-11-20"], *(["coming", f"contact/zoe/first_question/{day}"] for day in (1, 2, 3)),
    ]  # fmt: skip


async def test_a_problem_comes_with_its_type(compiled: Path, tmp_path: Path) -> None:
    """Nothing is applied of what was reported: the read that waits for it ends."""
    async with served(tmp_path, applied=0) as (url, _):
        done = await asyncio.to_thread(ran, ["node", "build/agenda.js", url, str(tmp_path / "key"), MEMBER], compiled)
    assert done.returncode == 1
    assert "Error: Service Unavailable" in done.stderr


def test_a_field_that_the_document_does_not_have_is_refused_by_the_compiler(compiled: Path) -> None:
    """Were the types loose, it would compile."""
    example = (compiled / "agenda.ts").read_text(encoding="utf-8")
    _write(compiled / "wrong.ts", example.replace("who, text, what", "whom, text, what").replace("who?.", "whom?."))
    done = ran(["npx", "tsc", "--noEmit", "--project", _only(compiled, "wrong.ts")], compiled)
    assert done.returncode != 0
    assert "'whom' does not exist" in done.stdout


def _only(folder: Path, name: str) -> str:
    _write(folder / "tsconfig.wrong.json", json.dumps({"extends": "./tsconfig.json", "files": [name]}))
    return "tsconfig.wrong.json"


def test_the_example_is_short_and_pinned() -> None:
    assert len((CLIENT / "agenda.ts").read_text(encoding="utf-8").splitlines()) < LINES_MAX
    package = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    assert all(
        version[0].isdigit() for kind in ("dependencies", "devDependencies") for version in package[kind].values()
    )
    lock = json.loads((CLIENT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, one in lock.items() if "resolved" in one], "the lock says where from"
