"""Series: what comes when, what was moved, left out and added, and what is no series of meetings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.shared.importing.calendar_bed import NOW, calendar, data, event, refused, told

BERLIN = "DTSTART;TZID=Europe/Berlin:20261103T100000"
THREE = "RRULE:FREQ=WEEKLY;COUNT=3"
LAST_DAY = "DTSTART:20271101T090000Z"
"""Of those that are looked at."""


def walls(folder: Path, *lines: str, starts: str = BERLIN, others: tuple[str, ...] = ()) -> list[str]:
    events = told(folder, calendar(event(*lines, starts=starts), *others))
    return [one.starts.strftime("%m-%d %H:%M") for one in data(events, "meeting.scheduled")]


def override(which: str, starts: str, *lines: str) -> str:
    return event(f"RECURRENCE-ID{which}", *lines, starts=f"DTSTART;TZID=Europe/Berlin:{starts}")


def test_a_series_keeps_its_hour_over_a_change_of_clocks(tmp_path: Path) -> None:
    found = walls(tmp_path, "RRULE:FREQ=MONTHLY;COUNT=6")
    assert found == ["11-03 10:00", "12-03 10:00", "01-03 10:00", "02-03 10:00", "03-03 10:00", "04-03 10:00"]


@pytest.mark.parametrize(
    "out", ["EXDATE;TZID=Europe/Berlin:20261110T100000", "EXDATE;VALUE=DATE:20261110", "EXDATE:20261110T090000Z"]
)
def test_what_is_left_out_is_left_out_however_it_is_written(tmp_path: Path, out: str) -> None:
    """Broken by comparing a day with a time: the occurrence stays."""
    assert walls(tmp_path, THREE, out) == ["11-03 10:00", "11-17 10:00"]


@pytest.mark.parametrize("which", [";TZID=Europe/Berlin:20261110T100000", ";VALUE=DATE:20261110", ":20261110T090000Z"])
def test_a_moved_occurrence_comes_once_where_it_was_moved(tmp_path: Path, which: str) -> None:
    assert walls(tmp_path, THREE, others=(override(which, "20261111T150000"),)) == [
        "11-03 10:00", "11-11 15:00", "11-17 10:00",
    ]  # fmt: skip


def test_what_holds_from_one_occurrence_on_moves_all_later_ones(tmp_path: Path) -> None:
    later = override(";RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261110T100000", "20261110T113000")
    assert walls(tmp_path, THREE, others=(later,)) == ["11-03 10:00", "11-10 11:30", "11-17 11:30"]


def test_an_occurrence_that_is_off_need_not_say_when_it_was(tmp_path: Path) -> None:
    """RFC 5546, 3.2.5. It was refused, and all of its series with it."""
    series = event("RRULE:FREQ=DAILY;COUNT=2")
    off = "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20261106T100000Z\nSTATUS:CANCELLED\nEND:VEVENT"
    events = told(tmp_path, calendar(series))
    assert len(data(events, "meeting.scheduled")) == 2
    assert [one.type for one in told(tmp_path, calendar(series, off), before=events)] == ["rapport.meeting.cancelled"]
    assert len(data(told(tmp_path, calendar(series, off)), "meeting.scheduled")) == 1


def test_a_cancelled_occurrence_is_no_meeting(tmp_path: Path) -> None:
    gone = override(";TZID=Europe/Berlin:20261110T100000", "20261110T100000", "STATUS:CANCELLED")
    assert walls(tmp_path, THREE, others=(gone,)) == ["11-03 10:00", "11-17 10:00"]


@pytest.mark.parametrize("until", ["20261117", "20261117T090000Z", "20261117T235959"])
def test_the_last_day_of_a_rule_is_inside(tmp_path: Path, until: str) -> None:
    assert walls(tmp_path, f"RRULE:FREQ=WEEKLY;UNTIL={until}") == ["11-03 10:00", "11-10 10:00", "11-17 10:00"]


def test_a_day_that_is_added_comes_too(tmp_path: Path) -> None:
    assert walls(tmp_path, THREE, "RDATE;TZID=Europe/Berlin:20261105T080000") == [
        "11-03 10:00", "11-05 08:00", "11-10 10:00", "11-17 10:00",
    ]  # fmt: skip


def test_the_later_edition_of_an_event_counts(tmp_path: Path) -> None:
    newer = event("SEQUENCE:2", starts="DTSTART;TZID=Europe/Berlin:20261104T120000")
    assert walls(tmp_path, "SEQUENCE:1", others=(newer,)) == ["11-04 12:00"]


def test_one_occurrence_alone_is_read_without_its_series(tmp_path: Path) -> None:
    found = told(tmp_path, calendar(override(";TZID=Europe/Berlin:20261110T100000", "20261111T150000")))
    assert [one.starts.isoformat() for one in data(found, "meeting.scheduled")] == ["2026-11-11T15:00:00"]


WHICH = (
    ";TZID=Europe/Berlin:202611{}T100000",
    ":202611{}T090000Z",
    ";VALUE=DATE:202611{}",
    ";TZID=UTC:202611{}T090000",
)


@pytest.mark.parametrize("day", ["03", "10"])
@pytest.mark.parametrize("which", WHICH)
def test_an_invitation_to_one_occurrence_is_about_the_one_that_was_told(tmp_path: Path, which: str, day: str) -> None:
    """The series' first one, too, and however the invitation names it: it was a meeting more, or a cancellation of none."""
    series = told(tmp_path, calendar(event(THREE, starts=BERLIN)))
    (before,) = [
        one for one in data(series, "meeting.scheduled") if one.starts.isoformat() == f"2026-11-{day}T10:00:00"
    ]
    one = override(which.format(day), f"202611{day}T150000")
    (moved,) = told(tmp_path, calendar("METHOD:REQUEST", one), before=series)
    assert [one.meeting_id for one in data([moved], "meeting.rescheduled")] == [before.meeting_id]
    off = told(tmp_path, calendar("METHOD:CANCEL", one), before=[*series, moved])
    assert [one.meeting_id for one in data(off, "meeting.cancelled")] == [before.meeting_id]
    assert (
        told(tmp_path, calendar("METHOD:CANCEL", override(";VALUE=DATE:20261104", "20261104T150000")), before=series)
        == []
    )


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("RRULE:FREQ=SECONDLY", "RRULE: FREQ=SECONDLY is no series of meetings"),
        ("RRULE:FREQ=DAILY;BYHOUR=8,9,10,11,12", "RRULE: more than 1,500 occurrences in the days that are looked at"),
        ("RRULE:FREQ=DAILY;BYHOUR=8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12", "RRULE: more than 24 times a day"),
        ("RRULE:FREQ=YEARLY;RSCALE=CHINESE", "RRULE: RSCALE and SKIP (RFC 7529) are not read"),
        ("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "RRULE: no month of BYMONTH has a day of BYMONTHDAY"),
        ("RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=2", "RRULE: more than one of an event"),
        ("RRULE:FREQ=DAILY;INTERVAL=-1", "RRULE: INTERVAL must be 1 or more"),
        (f"RRULE:FREQ=YEARLY;COUNT=2;BYYEARDAY=300{',300' * 366}", "RRULE: more than 366 values of one part"),
        (f"RRULE:FREQ=YEARLY;COUNT=2;BYSETPOS=1{',1' * 31}", "RRULE: BYSETPOS has more than 31 values"),
        ("RRULE:FREQ=SOMETIMES", "RRULE: is no rule that can be read"),
    ],
)
def test_what_is_no_series_of_meetings_is_named(tmp_path: Path, rule: str, reason: str) -> None:
    assert refused(tmp_path, calendar(event(rule, starts=BERLIN))) == [reason]


def test_a_thousand_exceptions_are_read_and_too_many_refused(tmp_path: Path) -> None:
    days = ",".join(f"2026{month:02}{day:02}" for month in (11, 12) for day in range(1, 29))
    assert walls(tmp_path, "RRULE:FREQ=DAILY;UNTIL=20261130", f"EXDATE;VALUE=DATE:{days}") == [
        "11-29 10:00",
        "11-30 10:00",
    ]
    many = ",".join(["20261110"] * 5_001)
    assert refused(tmp_path, calendar(event(THREE, f"EXDATE;VALUE=DATE:{many}"))) == [
        "EXDATE, RDATE: more than 5,000 of one series"
    ]


@pytest.mark.parametrize("lines", [("RRULE:FREQ=WEEKLY", BERLIN), ("RRULE:FREQ=DAILY;COUNT=4", LAST_DAY), (LAST_DAY,)])
def test_a_clock_that_was_set_back_cancels_nothing_that_lies_too_far_ahead_now(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    content = calendar(event(*lines[:-1], starts=lines[-1]))
    before = told(tmp_path, content)
    assert data(before, "meeting.scheduled")
    assert told(tmp_path, content, before, now=NOW - timedelta(days=3)) == []


def test_what_moves_further_ahead_than_is_looked_at_is_told_where_it_was_told_before(tmp_path: Path) -> None:
    before = told(tmp_path, calendar(event(), event(THREE, starts=BERLIN, uid="2")))
    single = event(starts="DTSTART:20280301T100000Z")
    moved = override(";TZID=Europe/Berlin:20261110T100000", "20280302T100000").replace("UID:1", "UID:2")
    content = calendar(single, event(THREE, starts=BERLIN, uid="2"), moved)
    after = told(tmp_path, content, before)
    assert [str(one.starts.date()) for one in data(after, "meeting.rescheduled")] == ["2028-03-01", "2028-03-02"]
    assert len(after) == 2
    assert told(tmp_path, content, [*before, *after]) == told(tmp_path, calendar(single)) == []
    [off] = told(tmp_path, content.replace("UID:1\n", "UID:1\nSTATUS:CANCELLED\n"), [*before, *after])
    assert off.data.meeting_id == after[0].data.meeting_id  # type: ignore[attr-defined]
    never = calendar(
        event(starts="DTSTART:22500301T100000Z"), event("DTEND:soon", starts="DTSTART:20280301T100000Z", uid="3")
    )
    assert (told(tmp_path, never, before), refused(tmp_path, never)) == ([], [])
