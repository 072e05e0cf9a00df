"""`rapport run` in a process of its own, killed without warning again and again while the product goes on publishing.

Afterwards the log alone is asked, by a reader that shares nothing with the service but the rules: every event is what the
rules say at its place, the numbers have no gap, nothing is unsaid, and the store is what the log makes of it.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rapport.composition import DECIDERS
from shared.contracts import (
    ACTIVITY,
    DEAD_LETTERS,
    Event,
    FollowupCompleted,
    FollowupScheduled,
    InviteIgnored,
    InviteRetracted,
    InviteRetractionNoticed,
)
from shared.contracts.events.own.upkeep import DeadLetter
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.reading import read_event
from tests.e2e.outside import Records, Verdict, judge, records_of
from tests.e2e.processes import (
    STEP_SECONDS_MAX,
    check_store_is_the_apply,
    processes,
    until_nothing_is_unsaid,
    until_they_have_said,
)
from tests.e2e.product import MEMBERS, POISON, Product

pytestmark = pytest.mark.deep

NAMES = ("invites", "followups")
KILLS = 3
ANSWERING = range(0, MEMBERS, 3)
SESSION_TIMEOUT_MS = 3_000
"""A killed process's partitions are free after this long."""
EVENTS_BEFORE_A_KILL = 25
"""Own events that each life says before it ends."""


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

    def events(self) -> list[Event]:
        found = [read_event(record) for name in NAMES for record in self.own(name)]
        return [event for event in found if isinstance(event, Event)]

    def own(self, name: str) -> list[Record]:
        return [
            record for number in range(topic_plan().partitions) for record in self.records[DECIDERS[name].own, number]
        ]


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
        with processes(NAMES, _places(system), folder / f"{life}.log") as process:
            await until_they_have_said(access, NAMES, process, EVENTS_BEFORE_A_KILL)
            process.send_signal(signal.SIGKILL)
            deaths.append(process.wait(STEP_SECONDS_MAX))
        records, now = await records_of(access, as_visible=True), datetime.now(UTC)
        at_deaths.append({name: judge(DECIDERS[name], records, now) for name in NAMES})
        await publishing
    with processes(NAMES, _places(system), folder / "last.log") as process:
        await until_nothing_is_unsaid(access, NAMES, process)
        await product.answer(ANSWERING)
        settled = await until_nothing_is_unsaid(access, NAMES, process)
        process.send_signal(signal.SIGTERM)
        deaths.append(process.wait(STEP_SECONDS_MAX))
    records = await records_of(access)
    verdicts = {name: judge(DECIDERS[name], records, settled, product.acknowledged) for name in NAMES}
    return Aftermath(system, product, deaths, at_deaths, records, verdicts)


def _places(system: System) -> dict[str, str]:
    return {
        "RAPPORT_KAFKA": system.kafka,
        "RAPPORT_REDIS": system.redis,
        "RAPPORT_SMTP": system.smtp,
        "RAPPORT_SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
    }


def test_kills_came_in_the_middle_of_work_and_the_last_life_ended_in_peace(aftermath: Aftermath) -> None:
    assert aftermath.deaths == [-signal.SIGKILL] * KILLS + [0]
    left = [sum(len(verdict.unpublished) for verdict in verdicts.values()) for verdicts in aftermath.at_deaths]
    assert any(left), "work was left at a death"


def test_nothing_was_said_twice_out_of_order_or_against_the_rules(aftermath: Aftermath) -> None:
    for verdicts in (*aftermath.at_deaths, aftermath.verdicts):
        assert [violation for verdict in verdicts.values() for violation in verdict.violations] == []


def test_nothing_is_left_unsaid(aftermath: Aftermath) -> None:
    assert [left for verdict in aftermath.verdicts.values() for left in verdict.unpublished] == []


def test_every_member_got_what_the_story_asks_for(aftermath: Aftermath) -> None:
    events = aftermath.events()
    assert len({event.id for event in events}) == len(events)
    said = Counter(type(event.data) for event in events)
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


async def test_the_store_is_the_apply_of_the_log(aftermath: Aftermath) -> None:
    for name in NAMES:
        await check_store_is_the_apply(aftermath.system.redis, name, aftermath.verdicts[name].replays)
