"""`rapport run` in a process of its own, killed without warning again and again while the product goes on publishing.

Afterwards the log alone is asked, by a reader that shares nothing with the service but the rules: every fact is what the
rules say at its place, the numbers have no gap, nothing is unsaid, and the store is the fold of the log.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.cli.composition import CORES
from shared.contracts import (
    ACTIVITY,
    DEAD_LETTERS,
    Fact,
    FollowupCompleted,
    FollowupScheduled,
    InviteIgnored,
    InviteRetracted,
    InviteRetractionNoticed,
)
from shared.contracts.topics import topic_plan
from shared.contracts.upkeep import DeadLetter
from shared.embedded import System
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ports import Record
from shared.runtime.reading import read_fact
from shared.runtime.redis_store import RedisStore, connect
from tests.e2e.outside import Records, Verdict, judge, records_of
from tests.e2e.product import MEMBERS, POISON, Product

ROOT = Path(__file__).parents[2]
NAMES = ("invites", "followups")
KILLS = 3
ANSWERING = range(0, MEMBERS, 3)
SESSION_TIMEOUT_MS = 3_000
"""A killed process's partitions are free after this long."""
FACTS_BEFORE_A_KILL = 25
"""Own facts that each life says before it ends."""
STEP_SECONDS_MAX = 30.0
SETTLE_SECONDS_MAX = 45.0
LOOK_SECONDS = 0.005
JUDGE_SECONDS = 0.2
"""Between two judgements: they read everything."""
SETTLED = timedelta(seconds=1)
"""What fell due so long ago is said."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is left to judge when all lives are over."""

    system: System
    product: Product
    deaths: Sequence[int]
    """Exit codes."""
    at_deaths: Sequence[dict[str, Verdict]]
    records: Records
    verdicts: dict[str, Verdict]

    def facts(self) -> list[Fact]:
        found = [read_fact(record) for name in NAMES for record in self.own(name)]
        return [fact for fact in found if isinstance(fact, Fact)]

    def own(self, name: str) -> list[Record]:
        return [record for number in range(topic_plan().partitions) for record in self.records[CORES[name].own, number]]


@pytest.fixture(scope="module")
def aftermath(own_system: System, tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    return asyncio.run(_live_and_die(own_system, tmp_path_factory.mktemp("lives")))


async def _live_and_die(system: System, folder: Path) -> Aftermath:
    access = KafkaAccess(system.kafka)
    product = Product(access)
    deaths, at_deaths = [], []
    shares = [range(life, MEMBERS, KILLS) for life in range(KILLS)]
    for life, share in enumerate(shares):
        publishing = asyncio.create_task(product.publish(share))
        with _process(system, folder / f"{life}.log") as process:
            await _until_it_has_said(access, process, FACTS_BEFORE_A_KILL)
            process.send_signal(signal.SIGKILL)
            deaths.append(process.wait(STEP_SECONDS_MAX))
        records, now = await records_of(access, as_visible=True), datetime.now(UTC)
        at_deaths.append({name: judge(CORES[name], records, now) for name in NAMES})
        await publishing
    with _process(system, folder / "last.log") as process:
        await _until_nothing_is_unsaid(access, process)
        await product.answer(ANSWERING)
        await _until_nothing_is_unsaid(access, process)
        process.send_signal(signal.SIGTERM)
        deaths.append(process.wait(STEP_SECONDS_MAX))
    records, now = await records_of(access), datetime.now(UTC) - SETTLED - timedelta(seconds=STEP_SECONDS_MAX)
    verdicts = {name: judge(CORES[name], records, now, product.acknowledged) for name in NAMES}
    return Aftermath(system, product, deaths, at_deaths, records, verdicts)


@contextmanager
def _process(system: System, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the services as an operator does; end them whatever happens."""
    places = {"RAPPORT_KAFKA": system.kafka, "RAPPORT_REDIS": system.redis, "RAPPORT_SMTP": system.smtp}
    places["RAPPORT_SESSION_TIMEOUT_MS"] = str(SESSION_TIMEOUT_MS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    command = [sys.executable, "-c", "from shared.cli.app import main; main()", "run", *NAMES]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environment | places, stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


async def _until_it_has_said(access: KafkaAccess, process: subprocess.Popen[bytes], facts: int) -> None:
    """Wait until the own topics have grown by so many records."""
    own = [TopicPartition(CORES[name].own, number) for name in NAMES for number in range(topic_plan().partitions)]
    async with access.reader() as reader, asyncio.timeout(STEP_SECONDS_MAX):
        before = await _length(reader, own)
        while await _length(reader, own) < before + facts:
            assert process.poll() is None, "the services have ended by themselves"
            await asyncio.sleep(LOOK_SECONDS)


async def _length(reader: AIOKafkaConsumer, parts: Sequence[TopicPartition]) -> int:
    return sum((await reader.end_offsets(parts)).values())


async def _until_nothing_is_unsaid(access: KafkaAccess, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(SETTLE_SECONDS_MAX):
        while True:
            now = datetime.now(UTC) - SETTLED
            records = await records_of(access, as_visible=True)
            if not any(judge(CORES[name], records, now).unsaid for name in NAMES):
                return
            assert process.poll() is None, "the services have ended by themselves"
            await asyncio.sleep(JUDGE_SECONDS)


def test_kills_came_in_the_middle_of_work_and_the_last_life_ended_in_peace(aftermath: Aftermath) -> None:
    assert aftermath.deaths == [-signal.SIGKILL] * KILLS + [0]
    left = [sum(len(verdict.unsaid) for verdict in verdicts.values()) for verdicts in aftermath.at_deaths]
    assert any(left), "work was left at a death"


def test_nothing_was_said_twice_out_of_order_or_against_the_rules(aftermath: Aftermath) -> None:
    for verdicts in (*aftermath.at_deaths, aftermath.verdicts):
        assert [violation for verdict in verdicts.values() for violation in verdict.violations] == []


def test_nothing_is_left_unsaid(aftermath: Aftermath) -> None:
    assert [left for verdict in aftermath.verdicts.values() for left in verdict.unsaid] == []


def test_every_member_got_what_the_story_asks_for(aftermath: Aftermath) -> None:
    facts = aftermath.facts()
    assert len({fact.id for fact in facts}) == len(facts)
    said = Counter(type(fact.data) for fact in facts)
    answered, never = MEMBERS // 2, len(range(0, MEMBERS, 4))
    assert said[InviteIgnored] == 3 * MEMBERS - answered - never, "not those accepted, nor those approved to be let go"
    assert said[InviteRetracted] == never
    assert said[InviteRetractionNoticed] == 3 * (MEMBERS - never) - answered
    planned = 2 * MEMBERS + answered + len(ANSWERING)
    assert said[FollowupScheduled] == planned, (
        "a thanks and a reminder each; thanks for each answer; a meeting after thanks"
    )
    assert said[FollowupCompleted] == 2 * len(ANSWERING)


def test_each_unreadable_record_has_one_dead_letter_of_each_service_with_its_reason(aftermath: Aftermath) -> None:
    assert set(aftermath.product.poison.values()) == set(POISON)
    letters = {}
    for (topic, _), records in aftermath.records.items():
        for record in records if topic == DEAD_LETTERS else ():
            assert record.value is not None
            letter = DeadLetter.model_validate_json(record.value)
            letters[letter.service, letter.partition, letter.offset] = letter
    wanted = {(name, *at): kind for name in NAMES for at, kind in aftermath.product.poison.items()}
    assert set(letters) == set(wanted)
    assert {at: letter.field for at, letter in letters.items()} == {at: POISON[kind] for at, kind in wanted.items()}
    assert all(letter.topic == ACTIVITY and letter.reason for letter in letters.values())
    large = [letter for at, letter in letters.items() if wanted[at] == "900 kB value"]
    assert all((letter.value_bytes or 0) > 900_000 and len(letter.value_prefix or b"") <= 1024 for letter in large)


def test_a_type_that_nobody_knows_is_passed_over(aftermath: Aftermath) -> None:
    letters = [record for (topic, _), found in aftermath.records.items() if topic == DEAD_LETTERS for record in found]
    ids = {dict(letter.headers)["ce_id"].decode() for letter in letters}
    assert aftermath.product.unknown
    for partition, offset in aftermath.product.unknown:
        assert not [one for one in ids if one.endswith(f"/{ACTIVITY}/{partition}/{offset}")]


async def test_the_store_is_the_fold_of_the_log(aftermath: Aftermath) -> None:
    encode = msgspec.msgpack.Encoder().encode
    for name in NAMES:
        store = RedisStore(connect(aftermath.system.redis), name)
        try:
            for number, replay in enumerate(aftermath.verdicts[name].replays):
                assert await store.members(number) == sorted(replay.members)
                for member, known in replay.members.items():
                    items = {key: encode(item) for key, item in known.items.items() if item is not None}
                    stored = (await store.load(number, {member: list(items)})).members[member]
                    assert await store.keys(number, member) == sorted(items)
                    assert stored == items
        finally:
            await store.close()
