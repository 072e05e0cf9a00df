"""When meetings of a calendar begin: zones of IANA, of Windows, of the file itself; floating times, changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.importing.calendar import content
from tests.unit.shared.importing.calendar_bed import aside, calendar, data, event, refused, told

OWN = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE"""


def starts(folder: Path, line: str, *parts: str, **options: Any) -> list[tuple[str, str]]:
    events = told(folder, calendar(*parts, event(starts=line)), **options)
    return [(one.starts.isoformat(), one.zone) for one in data(events, "meeting.scheduled")]


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/softwarestudio.org/Olson_20011030_5/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("British Columbia Standard Time", "America/Vancouver"),
        ("Alberta Standard Time", "America/Edmonton"),
        ("Manitoba Standard Time", "America/Winnipeg"),
    ],
)
def test_a_zone_that_has_a_name_keeps_what_its_clocks_show(tmp_path: Path, zone: str, name: str) -> None:
    assert starts(tmp_path, f"DTSTART;TZID={zone}:20261105T100000") == [("2026-11-05T10:00:00", name)]


def test_a_time_in_utc_is_no_other_though_a_zone_stands_before_it(tmp_path: Path) -> None:
    """icalendar drops the Z, and says 09:00 in Berlin."""
    for zone in ("Europe/Berlin", '"Europe/Berlin"', "Customized Time Zone"):
        assert starts(tmp_path, f"DTSTART;TZID={zone}:20261105T090000Z") == [("2026-11-05T09:00:00", "Etc/UTC")]


@pytest.mark.parametrize("name", ["tzone://Microsoft/Utc", '"tzone://Microsoft/Utc"'])
def test_what_exchange_calls_utc_is_read(tmp_path: Path, name: str) -> None:
    assert starts(tmp_path, f"DTSTART;TZID={name}:20261105T090000") == [("2026-11-05T09:00:00", "Etc/UTC")]


def test_a_zone_with_the_path_of_exchange_is_that_of_the_file(tmp_path: Path) -> None:
    own = OWN.format(offset="+0200").replace("Customized Time Zone", "tzone://Microsoft/Custom")
    found = starts(tmp_path, "DTSTART;TZID=tzone://Microsoft/Custom:20261105T100000", own)
    assert found == [(datetime(2026, 11, 5, 8, tzinfo=UTC).isoformat(), "Etc/UTC")]


@pytest.mark.parametrize("own_zone", [None, "America/New_York"])
def test_a_time_without_a_zone_beside_one_with_a_zone_is_on_its_clock(tmp_path: Path, own_zone: str | None) -> None:
    """By the clocks of a member elsewhere a day that is left out would come all the same; without them all was refused."""
    series = event(
        "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261106T100000", "DTEND:20261105T104500",
        starts="DTSTART;TZID=Europe/Berlin:20261105T100000",
    )  # fmt: skip
    moved = event("RECURRENCE-ID:20261107T100000", starts="DTSTART;TZID=Europe/Berlin:20261107T150000")
    found = data(told(tmp_path, calendar(series, moved), own_zone=own_zone), "meeting.scheduled")
    assert [(one.starts.isoformat(), one.zone, one.minutes) for one in found] == [
        ("2026-11-05T10:00:00", "Europe/Berlin", 45),
        ("2026-11-07T15:00:00", "Europe/Berlin", 30),
    ]


@pytest.mark.parametrize(("offset", "hour"), [("+0200", 8), ("-0500", 15)])
def test_a_zone_of_the_file_goes_by_its_own_rules_in_each_file(tmp_path: Path, offset: str, hour: int) -> None:
    """Both files use one name. Broken by asking icalendar for the zone: it gives the second file the rules of the first."""
    line = "DTSTART;TZID=Customized Time Zone:20261105T100000"
    found = starts(tmp_path, line, "X-WR-TIMEZONE:Europe/Paris", OWN.format(offset=offset))
    assert found == [(datetime(2026, 11, 5, hour, tzinfo=UTC).isoformat(), "Europe/Paris")]


def test_rules_of_a_file_that_differ_from_those_of_its_zone_count(tmp_path: Path) -> None:
    own = OWN.format(offset="+0300").replace("Customized Time Zone", "W. Europe Standard Time")
    found = starts(tmp_path, 'DTSTART;TZID="W. Europe Standard Time":20261105T100000', own)
    assert found == [("2026-11-05T07:00:00+00:00", "Europe/Berlin")]


def test_a_vendors_name_with_a_colon_and_no_quotes_is_read(tmp_path: Path) -> None:
    own = OWN.format(offset="+0100").replace("Customized Time Zone", "(UTC+01:00) Somewhere")
    found = starts(tmp_path, "DTSTART;TZID=(UTC+01:00) Somewhere:20261105T100000", own, zone="Europe/Lisbon")
    assert found == [("2026-11-05T09:00:00+00:00", "Europe/Lisbon")]


@pytest.mark.parametrize("name", [f"{'x' * 101}(UTC)", f"({'x' * 101})", f"(UTC){'x' * 201}"])
def test_a_vendors_name_has_an_end(name: str) -> None:
    """Leave out the bounds, and a line of brackets takes the square of its length."""
    for zone in (name, name.replace("xx", "x", 1)):
        line = f";TZID={zone}:20261105T100000"
        quoted = f';TZID="{zone}":20261105T100000'
        assert content._text(line.encode(), "x") == (line if zone == name else quoted)


def test_a_name_that_nothing_tells_is_refused_and_asked_for(tmp_path: Path) -> None:
    line = "DTSTART;TZID=GMT+0100:20261105T100000"
    reason = "DTSTART: nothing tells what the time zone 'GMT+0100' means; name one for it"
    assert refused(tmp_path, calendar(event(starts=line))) == [reason]
    assert starts(tmp_path, line, zone="Europe/Madrid") == [("2026-11-05T10:00:00", "Europe/Madrid")]


def test_a_floating_time_is_never_given_the_calendars_zone(tmp_path: Path) -> None:
    line, here = "DTSTART:20261105T100000", "X-WR-TIMEZONE:America/New_York"
    assert refused(tmp_path, calendar(here, event(starts=line))) == ["DTSTART: has no time zone; name the member's own"]
    assert starts(tmp_path, line, here, zone="Europe/Madrid") == [("2026-11-05T10:00:00", "Europe/Madrid")]


def test_a_floating_time_is_on_the_members_own_clocks_where_they_are_known(tmp_path: Path) -> None:
    """Let them stand for any zone, and a name that nothing tells is read hours away from what was meant."""
    own = {"own_zone": "Europe/Madrid"}
    assert starts(tmp_path, "DTSTART:20261105T100000", **own) == [("2026-11-05T10:00:00", "Europe/Madrid")]
    assert starts(tmp_path, "DTSTART:20261105T100000", **own, zone="Asia/Tokyo")[0][1] == "Asia/Tokyo"
    assert starts(tmp_path, "DTSTART;TZID=GMT+0100:20261105T100000", **own) == []


def test_an_instant_is_an_instant(tmp_path: Path) -> None:
    assert starts(tmp_path, "DTSTART:20261105T100000Z") == [("2026-11-05T10:00:00", "Etc/UTC")]


def test_a_whole_day_and_what_lasts_one_is_no_meeting(tmp_path: Path) -> None:
    whole = event(starts="DTSTART;VALUE=DATE:20261105")
    assert aside(tmp_path, calendar(whole)) == {"whole days: they are no appointment with anybody": 1}
    long = event("DURATION:PT24H")
    assert aside(tmp_path, calendar(long)) == {"they last a day or longer": 1}


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("DTEND:20261105T104500Z", 45),
        ("DURATION:PT1H30M", 90),
        ("DURATION:PT90M\nDTEND:20261105T104500Z", 45),
        ("X-NOTHING:1", 30),
        ("DTEND:20261105T100000Z", 30),
        ("DTEND;TZID=Europe/Berlin:20261105T120000", 60),
    ],
)
def test_a_meeting_lasts_until_its_end_or_by_its_length(tmp_path: Path, line: str, minutes: int) -> None:
    found = told(tmp_path, calendar(event(*line.split("\n"))))
    assert [one.minutes for one in data(found, "meeting.scheduled")] == [minutes]


def test_a_meeting_in_the_hour_that_is_left_out_does_not_end_before_it_begins(tmp_path: Path) -> None:
    """In Berlin clocks go from 2:00 to 3:00 on 28 March 2027. Broken by subtracting instants: it lasts half an hour."""
    line = "DTSTART;TZID=Europe/Berlin:20270328T013000"
    end = "DTEND;TZID=Europe/Berlin:20270328T030000"
    found = told(tmp_path, calendar(event(end, starts=line)))
    assert [one.minutes for one in data(found, "meeting.scheduled")] == [90]


def test_hours_of_a_length_are_exact_where_clocks_change(tmp_path: Path) -> None:
    """In Berlin 25 October 2026 has 25 hours. Added on the wall clock, five of them last six."""
    found = told(tmp_path, calendar(event("DURATION:PT5H", starts="DTSTART;TZID=Europe/Berlin:20261025T003000")))
    assert [one.minutes for one in data(found, "meeting.held")] == [300]


@pytest.mark.parametrize("line", ["DTSTART:20261305T100000Z", "DTSTART:soon", "SUMMARY:no begin"])
def test_a_time_that_is_none_is_named_and_its_neighbours_count(tmp_path: Path, line: str) -> None:
    content = calendar(event(starts=line, uid="bad"), event(uid="good"))
    assert [reason.split(":")[0] for reason in refused(tmp_path, content)] == ["DTSTART"]
    assert len(data(told(tmp_path, content), "meeting.scheduled")) == 1
