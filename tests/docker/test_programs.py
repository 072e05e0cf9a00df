"""The programs in JavaScript and Java that `docs/integrate.md` shows tell and hear, as they stand there.

They need no container, but npm's and Maven's registries: so they run with the tests that need more than Python.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.contracts import ACTIVITY, DEAD_LETTERS, FOLLOWUPS, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.docker.test_sdks import SDK, kept, told
from tests.e2e.outside import records_of
from tests.e2e.processes import processes
from tests.e2e.test_integrate import MEMBER, program

pytestmark = pytest.mark.docker
SECONDS_MAX = 60.0
LOOK_SECONDS = 0.2


def javascript(folder: Path) -> list[str]:
    packages = [f"cloudevents@{kept('npm')[0]}", "kafkajs@2.2.4"]
    told(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages], folder)
    (folder / "product.mjs").write_text(program("javascript"), encoding="utf-8")
    return ["node", "product.mjs"]


def java(folder: Path) -> list[str]:
    shutil.copy(SDK / "pom.xml", folder)
    told(["mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath"], folder)
    (folder / "Product.java").write_text(program("java"), encoding="utf-8")
    return ["java", "-cp", (folder / "classpath").read_text(encoding="utf-8"), "Product.java"]


async def coordinated(system: System, group: str) -> None:
    """Wait until the broker, which has just started, knows of the group: KafkaJS ends at an answer that says "not yet"."""
    admin = AIOKafkaAdminClient(bootstrap_servers=system.kafka)
    await admin.start()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                try:
                    await admin.list_consumer_group_offsets(group)
                except KafkaError as error:
                    if not error.retriable:
                        raise
                    await asyncio.sleep(LOOK_SECONDS)
                else:
                    return
    finally:
        await admin.close()


@pytest.mark.parametrize(
    ("made", "member", "answer"),
    [
        (javascript, MEMBER, rf"planned {MEMBER} reminder/f-1/own_reminder/[0-9-]+"),
        # What Java takes of an argument beyond ASCII is for the locale to say.
        (java, "rob", r'planned rob \{.*"reminder/f-1/own_reminder/[0-9-]+".*\}'),
    ],
    ids=["javascript", "java"],
)
async def test_the_program_tells_and_hears(
    own_system: System, tmp_path: Path, made: Callable[[Path], list[str]], member: str, answer: str
) -> None:
    command = await asyncio.to_thread(made, tmp_path)
    places = {
        "RAPPORT_KAFKA": own_system.kafka,
        "RAPPORT_REDIS": own_system.redis,
        "RAPPORT_SESSION_TIMEOUT_MS": "1000",
    }
    await coordinated(own_system, f"shop-reminders-{member}")
    with processes(["followups"], places, tmp_path / "log") as services:
        said = await asyncio.to_thread(told, [*command, own_system.kafka, member], tmp_path)
        assert services.poll() is None, "the services have ended by themselves"
    [planned] = [line for line in said if line.startswith("planned ")]  # KafkaJS writes its log beside it
    assert re.fullmatch(answer, planned), said
    records = await records_of(KafkaAccess(own_system.kafka), [ACTIVITY, FOLLOWUPS, DEAD_LETTERS])
    keys = {at: [record.key for record in found if record.key == member.encode()] for at, found in records.items()}
    number = partition_for(member, topic_plan().partitions)
    stand = {at: len(found) for at, found in keys.items() if found}
    assert stand == {(ACTIVITY, number): 2, (FOLLOWUPS, number): 1}
