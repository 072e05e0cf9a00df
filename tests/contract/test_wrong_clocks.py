"""Events of producers whose clocks are wrong: what lies more than a day ahead of its log time counts as a day ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.contracts import ACTIVITY, Event, EventData, MemberPreferencesSet
from shared.contracts.cloudevents import codec
from shared.contracts.limits import AHEAD_MAX
from shared.preferences import Preferences, evolve_preferences

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
FAR = datetime(2150, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def set_to(every: str) -> EventData:
    return MemberPreferencesSet.model_validate({"digest": {"every": every}})


def said(time: datetime, mark: str = "e-1", every: str = "daily", **more: str) -> Event:
    return Event(id=mark, member="ada", time=time, logged=time, data=set_to(every), source="/product", **more)  # type: ignore[arg-type]


def read(event: Event, logged: datetime) -> Event:
    key, value, headers = codec.encode(event)
    found = codec.decode(key, value, headers, logged, ACTIVITY)
    assert found is not None
    return found


@pytest.mark.parametrize("origin", [None, "import"], ids=["at a glance", "header by header"])
@pytest.mark.parametrize(
    ("stated", "counts"),
    [
        (FAR, NOON + AHEAD_MAX),
        (NOON + AHEAD_MAX + timedelta(milliseconds=1), NOON + AHEAD_MAX),
        (NOON + AHEAD_MAX, NOON + AHEAD_MAX),
        (NOON, NOON),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_believed_up_to_a_day_beyond_its_log_time(
    stated: datetime, counts: datetime, origin: str | None
) -> None:
    """Broken on purpose in either way of reading (`decode`), this fails for that one."""
    told = said(stated) if origin is None else said(stated, origin=origin)
    event = read(told, NOON)
    assert (event.time, event.logged) == (counts, NOON)
    assert event.producer_time == (None if counts == stated else stated)


def test_what_is_not_believed_is_told_again_as_it_was() -> None:
    told = said(FAR)
    assert codec.encode(read(told, NOON)) == codec.encode(told)
    assert read(read(told, NOON), NOON) == read(told, NOON)


AHEAD_HOURS = st.sampled_from([-400_000, -30, -1, 0, 1, 30, 1_000_000])
TOLD = st.tuples(st.integers(0, 400), AHEAD_HOURS, st.sampled_from(["daily", "off", "weekly"]))


@given(st.lists(TOLD, min_size=1, max_size=4, unique_by=lambda one: one[0]))
def test_the_last_wish_of_a_right_clock_wins_after_a_day_over_all_that_was_told_before(
    told: list[tuple[int, int, str]],
) -> None:
    """Whatever the other clocks showed, in whatever order it is applied."""
    earliest, latest = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
    events = []
    for number, (hour, ahead, every) in enumerate(told):
        logged = NOON + hour * HOUR
        events.append(read(said(min(max(logged + ahead * HOUR, earliest), latest), f"e-{number}", every), logged))
    final = NOON + 400 * HOUR + AHEAD_MAX + HOUR
    events.append(read(said(final, "last", "off"), final))
    for order in permutations(events):
        wishes = Preferences()
        for event in order:
            wishes = evolve_preferences(wishes, event)
        assert wishes.digest_every == "off"
        assert all(one.time <= final for one in wishes.registers.values())


def test_an_event_on_no_topic_yet_keeps_its_time() -> None:
    from shared.contracts import from_json_line
    from shared.contracts.cloudevents.structured import to_json

    assert from_json_line(to_json(said(FAR))).time == FAR
    assert to_json(read(said(FAR), NOON))["time"] == to_json(replace(said(FAR)))["time"]
