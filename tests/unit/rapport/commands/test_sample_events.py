"""The tour is true on every day: its events are told as of now, and no date stands in what is typed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rapport.cli import main
from rapport.commands.sample_events import answer_as_of, events_as_of
from shared.contracts import FollowupRequested, InviteSent, from_json_line

TOUR = (Path(__file__).parents[4] / "docs" / "tour.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("day", ["2026-11-29", "2027-02-28", "2028-02-29", "2031-12-31", "2040-03-31"])
def test_the_events_are_true_on_every_day(day: str) -> None:
    now = datetime.fromisoformat(f"{day}T23:59:59+00:00")
    events = [from_json_line(event) for event in (*events_as_of(now), *answer_as_of(now))]
    assert all(now - event.time >= timedelta(0) for event in events)
    joined, invited, requested, accepted = events
    assert isinstance(invited.data, InviteSent)
    assert now - invited.time > timedelta(days=90)
    assert isinstance(requested.data, FollowupRequested)
    assert requested.data.due > (now + timedelta(days=30)).replace(tzinfo=None)
    assert joined.time < requested.time < accepted.time


def test_the_command_prints_lines_for_send(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, ids in ((["sample-events"], ["a-1", "a-2", "a-3"]), (["sample-events", "--answer"], ["a-4"])):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [event["id"] for event in told] == ids
        assert all(abs(datetime.now(UTC) - from_json_line(told[0]).time) < timedelta(days=1) for _ in told)


def test_no_date_stands_in_what_the_tour_has_people_type() -> None:
    typed = "\n".join(line.split("#")[0] for block in TOUR.split("```")[1::2] for line in block.splitlines())
    assert "rapport sample-events > events.jsonl" in typed
    assert re.findall(r"\b20\d\d\b", typed) == []
