"""A record's timestamp may be any number; people are shown one that a calendar has."""

import pytest

from shared.runtime.ports.instants import for_people, from_ms

LAST_DAY = "2200-12-31"


@pytest.mark.parametrize("milliseconds", [-(2**63), -1, 0, 253_402_300_800_000, 2**62, 2**63 - 1])
def test_any_timestamp_can_be_shown(milliseconds: int) -> None:
    assert f"{for_people(milliseconds):%Y-%m-%d}" in ("1970-01-01", LAST_DAY)


def test_what_a_calendar_has_is_shown_as_it_is() -> None:
    assert for_people(1_793_696_400_123) == from_ms(1_793_696_400_123)
