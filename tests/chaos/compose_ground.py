"""Kafka and Valkey of `docker-compose.yml`, in a project of its own, hurt by the engine. The workers run beside it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio import Redis

from shared.contracts.topics import topic_plan
from shared.embedded import mail, ports
from shared.embedded.servers import kafka_answers, valkey_answers
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics
from tests.chaos.crew import ROOT, Bearings

UP_SECONDS_MAX = 240.0
BACK_SECONDS_MAX = 120.0
LOOK_SECONDS = 0.1
SESSION_TIMEOUT_MS = 6_000
"""Brokers refuse less, unless they are told otherwise."""
FILES = "/data/appendonlydir"
COPY = "/data/chaos-copy"


@asynccontextmanager
async def compose(folder: Path) -> AsyncIterator[ComposeGround]:
    """Start broker and store under a project and ports of their own, with all topics; take everything away at the end."""
    chosen = ports.choose(folder / "compose-ports.json", ["kafka", "valkey", "smtp"])
    secrets = folder / "secrets"
    ground = ComposeGround(f"rapport-chaos-{os.getpid()}", chosen["kafka"], chosen["valkey"], secrets)
    with mail.catching(folder / "mail", chosen["smtp"], None) as (smtp, catcher):
        ground.mails = catcher.received
        ground.where = replace(ground.where, smtp=f"smtp://{ports.LOOPBACK}:{smtp}")
        try:
            await ground.docker("up", "--detach", "--wait", "kafka", "valkey")
            await ensure_topics(KafkaAccess(ground.where.kafka), topic_plan().on_virtual_clock())
            yield ground
        finally:
            await ground.docker("down", "--volumes", "--timeout", "5")


class ComposeGround:
    """The containers of a run."""

    def __init__(self, project: str, kafka: int, valkey: int, secrets: Path) -> None:
        self.where = Bearings(
            f"{ports.LOOPBACK}:{kafka}", f"redis://{ports.LOOPBACK}:{valkey}/0", "", SESSION_TIMEOUT_MS
        )
        self.mails: list[bytes] = []
        self._project = project
        self._environment = os.environ | {
            "KAFKA_PORT": str(kafka), "VALKEY_PORT": str(valkey), "SECRETS_DIR": str(secrets),
        }  # fmt: skip
        secrets.mkdir(exist_ok=True)
        (secrets / "valkey.conf").write_text("protected-mode no\n", encoding="utf-8")  # no password, on loopback

    async def docker(self, *command: str) -> None:
        """Run a command of `docker compose` on the project; what it says is shown when it fails."""
        process = await asyncio.create_subprocess_exec(
            "docker", "compose", "--project-name", self._project, *command,
            cwd=ROOT, env=self._environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(), UP_SECONDS_MAX)
        assert process.returncode == 0, f"docker compose {' '.join(command)}: {said.decode()[-2000:]}"

    async def kill(self, name: str) -> None:
        """End a server without warning, and start it again; return when it answers."""
        await self.docker("kill", "--signal", "KILL", name)
        await self._start(name)

    async def restart(self, name: str) -> None:
        """End a server gently, and start it again; return when it answers."""
        await self.docker("stop", name)
        await self._start(name)

    async def cut_store(self, seconds: float) -> int:
        """Kill the store and take away what it wrote in so many last seconds, at least; how much that is, nobody knows."""
        await self.copy_store()
        await asyncio.sleep(seconds)
        await self.put_store_back()
        return 0

    async def copy_store(self) -> None:
        """Keep a copy of the store's files, beside them."""
        await self.docker("exec", "-T", "valkey", "sh", "-c", f"rm -rf {COPY} && cp -r {FILES} {COPY}")

    async def put_store_back(self) -> None:
        """Kill the store and put the copy in its place."""
        await self.docker("kill", "--signal", "KILL", "valkey")
        command = f"rm -rf {FILES} && cp -r {COPY} {FILES}"
        await self.docker("run", "--rm", "--no-deps", "-T", "--entrypoint", "sh", "valkey", "-c", command)
        await self._start("valkey")

    async def empty_store(self) -> None:
        """Delete everything in the store."""
        client = Redis.from_url(self.where.redis)
        try:
            await client.flushall()
        finally:
            await client.aclose()

    async def _start(self, name: str) -> None:
        await self.docker("start", name)
        port = urlsplit(self.where.redis if name == "valkey" else f"kafka://{self.where.kafka}").port or 0
        answers = valkey_answers if name == "valkey" else kafka_answers
        deadline = time.monotonic() + BACK_SECONDS_MAX
        while not await asyncio.to_thread(answers, port):
            assert time.monotonic() < deadline, f"{name} does not come back"
            await asyncio.sleep(LOOK_SECONDS)
