"""`faststream run services.followups.app:app` as a process of its own, on the embedded Kafka and Valkey of a data folder."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rapport.system.publishing import publisher
from shared.contracts import FOLLOWUPS, Event, FollowupScheduled, InviteAccepted, MemberJoined, decode
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.e2e.outside import records_of
from tests.e2e.processes import ROOT, environment

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.2


@contextmanager
def faststream(log: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service as FastStream's own command does; end it whatever happens."""
    command = [sys.executable, "-m", "faststream", "run", "services.followups.app:app"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


async def followups_of(access: KafkaAccess, member: str) -> list[FollowupScheduled]:
    said = []
    for records in (await records_of(access, [FOLLOWUPS], as_visible=True)).values():
        for record in records:
            event = decode(record.key, record.value, record.headers, datetime.now(UTC), FOLLOWUPS)
            if event is not None and event.member == member and isinstance(event.data, FollowupScheduled):
                said.append(event.data)
    return said


async def test_an_event_goes_in_a_followup_comes_out_and_sigterm_ends_it(own_system: System, tmp_path: Path) -> None:
    access, log = KafkaAccess(own_system.kafka), tmp_path / "log"
    now = datetime.now(UTC).replace(microsecond=0)
    with faststream(log, RAPPORT_DATA_DIR=str(own_system.folder)) as process:
        async with publisher(access) as product:
            await product.say(
                Event("fs-1", "mo", now, now, MemberJoined(name="Mo", email="mo@example.org"), "/product")
            )
            await product.say(
                Event("fs-2", "mo", now, now, InviteAccepted(invite_id="i", contact_id="zoe"), "/product")
            )
        async with asyncio.timeout(SECONDS_MAX):
            while not (found := await followups_of(access, "mo")):
                assert process.poll() is None, log.read_text()
                await asyncio.sleep(LOOK_SECONDS)
        assert {one.contact_id for one in found} == {"zoe"}
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, STOP_SECONDS_MAX) == 0, log.read_text()
    # All of it is JSON: loggers that are made at the import must not keep how logs look before settings are read.
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert "started" in events
    assert events[-1] == "stopped"


@pytest.mark.parametrize(
    ("settings", "says"),
    [({}, "nothing is running in"), ({"RAPPORT_KAFKA": "nobody"}, "RAPPORT_KAFKA: must be host:port")],
    ids=["nothing runs", "a wrong setting"],
)
def test_what_is_missing_is_said_in_one_line(settings: dict[str, str], says: str, tmp_path: Path) -> None:
    with faststream(tmp_path / "log", RAPPORT_DATA_DIR=str(tmp_path), **settings) as process:
        assert process.wait(STOP_SECONDS_MAX) == 1
    lines = (tmp_path / "log").read_text()
    assert says in lines
    assert "Traceback" not in lines
