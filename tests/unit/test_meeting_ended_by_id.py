"""A meeting ends by its id alone: with whom it was to be stays known, whatever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.followups.evolve import evolve, touches
from services.followups.state import Subject
from shared.contracts import EventData, Fact, MeetingCancelled, MeetingDeclined, MeetingMissed, MeetingScheduled

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
KEY = "meeting/m1"
AGREED = MeetingScheduled.model_validate(
    {"meeting_id": "m1", "contact_ids": ["bob"], "kind": "lunch", "starts": "2026-11-05T12:30", "zone": "UTC", "minutes": 60}
)  # fmt: skip


def fact(data: EventData, hour: int) -> Fact:
    at = NOON + timedelta(hours=hour)
    return Fact(id=f"{data.TYPE}/{hour}", member="ada", time=at, logged=at, data=data, source="/product")


@pytest.mark.parametrize("kind", [MeetingCancelled, MeetingDeclined, MeetingMissed])
@pytest.mark.parametrize("first", [0, 1])
def test_an_end_without_people_is_read_and_forgets_nobody(kind: type[EventData], first: int) -> None:
    """Without the guard in `accompany`, the later fact leaves the meeting without people."""
    ended = kind.model_validate({"meeting_id": "m1"})
    told = [fact(AGREED, 0), fact(ended, 1)]
    assert list(touches(told[1])) == [KEY]
    item = None
    for one in (told[first], told[1 - first]):
        item = evolve(KEY, item, one)
    assert isinstance(item, Subject)
    assert item.company is not None
    assert item.company.contact_ids == ("bob",)
    assert item.saw(kind) is not None
