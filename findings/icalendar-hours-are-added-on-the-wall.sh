#!/usr/bin/env bash
# icalendar 7.3, recurring-ical-events 3.8: a length in hours is added on the wall clock, so it is another length when clocks change.
#
# One would guess: `DURATION:PT24H` is 24 hours. RFC 5545 (3.3.6) tells the two apart: weeks and days are nominal, hours exact.
# What is so: both come as one timedelta, which Python adds on the wall clock of an aware time; over a change of clocks an event
# of 24 hours lasts 23 or 25.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install icalendar==7.3.2 recurring-ical-events==3.8.2 tzdata==2026.6
"$work/venv/bin/python" - <<'PY'
import sys
from datetime import UTC, date
import icalendar, recurring_ical_events
from importlib.metadata import version

FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:{0}
DURATION:{1}
END:VEVENT
END:VCALENDAR
"""
print("icalendar", icalendar.__version__, "recurring-ical-events", version("recurring-ical-events"))
hours = []
for starts, length in (("20260328T120000", "PT24H"), ("20261024T120000", "PT24H")):
    calendar = icalendar.Calendar.from_ical(FILE.format(starts, length).replace("\n", "\r\n"))
    day = date(int(starts[:4]), int(starts[4:6]), int(starts[6:8]))
    for event in (calendar.walk("VEVENT")[0], recurring_ical_events.of(calendar).at(day)[0]):
        lasts = (event.end.astimezone(UTC) - event.start.astimezone(UTC)).total_seconds() / 3600
        print(f"{starts} {length}: {event.start.isoformat()} to {event.end.isoformat()}, {lasts:g} hours")
        hours.append(lasts)
sys.exit(0 if hours == [23, 23, 25, 25] else f"the behaviour has changed: {hours}")
PY
echo "as described"
