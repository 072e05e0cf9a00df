"""What CloudEvents' SDKs for JavaScript and Java make today is what `tests/contract/sdk/records.json` keeps of them.

They come from their registries, so this runs with the tests that need more than Python, where the tools are there.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import ACTIVITY, Event
from shared.contracts.limits import AHEAD_MAX
from shared.contracts.topics import topic_plan
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.processing.reading import read_event
from tests.docker.containers import ApacheKafka, fresh_topics
from tests.e2e.outside import records_of

pytestmark = pytest.mark.docker

SDK = Path(__file__).parents[1] / "contract" / "sdk"
SECONDS_MAX = 300


def kept(sdk: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the version that is kept of an SDK, and its records."""
    records = [one for one in json.loads((SDK / "records.json").read_text(encoding="utf-8")) if sdk in one["sdk"]]
    parts = ("event", "mode", "key", "headers", "value")
    return records[0]["version"], [{name: one[name] for name in parts} for one in records]


def told(command: list[str], folder: Path) -> list[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    return done.stdout.splitlines()


def test_javascripts_sdk_makes_what_is_kept(tmp_path: Path) -> None:
    version, records = kept("npm")
    told(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), f"cloudevents@{version}"], tmp_path)
    shutil.copy(SDK / "records.mjs", tmp_path)
    assert [json.loads(line) for line in told(["node", "records.mjs"], tmp_path)] == records


def test_javas_sdk_makes_what_is_kept(tmp_path: Path) -> None:
    version, records = kept("Maven")
    pom = Path(__file__).parents[2] / "examples" / "pom.xml"
    assert f"<version>{version}</version>" in pom.read_text(encoding="utf-8")
    shutil.copy(pom, tmp_path)
    told(["mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath"], tmp_path)
    classpath = (tmp_path / "classpath").read_text(encoding="utf-8")
    lines = told(["java", "-cp", classpath, str(SDK / "Records.java")], tmp_path)
    assert [parsed(line) for line in lines] == records


async def test_the_timestamps_of_javascripts_sdk_are_not_believed(apache_kafka: ApacheKafka, tmp_path: Path) -> None:
    """Were they, an invite of nine months ago would be due at once, and one of next year would be told next year."""
    await fresh_topics(apache_kafka.servers, plan=topic_plan())
    packages = [f"cloudevents@{kept('npm')[0]}", "kafkajs@2.2.4"]
    told(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), *packages], tmp_path)
    shutil.copy(Path(__file__).with_name("told.mjs"), tmp_path)
    before = datetime.now(UTC) - timedelta(minutes=1)
    stamps = dict(line.split() for line in told(["node", "told.mjs", apache_kafka.servers, ACTIVITY], tmp_path))
    assert set(stamps) == {"nine-months-ago", "next-year"}
    records = await records_of(KafkaAccess(apache_kafka.servers), [ACTIVITY])
    events = [event for found in records.values() for event in map(read_event, found) if isinstance(event, Event)]
    assert {event.id for event in events} == set(stamps)
    for event in events:
        assert before < event.logged < datetime.now(UTC) + timedelta(minutes=1)
        assert event.time <= event.logged + AHEAD_MAX
        assert abs(int(stamps[event.id]) / 1000 - event.logged.timestamp()) > timedelta(days=200).total_seconds()


async def test_each_codec_of_kafkajs_is_read(apache_kafka: ApacheKafka, tmp_path: Path) -> None:
    await fresh_topics(apache_kafka.servers, plan=topic_plan())
    packages = ["kafkajs@2.2.4", "kafkajs-snappy@1.1.0", "kafkajs-lz4@1.2.1", "@bokuweb/zstd-wasm@0.0.27"]
    told(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), *packages], tmp_path)
    shutil.copy(Path(__file__).with_name("packed.cjs"), tmp_path)
    names = told(["node", "packed.cjs", apache_kafka.servers, ACTIVITY], tmp_path)
    assert names == ["None", "GZIP", "Snappy", "LZ4", "ZSTD"]
    records = await records_of(KafkaAccess(apache_kafka.servers), [ACTIVITY])
    events = [event for found in records.values() for event in map(read_event, found) if isinstance(event, Event)]
    assert [event.id for event in events] == names


def parsed(line: str) -> dict[str, Any]:
    event, mode, value, *headers = line.split("\t")
    named = {name: text(of) for name, _, of in (header.partition("=") for header in headers)}
    return {"event": event, "mode": mode, "key": "zoë", "headers": named, "value": text(value)}


def text(encoded: str) -> str | None:
    return None if encoded == "-" else base64.b64decode(encoded).decode()
