#!/usr/bin/env bash
# icalendar 7.3: a zone that a file defines itself means, in the next file of the process, what the first file said.
#
# One would guess: a VTIMEZONE holds for its own calendar (RFC 5545, 3.6.5: a TZID is unique within the calendar object).
# What is so: the first VTIMEZONE of a name is kept for the whole process. Another file that uses the same name for other rules
# ("Customized Time Zone" is what Exchange calls every zone that somebody made) is read with the first file's; its own rules
# are there, and only asked for with `to_tz(lookup_tzid=False)`. So an importer gives another hour as its second file.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install icalendar==7.3.2 tzdata==2026.6
"$work/venv/bin/python" - <<'PY'
import sys
from datetime import datetime
import icalendar

FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{0}
TZOFFSETTO:{0}
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;TZID=Customized Time Zone:20260301T100000
END:VEVENT
END:VCALENDAR
"""
print("icalendar", icalendar.__version__)
seen = []
for offset in ("+0200", "-0500"):
    calendar = icalendar.Calendar.from_ical(FILE.format(offset).replace("\n", "\r\n"))
    read = calendar.walk("VEVENT")[0].start
    own = calendar.walk("VTIMEZONE")[0].to_tz(lookup_tzid=False)
    right = datetime(2026, 3, 1, 10, tzinfo=own)
    print(f"file with {offset}: read as {read.isoformat()}, its own rules say {right.isoformat()}")
    seen.append((read.utcoffset() == right.utcoffset(), read.isoformat()))
sys.exit(0 if seen == [(True, "2026-03-01T10:00:00+02:00"), (False, "2026-03-01T10:00:00+02:00")]
         else "the behaviour has changed")
PY
echo "as described"
