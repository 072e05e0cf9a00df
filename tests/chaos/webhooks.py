"""The processes that post webhooks, and the receiver that they are posted to, as the driver sees them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rapport.webhooks.delivering.endpoints import add_endpoint
from tests.chaos.board import ANSWERS, RECEIVER, Board
from tests.chaos.crew import END_SECONDS_MAX, ROOT, Bearings
from tests.chaos.webhook_check import said_in, webhooks_against
from tests.e2e.outside import Records
from tests.valkey_cluster import free_ports

TYPES: Final = ("rapport.followup.*", "rapport.invite.retracted", "rapport.invite.ignored")
"""Not all that is said: what was not chosen must not come."""
POSTERS: Final = 2
LOOK_SECONDS: Final = 0.1
STUCK_SECONDS: Final = 45.0
"""Nothing more comes when nothing has come for so long: a group that lost a member begins anew after 10 s, twice."""


class Webhooks:
    """An endpoint, its receiver, and who posts to it."""

    def __init__(self, folder: Path, board: Board, where: Bearings, off: Sequence[str]) -> None:
        self._folder, self._board, self._where, self._off = folder, board, where, off
        self._file = folder / "webhooks.json"
        [self._port] = free_ports(1)
        url = f"http://127.0.0.1:{self._port}/"
        self._endpoint = add_endpoint(self._file, "own", url, TYPES, datetime.now(UTC), private=True)
        self._receiver: subprocess.Popen[bytes] | None = None
        self._posters: dict[int, subprocess.Popen[bytes]] = {}
        self._lives = 0
        self.kills = 0
        """Of receivers and of those who post."""
        self.came = 0
        self.again = 0

    def start(self) -> None:
        """Start the receiver and all who post to it."""
        self.start_receiver()
        for number in range(POSTERS):
            self.start_poster(number)

    def start_receiver(self) -> None:
        """Start a receiver that takes all."""
        self._lives += 1
        self.answer("takes")
        command = ["tests.chaos.receiver", str(self._folder / "board"), str(self._port), str(self._taken(self._lives))]
        self._receiver = self._started(command, "receiver", {"SECRET": self._endpoint.secret})

    def start_poster(self, number: int) -> None:
        """Start one who posts."""
        places = {
            "RAPPORT_KAFKA": self._where.kafka,
            "RAPPORT_WEBHOOKS": str(self._file),
            "RAPPORT_LOG_LEVEL": "warning",
        }
        self._posters[number] = self._started(
            ["tests.chaos.poster", json.dumps(list(self._off))], f"poster-{number}", places
        )

    def _started(self, command: Sequence[str], name: str, more: dict[str, str]) -> subprocess.Popen[bytes]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RAPPORT_")}
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", *command],
                cwd=ROOT,
                env=environment | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def answer(self, how: str) -> None:
        """Let the receiver answer so from now on: one of `board.ANSWERS`."""
        self._board.write(RECEIVER, "answers", ANSWERS.index(how))

    def kill_receiver(self) -> None:
        """End the receiver without warning, asleep or not."""
        assert self._receiver is not None
        self._receiver.kill()
        self._receiver.wait()
        self.kills += 1

    def stop_receiver(self) -> None:
        """Put the receiver to sleep: connections open, and nothing is answered."""
        assert self._receiver is not None
        self._receiver.send_signal(signal.SIGSTOP)

    def wake_receiver(self) -> None:
        """Let the receiver go on, if it was not killed."""
        assert self._receiver is not None
        self._receiver.send_signal(signal.SIGCONT)

    def kill_poster(self, number: int) -> None:
        """End one who posts without warning, asleep or not."""
        self._posters[number].kill()
        self._posters[number].wait()
        self.kills += 1

    def stop_poster(self, number: int) -> None:
        """Put one who posts to sleep."""
        self._posters[number].send_signal(signal.SIGSTOP)

    def wake_poster(self, number: int) -> None:
        """Let one who posts go on, if it was not killed."""
        self._posters[number].send_signal(signal.SIGCONT)

    def taken(self) -> Iterator[Mapping[str, Any]]:
        """Yield what all lives of the receiver have kept, in order."""
        for life in range(1, self._lives + 1):
            path = self._taken(life)
            if path.exists():  # one that was killed as it started has none
                yield from map(json.loads, path.read_bytes().splitlines())

    def _taken(self, life: int) -> Path:
        return self._folder / f"taken-{life}.jsonl"

    async def until_taken(self) -> None:
        """Wait until the receiver has taken something. Raises TimeoutError."""
        async with asyncio.timeout(STUCK_SECONDS):
            while not any(self.taken()):  # noqa: ASYNC110 - another process takes
                await asyncio.sleep(LOOK_SECONDS)

    async def judged(self, records: Records) -> Sequence[str]:
        """Wait until all has come or nothing more does, end who posts, and return what is wrong."""
        said = said_in(records, self._endpoint.wants)
        before, since = -1, time.monotonic()
        while time.monotonic() < since + STUCK_SECONDS:
            taken = list(self.taken())
            if said.keys() <= {one.get("id") for one in taken}:
                break
            if len(taken) != before:
                before, since = len(taken), time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
        bad = [f"poster {number} did not end well" for number in self._posters if not await self._ended(number)]
        taken = list(self.taken())
        self.came, self.again = len(said), len(taken) - len({one.get("id") for one in taken})
        return [*bad, *webhooks_against(said, taken)]

    async def _ended(self, number: int) -> bool:
        process = self._posters[number]
        process.terminate()
        try:
            return await asyncio.to_thread(process.wait, END_SECONDS_MAX) == 0
        except subprocess.TimeoutExpired:
            return False

    def close(self) -> None:
        """Leave nothing behind, however the run ended."""
        for process in [*self._posters.values(), *([self._receiver] if self._receiver else [])]:
            process.kill()
            process.wait()
