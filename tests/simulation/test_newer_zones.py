"""Governments change their clocks: a process that starts with newer zone rules moves what is pending to the same wall time.

The digest of a decider's rules holds the version of tzdata, so its recovery finds another one in the store, and sweeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from types import ModuleType
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from services.followups.engine import schedule
from shared import calendar
from shared.contracts import (
    Event,
    FollowupDue,
    FollowupRequested,
    FollowupRescheduled,
    MemberJoined,
    MemberPreferencesSet,
)
from shared.runtime.processing.reading import read_event
from shared.testing.judgement import evidence_of
from shared.testing.world import World
from tests.simulation.scenes import SCENES
from tests.simulation.test_sweeps import tell

ZONE = "Europe/Paris"
BEFORE, AFTER = datetime(2026, 7, 1, 7, tzinfo=UTC), datetime(2026, 7, 1, 8, tzinfo=UTC)
"""Nine o'clock, with summer time and without."""


@pytest.fixture
def summer_time_ends_for_good(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    rules, abolished = calendar.zone_rules, cast("ZoneInfo", timezone(timedelta(hours=1)))
    with monkeypatch.context() as patch:
        patch.setattr(calendar, "zone_rules", lambda zone: abolished if zone == ZONE else rules(zone))
        forget_conversions()  # another process has none of them
        yield
    forget_conversions()


def forget_conversions() -> None:
    calendar._instant.cache_clear()
    calendar._local.cache_clear()
    schedule._on_days.cache_clear()


def started(name: str) -> World:
    """A member in Paris who is to be reminded on the first of July at nine, and gets a digest every Monday at eight."""
    world = SCENES[name].world(1)
    actor = world.start()
    tell(world, MemberJoined(name="Ada", zone=ZONE, email="ada@example.org"))
    tell(world, MemberPreferencesSet.model_validate({"digest": {"every": "weekly"}}))
    wish = {"followup_id": "r1", "what": "Call", "due": "2026-07-01T09:00"}
    tell(world, FollowupRequested.model_validate(wish))
    assert world.settle(actor) is None
    return world


def said(world: World) -> list[Event]:
    return [event for event in map(read_event, evidence_of(world).own) if isinstance(event, Event)]


def test_a_reminder_moves_with_the_new_rules_of_its_zone(request: pytest.FixtureRequest) -> None:
    world = started("followups")
    world.actors[0].die()
    world.actors.clear()
    request.getfixturevalue("summer_time_ends_for_good")
    world._decider = replace(world.decider, rules="the same, with a newer tzdata")
    newer = world.start()
    assert world.settle(newer) is None
    moved = [event.data for event in said(world) if isinstance(event.data, FollowupRescheduled)]
    assert [(one.due_at, one.due_local.hour) for one in moved] == [(AFTER, 9)]
    world.clock.advance_to(AFTER)
    assert world.settle(newer) is None
    assert [event.time for event in said(world) if isinstance(event.data, FollowupDue)] == [AFTER]


def test_without_a_sweep_it_would_come_at_the_old_hour(request: pytest.FixtureRequest) -> None:
    """The same with the old digest of the rules: nobody looks again, and the wake is an hour early."""
    world = started("followups")
    world.actors[0].die()
    world.actors.clear()
    request.getfixturevalue("summer_time_ends_for_good")
    assert world.settle(world.start()) is None
    assert not [event for event in said(world) if isinstance(event.data, FollowupRescheduled)]


def test_the_next_digest_moves_with_the_new_rules_of_its_zone(request: pytest.FixtureRequest) -> None:
    world = started("digest")
    world.clock.advance_to(datetime(2026, 7, 1, tzinfo=UTC))
    assert world.settle(world.actors[0]) is None
    assert world.actors[0].owner.next_wake == datetime(2026, 7, 6, 6, tzinfo=UTC)
    world.actors[0].die()
    world.actors.clear()
    request.getfixturevalue("summer_time_ends_for_good")
    world._decider = replace(world.decider, rules="the same, with a newer tzdata")
    newer = world.start()
    assert world.settle(newer) is None
    assert newer.owner.next_wake == datetime(2026, 7, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize("name", ["invites", "followups", "digest"])
def test_the_version_of_tzdata_is_part_of_the_rules(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module: ModuleType = import_module(f"services.{name}.decider")
    assert module._rules_digest() == module.DECIDER.rules
    monkeypatch.setattr(module, "TZDATA", "2999a")
    assert module._rules_digest() != module.DECIDER.rules
