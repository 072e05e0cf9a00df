"""Why something in a file was not taken, as a member reads it: a few kinds of reasons, in their language.

Importers say in English what is wrong with a row or a file, to the column: that is for whoever has made the file, and stands
below. A member reads its kind. What is none of our business falls into kinds, too, and these say all there is to know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

UNREAD: Final = (
    ("whose", re.compile(r"whose (archive )?it is|--me|another profile than|whose invites")),
    ("damaged", re.compile(
        r"damaged|cut off|encrypted|no zip archive|has no end|out of the archive|two entries|is a link|unpacks to"
        r"|cannot be opened|neither a file nor|has changed while|no such file|no text"
    )),
    ("text", re.compile(r"UTF-8|percent-encoded|Windows-1252|characters that no")),
    ("series", re.compile(r"^(RRULE|EXDATE|RDATE|RECURRENCE-ID)|a series that")),
    ("large", re.compile(r"larger than|longer than|more than|take longer")),
    ("kind", re.compile(
        r"is none of what|is no address book|is no calendar|holds neither|no header row|holds no rows|no list of friends"
        r"|whether these recommendations|no JSON"
    )),
    ("missing", re.compile(r"is missing|is empty")),
    ("zone", re.compile(r"time zone")),
    ("day", re.compile(
        r"is no (day|date|time)|lies (before|outside|after)|day or the month|timestamp|number signs|stands more than once"
    )),
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


def unread_kind(reason: str) -> str:
    """Return the kind of a reason for which a row or a file was not read: `own.unread_KIND` says it."""
    return next((kind for kind, pattern in UNREAD if pattern.search(reason)), OTHER)


def left_kinds(left_out: Mapping[str, int]) -> dict[str, int]:
    """Return how much was left out, by kinds: `own.left_KIND` says each."""
    counts: Counter[str] = Counter()
    for reason, count in left_out.items():
        counts[next((kind for kind, pattern in LEFT if pattern.search(reason)), OTHER)] += count
    return dict(counts)
