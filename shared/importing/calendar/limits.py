"""The bounds of a calendar's import. A calendar is input from outside: what lies beyond one of these is refused by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

CALENDAR_BYTES_MAX: Final = 32 * 1024**2
"""Twenty years of a busy calendar have some ten megabytes."""
EVENTS_MAX: Final = 50_000
"""Events of a file, each override of a series counted."""
OCCURRENCES_MAX: Final = 1_500
"""Occurrences of one series within the days that are looked at: two a day."""
OCCURRENCES_ALL_MAX: Final = 100_000
"""Occurrences of all series of a file within those days."""
EXCEPTIONS_MAX: Final = 5_000
"""Days that one series leaves out, moves or adds."""
SERIES_SECONDS_MAX: Final = 60.0
"""How long the occurrences of a whole file may take to find."""
SERIES_FROM_YEAR: Final = 1970
"""A series that began before is not followed: to find its occurrences of today takes all of them since."""
BACK_DAYS: Final = 365
"""How far back a meeting is told as held."""
AHEAD_DAYS: Final = 365
"""How far ahead a meeting is told as scheduled. The next import sees further."""
PEOPLE_MAX: Final = 8
"""A meeting with more people than these is no appointment with any of them."""
MINUTES_MAX: Final = 24 * 60
"""What lasts a whole day or longer is no meeting."""
MINUTES_WITHOUT_END: Final = 30
"""How long a meeting lasts that has neither an end nor a length."""
GONE_AFTER: Final = timedelta(hours=1)
"""Between the first and the last look in which something is missing that is taken for taken out: most outages are shorter."""
