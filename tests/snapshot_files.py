"""Partitions as each version has left them, topics and snapshots: `.venv/bin/python -m tests.snapshot_files`.

It writes those of today's versions into `tests/contract/golden/snapshots`, where there are none. Those of older versions
stay: whoever has such snapshots comes from there, and each version that follows has to read them.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rapport.composition import SERVICES
from shared.runtime.ports.interfaces import Record
from shared.testing.fakes.fake_partition import Outcome, Transaction
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.plan import PLAN
from shared.testing.world import World
from tests.simulation.projected import ProjectedWorld
from tests.simulation.snapshotted import DAYS, EVERY, SEED, a_world, more

FOLDER: Final = Path(__file__).parent / "contract" / "golden" / "snapshots"
_DATE: Final = 0
"""Of the compressed file: the same content has the same bytes."""


def world_of(name: str) -> World:
    """Return a world of a service, or of the projection, with snapshots, in which nothing has happened yet."""
    return a_world(name) if name != "projection" else ProjectedWorld(SEED, replace(PLAN, snapshot_every=EVERY))


def lived(name: str) -> tuple[World, Actor]:
    """Return a world in which rounds of snapshots have come to their end, and more was told since."""
    world = world_of(name)
    actor = world.start()
    for _ in range(DAYS):
        assert more(world, actor) is None
    return world, actor


def file_of(name: str, version: int) -> Path:
    """Return where the partition stands that a version has left."""
    return FOLDER / f"{name}-{version}.json.gz"


def recorded(world: World) -> dict[str, Any]:
    """Return all that stands on the topics of a world, control records as null."""
    world.cluster.write_markers()
    topics = {}
    for topic in (*world.decider.topics, world.decider.snapshots):
        found = {record.offset: _told(record) for record in world.cluster.committed(topic, 0)[0]}
        topics[topic] = [found.get(offset) for offset in range(world.cluster.bounds(topic, 0).end)]
    return {"now": world.clock.now().isoformat(), "topics": topics}


def played(name: str, told: dict[str, Any]) -> World:
    """Return a world whose topics hold what was recorded, at that time. Nobody has begun in it, and its store is empty."""
    world = world_of(name)
    world.clock.advance_to(datetime.fromisoformat(told["now"]))
    ended = Transaction()
    ended.outcome = Outcome.COMMITTED
    for topic, records in told["topics"].items():
        for offset, record in enumerate(records):
            world.cluster._logs[topic, 0].add(_record(topic, offset, record) if record else None, ended)
    return world


def read(path: Path) -> dict[str, Any]:
    """Return what a file holds."""
    told: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return told


def _told(record: Record) -> list[Any]:
    headers = [[key, value.decode()] for key, value in record.headers]
    return [_text(record.key), _text(record.value), headers, record.logged_ms]


def _record(topic: str, offset: int, told: list[Any]) -> Record:
    key, value, headers, logged_ms = told
    pairs = tuple((name, text.encode()) for name, text in headers)
    return Record(topic, 0, offset, _bytes(key), _bytes(value), pairs, logged_ms)


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b85encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b85decode(text)


def main() -> None:
    """Write what today's versions leave, where it is not there yet."""
    FOLDER.mkdir(exist_ok=True)
    for name, decider in SERVICES.items():
        path = file_of(name, decider.version)
        if not path.exists():
            world, _ = lived(name)
            path.write_bytes(gzip.compress(json.dumps(recorded(world)).encode(), mtime=_DATE))


if __name__ == "__main__":
    main()
