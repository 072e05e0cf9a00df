"""`faststream run services.followups.app:app`, and that of the gateway, as processes of their own on an embedded Kafka."""

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
from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.people import Item, Profile
from shared.contracts import FOLLOWUPS, Event, FollowupScheduled, InviteAccepted, MemberJoined, decode
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.reader import Reader, UnknownMember
from shared.runtime.redis.store import RedisStore, connect
from tests.e2e.outside import records_of
from tests.e2e.processes import ROOT, environment

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.2
PARTITIONS = 12


@contextmanager
def faststream(log: Path, service: str = "followups", **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service as FastStream's own command does; end it whatever happens."""
    command = [sys.executable, "-m", "faststream", "run", f"services.{service}.app:app"]
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


async def test_the_gateways_projection_knows_who_joined_and_sigterm_ends_it(own_system: System, tmp_path: Path) -> None:
    log, now = tmp_path / "log", datetime.now(UTC).replace(microsecond=0)
    store = RedisStore(connect(own_system.redis), PROJECTION.name)
    members = Reader(PROJECTION, store, PARTITIONS)
    with faststream(log, "gateway", RAPPORT_DATA_DIR=str(own_system.folder)) as process:
        async with publisher(KafkaAccess(own_system.kafka)) as product:
            await product.say(
                Event("fs-1", "mo", now, now, MemberJoined(name="Mo", email="mo@example.org"), "/product")
            )
        async with asyncio.timeout(SECONDS_MAX):
            while await name_of("mo", members) != "Mo":
                assert process.poll() is None, log.read_text()
                await asyncio.sleep(LOOK_SECONDS)
        await store.close()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, STOP_SECONDS_MAX) == 0, log.read_text()
    assert json.loads(log.read_text().splitlines()[-1])["event"] == "stopped"


async def name_of(member: str, members: Reader[Profile, Item]) -> str | None:
    """Return what the projection calls a member; None until it knows them."""
    try:
        return await members.read(member, lambda view: view.profile.preferences.name)
    except (UnknownMember, Uncertain):  # nobody has begun the store yet
        return None


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
