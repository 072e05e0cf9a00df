"""How far webhooks are behind is a problem before a retention deletes what waits, and the day is named."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata, OffsetAndTimestamp

from rapport.doctor.outgoing.webhooks import verdict, webhooks_check
from rapport.webhooks import behind
from rapport.webhooks.behind import Behind
from rapport.webhooks.delivering.endpoints import Endpoint
from rapport.webhooks.delivering.posting import Meters
from rapport.webhooks.runner import BEFORE
from shared.config.settings import Settings
from shared.contracts import FOLLOWUPS
from shared.delivery.signature import new_secret
from shared.runtime.ports.instants import to_ms

DUE = "rapport.followup.due"
NOW, KEEP = datetime(2026, 3, 30, 12, tzinfo=UTC), timedelta(days=30)


class Reader:
    """Two partitions that begin at 5 and end at 9; the first record since an instant stands where it is said."""

    def __init__(self, at_ms: int, offsets: dict[int, int]) -> None:
        self.at_ms, self.offsets = at_ms, offsets

    async def beginning_offsets(self, parts: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(parts, 5)

    async def end_offsets(self, parts: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(parts, 9)

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, OffsetAndTimestamp]:
        assert set(times.values()) == {self.at_ms}
        return {at: OffsetAndTimestamp(self.offsets[at.partition], self.at_ms) for at in times}


def since(days: float) -> Behind:
    return Behind("crm", NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("one", "keep", "ok", "says"),
    [
        (Behind("crm"), KEEP, True, "crm, all is posted"),
        (since(1), KEEP, True, "crm, what waits is of 2026-03-29 12:00"),
        (since(4), None, False, "crm, what waits is of 2026-03-26 12:00"),
        (since(16), KEEP, False, "crm, what waits is of 2026-03-14 12:00, and may be deleted from 2026-04-13 on"),
        (Behind("crm", lost=3), KEEP, False, "crm, 3 offsets were deleted before they were posted"),
    ],
)
def test_what_waits_is_told(one: Behind, keep: timedelta | None, ok: bool, says: str) -> None:
    found = verdict([one], keep, NOW)
    assert (found.ok, found.says) == (ok, says)


@pytest.mark.parametrize(
    ("committed", "waits"),
    [({}, {0: 7, 1: 4}), ({0: 3}, {0: 5, 1: 4}), ({0: 9, 1: 9}, {0: 9, 1: 9})],
    ids=["never run, or forgotten", "of some partitions", "all is posted"],
)
async def test_where_nothing_is_committed_all_since_the_endpoint_began_waits(
    monkeypatch: pytest.MonkeyPatch, committed: dict[int, int], waits: dict[int, int]
) -> None:
    looked_at: dict[int, int] = {}
    endpoint = Endpoint(name="crm", url="https://example.org", secret=new_secret(), created=NOW, types=(DUE,))
    reader = Reader(to_ms(NOW - BEFORE), {0: 7, 1: 4})

    async def offsets_of(*_: object) -> dict[TopicPartition, OffsetAndMetadata]:
        return {TopicPartition(FOLLOWUPS, at): OffsetAndMetadata(offset, "") for at, offset in committed.items()}

    async def two(*_: object) -> int:
        return 2

    async def logged(_: object, offsets: dict[TopicPartition, int], ends: dict[TopicPartition, int]) -> list[datetime]:
        looked_at.update({at.partition: offset for at, offset in offsets.items()})
        return [NOW for at, offset in offsets.items() if offset < ends[at]]

    for name, put in (("offsets_of", offsets_of), ("partitions_of", two), ("_logged", logged)):
        monkeypatch.setattr(behind, name, put)
    access: Any = SimpleNamespace(reader=lambda **_: nullcontext(reader))
    found = await behind.behind_of(access, endpoint)
    assert looked_at == waits
    assert found.since == (None if committed.keys() == {0, 1} else NOW)


async def test_a_file_that_nobody_can_read_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.json"
    file.write_text('{"endpoints": [{"name"')
    [check] = await webhooks_check(Settings(webhooks=file), NOW)
    assert (check.ok, check.name) == (False, "webhooks")
    assert str(file) in check.says


def test_only_those_that_are_wrong_are_named() -> None:
    assert verdict([Behind("shop"), since(16)], KEEP, NOW).says.startswith("crm, what waits")


def test_an_endpoint_that_is_gone_has_no_series_any_more() -> None:
    meters = Meters()
    meters.waits({"crm": 1, "shop": 0}, {"crm": 12.5})
    value = meters.registry.get_sample_value
    assert value("rapport_webhook_waiting_seconds", {"endpoint": "crm"}) == 12.5
    assert value("rapport_webhook_waiting_seconds", {"endpoint": "shop"}) == 0
    meters.waits({"shop": 0}, {})
    assert value("rapport_webhook_waiting_seconds", {"endpoint": "crm"}) is None
