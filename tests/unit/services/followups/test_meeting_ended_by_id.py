"""A meeting is held, moved or ended by its id alone: with whom it was to be stays known, whatever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.digest.apply.merge import agree
from services.digest.model.state import Meetings
from services.followups.apply.events import evolve
from services.followups.apply.touched import touches
from services.followups.model.state import Subject
from shared.contracts import (
    Event,
    EventData,
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
)
from shared.texts.sentences import SOMEBODY
from tests.unit.services.digest.digest_world import World

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
KEY = "meeting/m1"
AGREED = MeetingScheduled.model_validate(
    {"meeting_id": "m1", "contact_ids": ["bob"], "kind": "lunch", "starts": "2026-11-05T12:30", "zone": "UTC", "minutes": 60}
)  # fmt: skip


def event(data: EventData, hour: int) -> Event:
    at = NOON + timedelta(hours=hour)
    return Event(id=f"{data.TYPE}/{hour}", member="ada", time=at, logged=at, data=data, source="/product")


@pytest.mark.parametrize("kind", [MeetingCancelled, MeetingDeclined, MeetingMissed])
@pytest.mark.parametrize("first", [0, 1])
def test_an_end_without_people_is_read_and_forgets_nobody(kind: type[EventData], first: int) -> None:
    """Without the guard in `accompany`, the later event leaves the meeting without people."""
    ended = kind.model_validate({"meeting_id": "m1"})
    told = [event(AGREED, 0), event(ended, 1)]
    assert list(touches(told[1])) == [KEY]
    item = None
    for one in (told[first], told[1 - first]):
        item = evolve(KEY, item, one)
    assert isinstance(item, Subject)
    assert item.company is not None
    assert item.company.contact_ids == ("bob",)
    assert item.saw(kind) is not None


MOVED = MeetingRescheduled.model_validate(
    {"meeting_id": "m1", "kind": "lunch", "starts": "2026-11-06T12:30", "zone": "UTC", "minutes": 60}
)


@pytest.mark.parametrize("told", [MOVED, MeetingHeld(meeting_id="m1")])
@pytest.mark.parametrize("first", [0, 1])
def test_a_meeting_is_moved_and_held_without_naming_its_people_again(told: EventData, first: int) -> None:
    """Read as one register with the hour, as *digest* once did, the people would be gone from its mail."""
    events = [event(AGREED, 0), event(told, 1)]
    item, agreed = None, Meetings()
    for one in (events[first], events[1 - first]):
        item, agreed = evolve(KEY, item, one), agree(agreed, one)
    assert isinstance(item, Subject)
    assert item.company is not None
    assert item.company.contact_ids == ("bob",)
    assert (agreed.by_id["m1"].contact_ids, agreed.by_id["m1"].count) == (("bob",), 1)
    assert (agreed.by_id["m1"].starts is None) == isinstance(told, MeetingHeld)


def test_a_meeting_of_which_only_another_hour_was_told_is_shown_with_somebody() -> None:
    world = World("2026-11-02 00:00")
    world.join()
    world.tell(MOVED)
    (shown,) = world.content().meetings
    assert (shown.names, shown.count, shown.contact_id) == ((SOMEBODY,), 1, "")
