"""Import a calendar (iCalendar, RFC 5545): its meetings with people become events of the activity topic.

Read in this order: `limits` (how many days back and ahead), `content` (bytes to components), `zones` and `moments` (what a
time means), `series` (its occurrences), `people` and `meetings` (what is a meeting, and with whom), `changes` (what is
published now, after what was published before), `reading` (all of it), `following` (one that stands on the web, looked at
again and again). A library without side effects: whoever calls it publishes.
"""

from __future__ import annotations

from shared.importing.calendar.reading import CalendarImport, calendar_in, read_calendar
from shared.importing.existing.activity import Existing, existing_of

__all__ = ["CalendarImport", "Existing", "calendar_in", "existing_of", "read_calendar"]
