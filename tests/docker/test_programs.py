"""The programs in `examples/` that enter Kafka, in each language: what they tell is read, and what they hear they hear once.

They need no container, but npm's and Maven's registries: so they run with the tests that need more than Python.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from msgspec.structs import replace

from shared.contracts import ACTIVITY, FOLLOWUPS, Event, encode, from_json_line, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.processing.reading import read_event
from tests.docker.test_sdks import kept, told
from tests.e2e.outside import records_of
from tests.e2e.processes import ROOT

pytestmark = pytest.mark.docker
EXAMPLES = ROOT / "examples"
GOLDEN = ROOT / "tests" / "contract" / "golden"
ANOTHER = {"followup_id": "reminder/another"}
SECONDS_MAX = 60.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Language:
    """How the two programs of a language are run in a folder, and the group that the one that hears is in."""

    tell: str
    hear: str
    made: Callable[[Path, str], list[str]]
    group: str
    member: str = "łucja"
    """Beyond ASCII: partitions are chosen of a key's bytes."""


def python(folder: Path, program: str) -> list[str]:
    return [sys.executable, str(EXAMPLES / program)]


def node(folder: Path, program: str) -> list[str]:
    if not (folder / "node_modules").is_dir():
        for name in ("package.json", "package-lock.json", "tell.mjs", "hear.mjs"):
            shutil.copy(EXAMPLES / name, folder)
        told(["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], folder)
    return ["node", program]


def java(folder: Path, program: str) -> list[str]:
    if not (folder / "classpath").is_file():
        shutil.copy(EXAMPLES / "pom.xml", folder)
        told(["mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath"], folder)
    return ["java", "-cp", (folder / "classpath").read_text(encoding="utf-8"), str(EXAMPLES / program)]


LANGUAGES = {
    "faststream": Language("tell.py", "hear.py", python, "shop-reminders"),
    "confluent": Language("tell_confluent.py", "hear_confluent.py", python, "shop-reminders-confluent"),
    "kafkajs": Language("tell.mjs", "hear.mjs", node, "shop-reminders-kafkajs"),
    # What Java takes of an argument beyond ASCII is for the locale to say.
    "java": Language("Tell.java", "Hear.java", java, "shop-reminders-java", "rob"),
}
each = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where packages are installed, once for both programs of a language."""
    return tmp_path_factory.mktemp("examples")


async def run(language: Language, program: str, folder: Path, *arguments: str) -> list[str]:
    command = await asyncio.to_thread(language.made, folder, program)
    return await asyncio.to_thread(told, [*command, *arguments], folder)


@each
async def test_what_is_told_is_read_on_its_members_partition(
    own_system: System, folder: Path, language: Language
) -> None:
    """Take the partitioner, a header or the id away, and one of these is wrong."""
    before = await _activities(own_system)
    for _ in range(2):
        await run(language, language.tell, folder, own_system.kafka, language.member)
    events = (await _activities(own_system))[len(before) :]
    assert {event.member for event in events} == {language.member}
    assert [event.id for event in events] == [f"{language.member}-joined", f"{language.member}-f-1"] * 2
    assert [event.type for event in events] == ["rapport.member.joined", "rapport.followup.requested"] * 2


async def _activities(system: System) -> list[Event]:
    """Return all that was told, by the broker's clock; each is an event, and where its key belongs."""
    found = []
    for (_, number), records in (await records_of(KafkaAccess(system.kafka), [ACTIVITY])).items():
        for record in records:
            event = read_event(record)
            assert isinstance(event, Event), f"{record}: {event}"
            assert number == partition_for(event.member, topic_plan().partitions)
            found.append((record.logged_ms, record.offset, event))
    return [event for _, _, event in sorted(found, key=lambda one: one[:2])]


@pytest.fixture(scope="module")
def repeated(own_system: System) -> None:
    """What no service says: an event twice, and one that was taken back."""
    with ThreadPoolExecutor(1) as apart:  # the test that asks first may run in an event loop
        apart.submit(asyncio.run, _say_it(own_system)).result()


async def _say_it(system: System) -> None:
    due, planned = _golden()
    access = KafkaAccess(system.kafka)
    async with AIOKafkaProducer(**access.connection(), transactional_id="for-the-examples") as producer:
        async with producer.transaction():
            for event in (due, planned, due, planned):
                await _append(producer, event)
        await producer.begin_transaction()
        await _append(producer, replace(planned, id="taken-back"))
        await producer.abort_transaction()
        async with producer.transaction():
            await _append(producer, replace(planned, id="another", data=planned.data.model_copy(update=ANOTHER)))


def _golden() -> tuple[Event, Event]:
    """Return a reminder that is to be shown at once, and one that is planned."""
    due, planned = (
        from_json_line(json.loads((GOLDEN / f"rapport.followup.{kind}.json").read_text(encoding="utf-8")))
        for kind in ("due", "scheduled")
    )
    return replace(due, data=due.data.model_copy(update={"push": True})), planned


async def _append(producer: AIOKafkaProducer, event: Event) -> None:
    key, value, headers = encode(event)
    number = partition_for(event.member, topic_plan().partitions)
    await producer.send_and_wait(FOLLOWUPS, value, key, partition=number, headers=headers)


@each
@pytest.mark.usefixtures("repeated")
async def test_what_is_heard_twice_counts_once_and_what_was_taken_back_is_not_heard(
    own_system: System, folder: Path, language: Language
) -> None:
    """Take the set of ids or `read_committed` away, and there is a line too many."""
    await coordinated(own_system, language.group)
    said = await run(language, language.hear, folder, own_system.kafka, "3")
    due, planned = (f"{event.member} {event.data.model_dump()['followup_id']}" for event in _golden())
    assert said == [f"show {due}", f"planned {planned}", f"planned {_golden()[1].member} {ANOTHER['followup_id']}"]


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


def test_the_versions_of_the_examples_are_those_of_the_kept_records() -> None:
    assert (
        json.loads((EXAMPLES / "package.json").read_text(encoding="utf-8"))["dependencies"]["cloudevents"]
        == kept("npm")[0]
    )
    assert f"<version>{kept('Maven')[0]}</version>" in (EXAMPLES / "pom.xml").read_text(encoding="utf-8")
