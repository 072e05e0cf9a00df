"""What a process says of itself in the store, and `rapport doctor` of it, on the real Kafka and Valkey."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka.errors import UnsupportedCodecError
from redis import Redis

from rapport.doctor.parts import processes as process_checks
from rapport.doctor.parts.check import Check
from rapport.operating.status import as_objects, service_statuses, statuses_if_readable
from rapport.system.endpoints import present
from services.invites.decider import DECIDER
from shared.config.settings import Settings
from shared.embedded import System
from shared.process.seeing import Seeing
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.observability.reported import process_report
from shared.runtime.ports.clock import SystemClock
from shared.runtime.service import Service
from tests.component.operating_bed import MEMBER, looking, say, set_aside

pytestmark = pytest.mark.deep

SECONDS_MAX = 60.0
LOOK_SECONDS = 0.1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_report, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(process_report, "SAY_SECONDS", 0.2)
    monkeypatch.setattr(process_checks, "LASTS_SECONDS", 0.5)


def settings(system: System) -> Settings:
    return Settings.model_validate({"kafka": system.kafka, "redis": system.redis})


async def until(system: System, wanted: Callable[[Check], bool]) -> Check:
    found = await process_checks.processes_check(settings(system))
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while not wanted(found):
                await asyncio.sleep(LOOK_SECONDS)
                found = await process_checks.processes_check(settings(system))
    except TimeoutError:
        raise AssertionError(f"doctor says {found}") from None
    return found


@asynccontextmanager
async def at_work(system: System) -> AsyncIterator[Service]:
    where = Environment(KafkaAccess(system.kafka), system.redis, SystemClock(), timedelta(milliseconds=2))
    service = Service(DECIDER, where)
    async with Seeing(settings(system)).of([service]):
        await service.start()
        try:
            yield service
        finally:
            await service.stop()


async def test_doctor_names_what_a_running_process_knows_and_nobody_sees_from_outside(own_system: System) -> None:
    async with at_work(own_system) as service:
        await until(own_system, lambda found: found.says == "1 report, all ready")
        service._feeds.failures.note(UnsupportedCodecError("snappy"))
        failing = await until(own_system, lambda found: "polls fail: UnsupportedCodecError" in found.says)
        assert not failing.ok
        service.owners[3].live = False
        unrecovered = await until(own_system, lambda found: "1 of 12 partitions are not recovered" in found.says)
        assert not unrecovered.ok
        assert "invites:" in unrecovered.says
        service.owners[3].live = True
        assert (await until(own_system, lambda found: found.ok)).says == "1 report, all ready"
    gone = await process_checks.processes_check(settings(own_system))
    assert gone == Check("processes", ok=True, says="none reports")


async def test_reports_are_few_and_go_when_nobody_renews_them(
    own_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_report, "PROCESSES_MAX", 1)
    key = process_report.key_of(DECIDER.name)
    async with at_work(own_system):
        await until(own_system, lambda found: found.says == "1 report, all ready")
        with Redis.from_url(own_system.redis) as client:
            client.hset(key, "killed/1/ab", "1 []")
            async with asyncio.timeout(SECONDS_MAX):
                while client.hlen(key) != 1:  # noqa: ASYNC110 - what is waited for rings nobody
                    await asyncio.sleep(LOOK_SECONDS)
            assert 0 < int(client.ttl(key)) <= process_report.KEEP_SECONDS
            async with at_work(own_system):
                assert int(client.hlen(key)) == 1, "there is no room for a second one"


async def test_operators_see_the_owners_a_dead_letter_with_its_record_and_have_one_read_again(
    own_system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(own_system), looking(own_system, tmp_path) as (page, wanted):
        await page.until("/operate", lambda text: "12 of 12" in text)
        service = await page.until("/operate/services/invites", lambda text: "nobody" not in text)
        assert f"/{os.getpid()}/" in service
        [invites] = [one for one in await service_statuses(wanted, present()) if one.name == "invites"]
        assert (invites.owned, [len(one.owners) for one in invites.partitions]) == (12, [1] * 12)
        assert as_objects([invites])["invites"]["partitions"][11]["recovered"] is True
        good, bad = await say(own_system, wanted.partitions)
        await page.until("/operate/letters", lambda text: bad in text)
        assert "of somebody" in await page.until(f"/operate/letters/{bad}", lambda text: "The record" in text)
        left = await page.press("/operate/letters", do="replay", place=bad)
        assert "0 will be read again" in left
        assert f"invites/{bad}" in left
        await set_aside(own_system, good)
        assert "can be read now" in await page.until(f"/operate/letters/{good}", lambda text: "The record" in text)
        assert "1 will be read again" in await page.press("/operate/letters", do="replay", place=good)
        assert page.text.count("replay asked for") == 1
        assert "1 ticked off" in await page.press("/operate/letters", do="discard", place=good)
        assert good not in page.text.partition("</div>")[2]
        await page.until("/operate/parked", lambda text: "There are none." in text)
        await page.until("/operate/why", lambda text: "Ask" in text)
        assert "Chris" in await page.press("/operate/why", member=MEMBER, item="i1")
        why = await page.told(f"{MEMBER}/why/i1")
        assert (why["item"], why["steps"][0]["type"]) == ("invite/i1", "rapport.invite.sent")
        assert "invite/i1" in (await page.told(f"{MEMBER}/why/nope"))["detail"]
        assert (await page.told("nobody/preview"))["status"] == 404
        coming = (await page.told(f"{MEMBER}/preview?days=366"))["events"]
        assert coming["rapport.invite.retraction_proposed"][0]["data"]["invites"][0]["invite_id"] == "i1"
        never = (await page.told(f"{MEMBER}/preview?days=366&set=retraction=never"))["events"]
        assert "rapport.invite.retraction_proposed" not in never
        monkeypatch.setenv("RAPPORT_REDIS", own_system.redis)
        assert (await statuses_if_readable())["invites"]["owned"] == 12
        await page.until("/operate/checks", lambda text: "dead letters" in text)
