"""Import a calendar (iCalendar, RFC 5545): its meetings with people become events of the activity topic.

Read in this order: `content` (bytes to components), `zones` and `moments` (what a time means), `series` (its occurrences),
`people` and `meetings` (what is a meeting, and with whom), `known` (what was told before), `changes` (what is to be told
now), `reading` (all of it). A library without side effects: whoever calls it publishes.
"""

from __future__ import annotations

from shared.importing.calendar.known import Known, known_of
from shared.importing.calendar.reading import CalendarImport, read_calendar

__all__ = ["CalendarImport", "Known", "known_of", "read_calendar"]
