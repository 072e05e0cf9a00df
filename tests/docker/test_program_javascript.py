"""The program in JavaScript that `docs/integrate.md` shows tells and hears, as it stands there, with its packages from npm.

It needs no container, but a registry: so it runs with the tests that need more than Python, where npm is there.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from shared.contracts import ACTIVITY, DEAD_LETTERS, FOLLOWUPS, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.docker.test_sdks import kept, told
from tests.e2e.outside import records_of
from tests.e2e.processes import processes
from tests.e2e.test_integrate import MEMBER, program

pytestmark = pytest.mark.docker


async def test_the_program_in_javascript_tells_and_hears(own_system: System, tmp_path: Path) -> None:
    packages = [f"cloudevents@{kept('npm')[0]}", "kafkajs@2.2.4"]
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), *packages]
    await asyncio.to_thread(told, install, tmp_path)
    (tmp_path / "product.mjs").write_text(program("javascript"), encoding="utf-8")
    places = {
        "RAPPORT_KAFKA": own_system.kafka,
        "RAPPORT_REDIS": own_system.redis,
        "RAPPORT_SESSION_TIMEOUT_MS": "1000",
    }
    with processes(["followups"], places, tmp_path / "log") as services:
        said = await asyncio.to_thread(told, ["node", "product.mjs", own_system.kafka, MEMBER], tmp_path)
        assert services.poll() is None, "the services have ended by themselves"
    [planned] = [line for line in said if not line.startswith("{")]  # KafkaJS writes its log beside it
    assert re.fullmatch(rf"planned {MEMBER} reminder/f-1/own_reminder/[0-9-]+", planned), said
    records = await records_of(KafkaAccess(own_system.kafka), [ACTIVITY, FOLLOWUPS, DEAD_LETTERS])
    stand = {at: [record.key for record in found] for at, found in records.items() if found}
    number = partition_for(MEMBER, topic_plan().partitions)
    assert stand == {(ACTIVITY, number): [MEMBER.encode()] * 2, (FOLLOWUPS, number): [MEMBER.encode()]}
