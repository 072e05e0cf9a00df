#!/usr/bin/env bash
# icalendar 7.3 (Python) writes rules of a zone that ical.js 2.2 (JavaScript) reads an hour off from the second year on.
#
# One would guess: `add_missing_timezones()` makes a VTIMEZONE by which any reader finds the instants that the library
# meant. What is so, from two sides:
# - icalendar gives each onset as clocks show it after the change. RFC 5545, 3.6.5, has it before the change: 2 o'clock
#   in Paris and New York, not 3, so by the letter the change is an hour late.
# - icalendar packs all onsets but the first into one RDATE with a list (RFC 5545, 3.8.5.2), and ical.js takes the first
#   value of it alone. So the summers after that are winters, and a meeting at 12:30 in Paris is at 11:30Z, not at 10:30Z.
# With one observance for each change, and its onset as it was before, both read the same.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install icalendar==7.3.2 tzdata==2026.6
npm install --prefix "$work" --silent --no-audit --no-fund ical.js@2.2.1 >/dev/null
venv/bin/python - <<'PY'
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
import icalendar

print("icalendar", icalendar.__version__)
calendar = icalendar.Calendar()
calendar.add("prodid", "-//example//")
calendar.add("version", "2.0")
event = icalendar.Event()
event.add("uid", "1")
event.add("dtstamp", datetime(2026, 1, 1, tzinfo=UTC))
event.add("dtstart", datetime(2027, 7, 1, 12, 30, tzinfo=ZoneInfo("Europe/Paris")))
calendar.add_component(event)
calendar.add_missing_timezones()
text = calendar.to_ical()
open("made.ics", "wb").write(text)
read = icalendar.Calendar.from_ical(text).walk("VEVENT")[0].start
print("icalendar reads", read.astimezone(UTC).isoformat())
assert read.astimezone(UTC) == datetime(2027, 7, 1, 10, 30, tzinfo=UTC)
[zone] = calendar.walk("VTIMEZONE")
listed = [str(one) for one in text.decode().replace("\r\n ", "").split("\r\n") if one.startswith("RDATE")]
print("onset of summer in 2027:", next(one for line in listed for one in line.split(":")[1].split(",") if one.startswith("202703")))
assert any("20270328T030000" in line for line in listed), "the behaviour has changed: onsets"

single = "\r\n".join(
    ["BEGIN:VTIMEZONE", "TZID:Europe/Paris"]
    + [line for year in (2026, 2027) for name, month, day, hour, before, after in (
        ("DAYLIGHT", "03", 29 - (year - 2026), "02", "+0100", "+0200"), ("STANDARD", "10", 25 + 6 * (year - 2026), "03", "+0200", "+0100"))
       for line in (f"BEGIN:{name}", f"DTSTART:{year}{month}{day}T{hour}0000", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", f"END:{name}")]
    + ["END:VTIMEZONE"])
whole = text.decode()
begin, end = whole.index("BEGIN:VTIMEZONE"), whole.index("END:VTIMEZONE") + len("END:VTIMEZONE")
open("single.ics", "w", newline="").write(whole[:begin] + single + whole[end:])
PY
cat > read.mjs <<'JS'
import { readFileSync } from "node:fs";
import ICAL from "ical.js";
console.log("ical.js", JSON.parse(readFileSync("node_modules/ical.js/package.json")).version);
const seen = ["made.ics", "single.ics"].map((file) => {
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(file, "utf8")));
  ICAL.TimezoneService.reset();
  ICAL.TimezoneService.register(calendar.getFirstSubcomponent("vtimezone"));
  const start = new ICAL.Event(calendar.getFirstSubcomponent("vevent")).startDate.toJSDate().toISOString();
  console.log(`ical.js reads ${file}:`, start);
  return start;
});
const known = ["2027-07-01T11:30:00.000Z", "2027-07-01T10:30:00.000Z"];
if (String(seen) !== String(known)) { console.error("the behaviour has changed"); process.exit(1); }
JS
node read.mjs
echo "as described"
