"""What the processes of a service say of themselves, in the store: whoever looks from elsewhere can not ask their pages.

Each process says every few seconds why it is not ready, or that it is, under a key of each service that it runs, and what it
does: which partitions it owns, how far behind they are, how long its steps take, what became of mails. What it
says is forgotten soon after it falls silent, and taken back when it stops. A thread of its own says it, so an event loop
that stands is said, too. Reports are for people alone: nothing is decided by them, and nothing is lost with them.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import structlog
from redis.exceptions import NoPermissionError, RedisError

from shared.runtime.observability.health import PartitionSeen, ServiceSeen, of_process, of_service
from shared.runtime.observability.health_monitor import Watch
from shared.runtime.observability.reported.tally import Tally, Took
from shared.runtime.redis.store import Client, connect

SAY_SECONDS: Final = 5.0
"""Between two reports that say the same."""
LOOK_SECONDS: Final = 0.5
"""Between two looks: what was well and is not any more, or the reverse, is said at once."""
KEEP_SECONDS: Final = 30
"""So long a report is kept that nobody renews."""
PROCESSES_MAX: Final = 256
"""Reports of one service that are kept. Beyond it a process says nothing; its pages still do."""
REASONS_MAX: Final = 20
REASON_CHARS_MAX: Final = 300
PARTITIONS_MAX: Final = 1_000
"""Of one service that a report tells of."""
STOP_SECONDS_MAX: Final = 5.0
OTHER_FORM: Final = "what it says of itself is of a form that this version does not read"

_REPORT: Final = files("shared.runtime.redis").joinpath("lua", "report.lua").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Report:
    """What a process said last."""

    process: str
    """Host, process id and a random word, as a process id alone comes again."""
    reasons: tuple[str, ...]
    """Why it is not ready, or can not be helped but by a restart; empty when all is well."""
    seconds_ago: int
    partitions: Mapping[int, PartitionSeen] = field(default_factory=dict)
    """Those that it owns."""
    effects: int = 0
    """Mails that are handed over just now."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Since its start, as `Tally` has it."""
    publish: Took | None = None
    commit: Took | None = None


def key_of(service: str) -> str:
    """Return the key of a service's reports. It begins as all keys of the service do, so no further right is needed."""
    return f"{{{service}:report}}:processes"


async def reports(client: Client, service: str) -> list[Report]:
    """Read what the processes of a service have said lately."""
    answer = await _asked(client, "EVAL", _READ, 1, key_of(service))
    now, held = int(answer[0]), answer[1]
    found = [_read(process, text, now) for process, text in zip(held[::2], held[1::2], strict=True)]
    return sorted((one for one in found if one.seconds_ago <= KEEP_SECONDS), key=lambda one: one.process)


_READ: Final = "return {redis.call('TIME')[1], redis.call('HGETALL', KEYS[1])}"


async def _asked(client: Client, *command: Any) -> Any:
    return await client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py


def _read(process: bytes, text: bytes, now: int) -> Report:
    written_at, _, rest = text.decode(errors="replace").partition(" ")
    ago = max(0, now - int(written_at)) if written_at.isdecimal() else 0
    try:
        return _report(process.decode(errors="replace"), json.loads(rest), ago)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Report(process.decode(errors="replace"), (OTHER_FORM,), ago)


def _report(process: str, fields: Any, ago: int) -> Report:
    if isinstance(fields, list):  # of an older process, which tells nothing but its reasons
        return Report(process, tuple(fields), ago)
    partitions = {int(number): PartitionSeen(*seen) for number, *seen in fields["partitions"]}
    publish, commit = (None if took is None else Took(*took) for took in (fields["publish"], fields["commit"]))
    return Report(
        process, tuple(fields["reasons"]), ago, partitions, fields["effects"], fields["counts"], publish, commit
    )


def text_of(reasons: Sequence[str], seen: ServiceSeen | None, tally: Tally) -> str:
    """Return what a report says, as `reports` reads it."""
    partitions = sorted(seen.partitions.items())[:PARTITIONS_MAX] if seen is not None else []
    fields = {
        "reasons": [reason[:REASON_CHARS_MAX] for reason in reasons[:REASONS_MAX]],
        "partitions": [[number, one.recovered, round(one.overdue, 1), one.lag] for number, one in partitions],
        "effects": 0 if seen is None else seen.effects,
        "counts": tally.counts,
        "publish": tally.publish,
        "commit": tally.commit,
    }
    return json.dumps(fields, separators=(",", ":"))


class Reporter:
    """Reports of one process, from `start` to `stop`, of these services and to this store."""

    def __init__(
        self, watch: Watch, services: Sequence[str], url: str, tallies: Mapping[str, Tally] | None = None
    ) -> None:
        self.process = f"{socket.gethostname()[:64]}/{os.getpid()}/{secrets.token_hex(2)}"
        self._watch = watch
        self._services = services
        self._tallies = tallies or {}
        self._url = url
        self._stop = threading.Event()
        self._reported: dict[str, tuple[bool, float]] = {}
        """Of each service: whether all was well, and when that was said."""
        self._forbidden = False
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Say it from now on; returns at once."""
        self._thread.start()

    async def stop(self) -> None:
        """Take back what was said, and say nothing more."""
        self._stop.set()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS_MAX)

    def _run(self) -> None:
        asyncio.run(self._report())

    async def _report(self) -> None:
        client = connect(self._url)
        try:
            while not self._stop.is_set():
                for service in self._services:
                    await self._say(client, service)
                await asyncio.sleep(LOOK_SECONDS)
            for service in self._services:
                await self._ask(client, "HDEL", key_of(service), self.process)
        finally:
            await client.aclose()

    async def _say(self, client: Client, service: str) -> None:
        seen, patience = self._watch.seen, self._watch.patience
        reasons = [*of_process(seen, patience), *of_service(seen, patience, service)]
        well, at = self._reported.get(service, (None, 0.0))
        if well is (not reasons) and time.monotonic() - at < SAY_SECONDS:
            return
        of_it = next((one for one in seen.services if one.name == service), None) if seen else None
        text = text_of(reasons, of_it, self._tallies.get(service) or Tally())
        self._reported[service] = (not reasons, time.monotonic())
        await self._ask(client, "EVAL", _REPORT, 1, key_of(service), self.process, text, KEEP_SECONDS, PROCESSES_MAX)

    async def _ask(self, client: Client, *command: Any) -> None:
        """Ask the store once; one that does not answer is said by others, and asked again a while later."""
        try:
            await _asked(client, *command)
        except NoPermissionError as error:
            if not self._forbidden:
                self._forbidden = True
                structlog.get_logger().warning("the store takes no reports, so doctor lacks them", reason=str(error))
        except (RedisError, OSError, TimeoutError):
            pass
