"""What `docs/integrate.md` shows works: the Python program runs as it stands there, and none invents an event or a field.

Those in JavaScript and Java are held to the same names, and run in `tests/docker`; what their SDKs write is held by
`tests/contract/sdk`.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts import ACTIVITY, DEAD_LETTERS, EVENTS, FOLLOWUPS, TOPICS, partition_for
from shared.contracts.published.publish import MODELS
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.e2e.outside import records_of
from tests.e2e.processes import processes

pytestmark = pytest.mark.deep

PAGE = (Path(__file__).parents[2] / "docs" / "integrate.md").read_text(encoding="utf-8")
LANGUAGES = ("python", "javascript", "java")
SECONDS_MAX = 150.0
"""Of a program that waits for services that start on a busy machine; it ends by itself long before."""
MEMBER = "łucja"
"""Beyond ASCII: partitions are chosen of a key's bytes."""


def program(language: str) -> str:
    """Return the one program of a language."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def told(code: str) -> dict[str, set[str]]:
    """Return the types that a program tells, each with the fields of its data."""
    found = re.findall(r'"(rapport\.[a-z]+\.[a-z_]+)",\s*"?(\{[^}]*\})', code.replace('\\"', '"'))
    return {kind: set(re.findall(r'[{,]\s*"?([a-z_]+)"?\s*(?=[:}])', data)) for kind, data in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_names_topics_events_and_fields_that_exist(language: str) -> None:
    code = program(language)
    assert set(re.findall(r"\brapport\.[a-z-]+\.[a-z_0-9]+\b", code)) <= {*TOPICS, *MODELS}
    events = told(code)
    assert set(events) == {"rapport.member.joined", "rapport.followup.requested"}
    for kind, fields in events.items():
        assert fields <= set(EVENTS[kind].model_fields), kind
        needed = {name for name, of in EVENTS[kind].model_fields.items() if of.is_required()}
        assert needed <= fields, kind
    read = set(re.findall(r'\bdata(?:\.|\[")([a-z_]+)(?![A-Za-z_(])', code))
    heard = [MODELS[kind] for kind in ("rapport.followup.due", "rapport.followup.scheduled") if kind in code]
    assert all(any(name in model.model_fields for model in heard) for name in read)


async def test_the_program_in_python_tells_and_hears(own_system: System, tmp_path: Path) -> None:
    """Take the partitioner or a header away, and what it tells is a dead letter: no reminder is ever planned."""
    file, code = tmp_path / "product.py", program("python")
    file.write_text(code, encoding="utf-8")
    places = {
        "RAPPORT_KAFKA": own_system.kafka,
        "RAPPORT_REDIS": own_system.redis,
        "RAPPORT_SESSION_TIMEOUT_MS": "1000",
    }
    with processes(["followups"], places, tmp_path / "log") as services:
        for _ in range(2):  # the second time it tells what was told, and hears what it would have heard again
            done = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, str(file), own_system.kafka, MEMBER],
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=SECONDS_MAX,
                check=False,
            )
            assert services.poll() is None, "the services have ended by themselves"
            assert done.returncode == 0, done.stderr
            assert re.fullmatch(rf"planned {MEMBER} reminder/f-1/own_reminder/[0-9-]+\n", done.stdout), done.stdout
            file.write_text(
                code.replace("shop-reminders-", "shop-again-"), encoding="utf-8"
            )  # a group that read nothing yet
    records = await records_of(KafkaAccess(own_system.kafka), [ACTIVITY, FOLLOWUPS, DEAD_LETTERS])
    stand = {at: [record.key for record in found] for at, found in records.items() if found}
    number = partition_for(MEMBER, topic_plan().partitions)
    assert stand == {(ACTIVITY, number): [MEMBER.encode()] * 4, (FOLLOWUPS, number): [MEMBER.encode()]}
