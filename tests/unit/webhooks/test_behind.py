"""How far webhooks are behind is a problem before a retention deletes what waits, and the day is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rapport.doctor.webhooks_check import verdict
from rapport.webhooks.behind import Behind
from rapport.webhooks.posting import Meters

NOW, KEEP = datetime(2026, 3, 30, 12, tzinfo=UTC), timedelta(days=30)


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
