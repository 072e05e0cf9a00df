"""The log of a whole run, as detailed as it gets: ids of events and members, and not a word of the people in them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts import ACTIVITY, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess

pytestmark = pytest.mark.deep

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 240.0
LOOK_SECONDS = 0.1
MEMBER, CONTACT = "m-4711", "c-4712"
WORDS = ("Wilhelmina", "Tereshkova", "wilhelmina@example.org", "Valentina", "gardenias", "orbit", "broken-note")
EVENTS = (
    {"id": "e-1", "type": "rapport.member.joined", "data": {"name": "Wilhelmina Tereshkova", "email": WORDS[2]}},
    {"id": "e-0", "type": "rapport.member.preferences_set", "data": {"quiet_hours": {"from": "12:00", "to": "12:00"}}},
    {
        "id": "e-2",
        "type": "rapport.invite.sent",
        "time": "2026-01-05T10:00:00Z",
        "data": {"invite_id": "i-1", "contact": {"id": CONTACT, "name": "Valentina"}, "why": "We spoke of gardenias."},
    },
    {
        "id": "e-3",
        "type": "rapport.followup.requested",
        "data": {"followup_id": "f-1", "contact_id": CONTACT, "what": "Ask about the orbit", "due": "2026-01-06T09:00"},
    },
)
BROKEN = b'{"invite_id": "i-2", "contact": {"id": "c", "name": "Valentina"}, "why": 17, "note": "broken-note"}'


def _environment(system: System) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    return others | {
        "RAPPORT_KAFKA": system.kafka,
        "RAPPORT_REDIS": system.redis,
        "RAPPORT_SMTP": system.smtp,
        "RAPPORT_LOG_LEVEL": "debug",
        "RAPPORT_LOG_FORMAT": "json",
    }


def _rapport(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from rapport.entry import main; main()", *arguments]


def _lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if line[-1] == "\n"]


async def _say_broken(system: System) -> None:
    headers = {"specversion": "1.0", "id": "e-4", "source": "/test", "type": "rapport.invite.sent", "memberid": MEMBER}
    pairs = [(f"ce_{name}", text.encode()) for name, text in headers.items()]
    pairs += [("ce_time", b"2026-01-05T10:00:00Z"), ("content-type", b"application/json")]
    async with AIOKafkaProducer(**KafkaAccess(system.kafka).connection()) as producer:
        partition = partition_for(MEMBER, topic_plan().partitions)
        await producer.send_and_wait(ACTIVITY, BROKEN, MEMBER.encode(), partition=partition, headers=pairs)


def test_the_log_of_a_run_names_events_and_members_by_id_and_holds_no_words_of_theirs(
    own_system: System, tmp_path: Path
) -> None:
    log = tmp_path / "run.log"
    environment = _environment(own_system)
    given = {"source": "/test", "time": "2026-01-05T09:00:00Z", "memberid": MEMBER}
    said = "".join(json.dumps({**given, **event}) + "\n" for event in EVENTS)
    with (
        log.open("wb") as out,
        subprocess.Popen(_rapport("run"), cwd=ROOT, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            subprocess.run(_rapport("send", "-"), cwd=ROOT, env=environment, input=said.encode(), check=True)
            asyncio.run(_say_broken(own_system))
            lines = _until_it_is_all_there(log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS_MAX) == 0
        finally:
            process.kill()
    text = log.read_text(encoding="utf-8")
    assert [word for word in WORDS if word in text] == []
    assert {"e-1", "e-2", "e-3"} <= {line["id"] for line in lines if line["event"] == "event"}
    assert {line["member"] for line in lines if line["event"] == "event"} == {MEMBER}
    (letter, *_) = [line for line in lines if line["event"] == "dead letter"]
    assert letter["topic"] == "rapport.activity.v1"
    assert letter["field"] == "data.why"
    assert any(line["event"].startswith("rapport is ready") for line in _lines(log))


def _until_it_is_all_there(log: Path) -> list[dict[str, Any]]:
    """Wait until the three services have read everything, an event was said and the broken record is buried by all."""
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        lines = _lines(log)
        read = [line for line in lines if line["event"] == "event" and line["id"] == "e-3"]
        due = [line for line in lines if line["event"] == "event" and line["type"] == "rapport.followup.due"]
        buried = {line["service"] for line in lines if line["event"] == "dead letter"}
        if len(read) == 2 and due and buried == {"invites", "followups", "digest"}:
            return lines
        time.sleep(LOOK_SECONDS)
    raise AssertionError("the log never had it all:\n" + log.read_text(encoding="utf-8")[-3000:])
