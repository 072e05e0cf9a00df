from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.runtime.ports.clock import SystemClock, VirtualClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_system_clock_says_utc_in_whole_milliseconds() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_the_system_clock_counts_down_to_an_instant_and_stops_at_nothing() -> None:
    clock = SystemClock()
    assert 59.0 < clock.seconds_until(clock.now() + timedelta(minutes=1)) <= 60.0
    assert clock.seconds_until(clock.now() - timedelta(minutes=1)) == 0.0


def test_the_virtual_clock_stands_until_it_is_moved() -> None:
    clock = VirtualClock(NOON)
    assert clock.now() == NOON
    assert clock.seconds_until(NOON) == 0.0
    assert clock.seconds_until(NOON + timedelta(milliseconds=1)) is None
    clock.advance_to(NOON + timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)


def test_the_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(NOON)
    clock.advance_to(NOON - timedelta(days=1))
    assert clock.now() == NOON


def test_the_virtual_clock_keeps_utc_and_milliseconds_whatever_it_is_given() -> None:
    clock = VirtualClock(datetime(2026, 3, 1, 14, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == NOON + timedelta(milliseconds=1)
    assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        clock.advance_to(datetime(2026, 3, 2))  # noqa: DTZ001 - that it has none is the point


def test_whoever_listens_is_rung_until_he_stops() -> None:
    clock = VirtualClock(NOON)
    rung: list[str] = []
    stop_first = clock.listen(lambda: rung.append("first"))
    clock.listen(lambda: rung.append("second"))
    clock.advance_to(NOON + timedelta(hours=1))
    stop_first()
    stop_first()
    clock.advance_to(NOON + timedelta(hours=2))
    assert rung == ["first", "second", "second"]
