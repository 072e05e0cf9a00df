"""`rapport dead-letters` on the real Kafka: the record itself, for people and programs, and refusals that come at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from rapport.cli import main
from rapport.system.dead_letter_reader import read_letters
from shared.contracts import ACTIVITY, DEAD_LETTERS, dead_letter
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess

USAGE = 2
PARTITION = 5
VALUE = b'{"invite_id": 7, "why": "\xff \xc3\xa9\x1b[2J"}'


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def letters(embedded: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(embedded.folder))

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*(["dead-letters"] if arguments[0] != "doctor" else []), *arguments])
        said = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, said.out, said.err)

    return ran


@pytest.fixture
def letter(embedded: System) -> tuple[str, str]:
    """The id of a dead letter, and the id that its record's producer gave the event."""
    event = f"e-{uuid4()}"

    async def written() -> int:
        async with AIOKafkaProducer(bootstrap_servers=embedded.kafka) as producer:
            headers = [("ce_id", event.encode()), ("ce_source", b"/shop"), ("ce_type", b"rapport.invite.sent")]
            sent = await producer.send_and_wait(ACTIVITY, VALUE, b"ada", partition=PARTITION, headers=headers)
            await producer.send_and_wait(DEAD_LETTERS, *_letter(sent.offset), partition=PARTITION)
            offset: int = sent.offset
            return offset

    return f"followups/{ACTIVITY}/{PARTITION}/{asyncio.run(written())}", event


def _letter(offset: int) -> tuple[bytes, bytes | None]:
    key, value, _ = dead_letter(
        service="followups", topic=ACTIVITY, partition=PARTITION, offset=offset, key=b"ada", value=VALUE,
        reason="specversion: is missing", written=datetime(2027, 1, 15, tzinfo=UTC),
    )  # fmt: skip
    return value, key


def test_the_record_stands_there_with_its_headers(letters: Command, letter: tuple[str, str]) -> None:
    name, event = letter
    told: dict[str, Any] = json.loads(letters("show", name, "--json").out)
    record = told["record"]
    assert (told["id"], record["key"], record["headers"]["ce_id"]) == (name, "ada", event)
    assert record["headers"]["ce_source"] == "/shop"
    assert record["value"] == VALUE.decode(errors="backslashreplace")
    assert told["now"]["unreadable"]["field"] == "specversion"
    assert told["logged"].endswith("Z")
    shown = letters("show", name)
    assert (shown.code, shown.err) == (0, "")
    for text in (name, "ada", event, "specversion: is missing", "é"):
        assert text in shown.out
    assert "\x1b" not in shown.out


def test_a_timestamp_that_no_calendar_has_breaks_no_command(embedded: System, letters: Command) -> None:
    async def written() -> None:
        async with AIOKafkaProducer(bootstrap_servers=embedded.kafka) as producer:
            value, key = _letter(2**40)
            await producer.send_and_wait(DEAD_LETTERS, value, key, partition=PARTITION, timestamp_ms=2**62)

    asyncio.run(written())
    ran = letters("list")
    assert (ran.code, ran.err) == (0, "")
    assert f"2200-12-31 00:00:00  {ACTIVITY}/{PARTITION}/{2**40}" in ran.out
    assert "member ada]" in ran.out
    assert "OverflowError" not in letters("doctor").out


def test_programs_read_what_was_asked_for_and_what_was_left_alone(letters: Command, letter: tuple[str, str]) -> None:
    ran = letters("replay", letter[0], "--json")
    assert (ran.code, json.loads(ran.out)) == (1, {"asked": [], "left_alone": {letter[0]: "specversion: is missing"}})
    assert ran.err.splitlines()[-1] == "rapport: 1 record still can not be read"


def test_a_partition_that_does_not_exist_is_not_asked_for(letters: Command) -> None:
    name = f"followups/{ACTIVITY}/99/1"
    ran = letters("replay", name)
    assert (ran.code, ran.err.splitlines()[0]) == (1, f"{name}: left alone: there is no such partition of this topic")


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--service", "nope"), ("replay", "--all", "--service", "nope"), ("replay", f"nope/{ACTIVITY}/1/1"),
        ("show", f"nope/{ACTIVITY}/1/1"),
    ],
)  # fmt: skip
def test_a_service_that_does_not_exist_is_refused(letters: Command, arguments: tuple[str, ...]) -> None:
    ran = letters(*arguments)
    assert (ran.code, ran.out) == (USAGE, "")
    assert "there is no such service; there are invites, followups, digest" in " ".join(
        ran.err.replace("│", " ").split()
    )


def test_the_doctor_counts_them_and_names_the_command(letters: Command, letter: tuple[str, str]) -> None:
    listed = len(letters("list").out.splitlines())
    records = "1 record" if listed == 1 else f"{listed} records"
    checks = {check["name"]: check for check in json.loads(letters("doctor", "--json").out)["checks"]}
    assert letter[0].removeprefix("followups/") in letters("list").out
    assert checks["dead letters"] == {
        "name": "dead letters", "ok": True, "says": f"{records} -> rapport dead-letters list",
    }  # fmt: skip


@pytest.mark.deep
def test_a_record_has_one_entry_and_is_ticked_off(embedded: System, letters: Command, letter: tuple[str, str]) -> None:
    place = letter[0].removeprefix("followups/")
    offset = int(place.rpartition("/")[2])

    async def another_service() -> None:
        key, value, _ = dead_letter(
            service="digest", topic=ACTIVITY, partition=PARTITION, offset=offset, key=b"ada", value=VALUE,
            reason="specversion: is missing", written=datetime(2027, 1, 15, tzinfo=UTC),
        )  # fmt: skip
        async with AIOKafkaProducer(bootstrap_servers=embedded.kafka) as producer:
            await producer.send_and_wait(DEAD_LETTERS, value, key, partition=PARTITION)

    asyncio.run(another_service())
    told = [json.loads(line) for line in letters("list", "--json").out.splitlines()]
    [entry] = [one for one in told if one["id"] == place]
    assert (entry["services"], entry["discarded"]) == (["digest", "followups"], False)
    assert letters("show", place).code == 0
    assert set(json.loads(letters("replay", place, "--json").out)["left_alone"]) == {letter[0], f"digest/{place}"}
    ran = letters("discard", place)
    assert (ran.code, ran.out) == (0, "1 record discarded.\n")
    assert f"{place}  " not in letters("list").out
    assert "(discarded)" in next(line for line in letters("list", "--all").out.splitlines() if f"{place}  " in line)
    assert letters("discard", place).code == 1, "it is ticked off already"
    assert letters("discard").code == USAGE
    assert letters("discard", "--all").code == 0
    assert letters("list").out == ""
    checks = {check["name"]: check for check in json.loads(letters("doctor", "--json").out)["checks"]}
    assert checks["dead letters"]["says"] == "none"


def test_a_look_at_the_last_ones_leaves_out_what_stands_further_back(embedded: System, letters: Command) -> None:
    """A gateway reads no more than that: else who makes them by the million fills its memory."""

    async def written() -> list[str]:
        async with AIOKafkaProducer(bootstrap_servers=embedded.kafka) as producer:
            for offset in (2**41, 2**41 + 1, 2**41 + 2):
                await producer.send_and_wait(DEAD_LETTERS, *_letter(offset), partition=PARTITION)
        found = await read_letters(KafkaAccess(embedded.kafka), 2)
        return [one.id for one in found if one.letter.partition == PARTITION and one.letter.offset >= 2**41]

    assert asyncio.run(written()) == [f"followups/{ACTIVITY}/{PARTITION}/{2**41 + one}" for one in (1, 2)]
    assert f"{PARTITION}/{2**41} " in letters("list").out, "the command line looks at all"
