"""Why something in a file was not taken, as a member reads it: a few kinds of reasons, in their language.

Importers say in English what is wrong with a row or a file, to the column: that is for whoever has made the file, and stands
below. A member reads its kind, which the name of a file or of a column before the reason does not tell. What is none of our
business falls into kinds, too, and these say all there is to know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

UNREAD: Final = (
    ("whose", re.compile(r"whose (archive )?it is|--me")),
    ("another", re.compile(r"another profile than")),
    ("damaged", re.compile(
        r"damaged|cut off|encrypted|no zip archive|has no end|out of the archive|two entries|is a link"
        r"|cannot be opened|neither a file nor|no such file"
    )),
    ("text", re.compile(r"UTF-8|percent-encoded|Windows-1252|characters that no")),
    ("series", re.compile(r"a series that")),
    ("day", re.compile(
        r"is no (day|date|time)|lies (before|outside|after)|day or the month|number of seconds|number signs"
        r"|stands more than once"
    )),
    ("large", re.compile(r"larger than|longer than|more than|take longer")),
    ("kind", re.compile(
        r"is none of what|is no address book|is no calendar|holds neither|no header row|holds no rows|no list of friends"
        r"|whether these recommendations|no JSON|no talk between|is packed in a way"
    )),
    ("missing", re.compile(r"is missing|is empty")),
    ("zone", re.compile(r"time zone")),
    ("person", re.compile(r"profile|on both sides|is neither .* nor|is no object")),
)  # fmt: skip
"""Kinds of reasons for which a row or a file is not read: the first whose pattern is found; else `other`."""
LEFT: Final = (
    ("hidden", re.compile(r"hide themselves")),
    ("unknown", re.compile(r"nor name tells|profile or name tells|does not stand once|neither name nor address")),
    ("alone", re.compile(r"nobody else|oneself")),
    ("many", re.compile(r"crowd|a page|more than|people")),
    ("private", re.compile(r"private")),
    ("off", re.compile(r"declined|not agreed")),
    ("long", re.compile(r"whole days|a day or longer")),
    ("reply", re.compile(r"drafts|spam|answers")),
    ("no_day", re.compile(r"no day")),
    ("several", re.compile(r"different days")),
)
"""The same of what is left out."""
OTHER: Final = "other"
_NAMED: Final = re.compile(r"(?!is |does )(?P<name>.*?): ", re.DOTALL)
"""A file or a column, which leads the reason: a name may hold any word."""
_OF_A_SERIES: Final = re.compile(r"RRULE|EXDATE(, RDATE)?|RDATE|RECURRENCE-ID")


def unread_kind(reason: str) -> str:
    """Return the kind of a reason for which a row or a file was not read: `own.unread_KIND` says it."""
    named = _NAMED.match(reason)
    if named is not None and _OF_A_SERIES.fullmatch(named["name"]):
        return "series"
    text = reason if named is None else reason[named.end() :]
    return next((kind for kind, pattern in UNREAD if pattern.search(text)), OTHER)


def left_kinds(left_out: Mapping[str, int]) -> dict[str, int]:
    """Return how much was left out, by kinds: `own.left_KIND` says each."""
    counts: Counter[str] = Counter()
    for reason, count in left_out.items():
        counts[next((kind for kind, pattern in LEFT if pattern.search(reason)), OTHER)] += count
    return dict(counts)
