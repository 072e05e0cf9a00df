"""The envelope of most records, read at one look: the seven headers of a product's event, in the order of our own encoder.

Reading header by header, with a reason for each that is wrong, takes twice as long, and there are twenty thousand a second.
Whatever is not exactly as expected is left to that way (`codec`), so nothing is read or refused by one that the other
would not: `tests/contract/test_glance.py` holds the two to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeAlias

from shared.contracts import limits
from shared.contracts.events.event import EventData
from shared.contracts.events.table import EVENTS, topics_of

_NAMES: Final = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_memberid", "content-type")
_VERSION: Final = b"1.0"
_JSON: Final = b"application/json"
_USUAL_TIME: Final = "2026-11-03T09:00:00.000Z"
"""An instant in the form in which this project writes them: UTC, with milliseconds."""
_TIME_CHARS: Final = len(_USUAL_TIME)
_BETWEEN: Final = slice(4, 20, 3)
"""Where there is no digit but at its end, each three characters behind the one before."""
_MARKS: Final = _USUAL_TIME[_BETWEEN].encode()
_Z: Final = ord("Z")
_ID_MAX, _MEMBER_MAX = limits.EVENT_ID_CHARS_MAX, limits.ID_CHARS_MAX
_YEAR_MIN, _YEAR_MAX = limits.YEAR_MIN, limits.YEAR_MAX
_SOURCES_KEPT: Final = 64
_KINDS: Final[dict[str, dict[bytes, type[EventData]]]] = {}
"""By topic and type."""
for _type, _kind in EVENTS.items():
    for _topic in topics_of(_kind):
        _KINDS.setdefault(_topic, {})[_type.encode()] = _kind

Glance: TypeAlias = tuple[type[EventData], str, str, datetime, str]
"""Kind, id, member, time and source. A plain tuple, as one is made of every record."""


def glance(key: bytes | None, headers: Sequence[tuple[str, bytes]], topic: str) -> Glance | None:
    """Return what a record's headers say, or None when they are to be read one by one."""
    try:
        (a, version), (b, raw_id), (c, source), (d, kind), (e, raw_time), (f, raw_member), (g, content) = headers
        if (a, b, c, d, e, f, g) != _NAMES or version != _VERSION or content != _JSON or raw_member != key:
            return None
        if len(raw_time) != _TIME_CHARS or raw_time[_BETWEEN] != _MARKS or raw_time[-1] != _Z:
            return None
        event, member, time = raw_id.decode(), raw_member.decode(), datetime.fromisoformat(raw_time.decode())
        seen = (_KINDS[topic][kind], event, member, time, _source(source))
    except (ValueError, KeyError, AttributeError, TypeError):  # other headers or type, no value, no UTF-8, no such time
        return None
    plain = (
        0 < len(event) <= _ID_MAX and 0 < len(member) <= _MEMBER_MAX and event.isprintable() and member.isprintable()
    )
    return seen if plain and _YEAR_MIN <= time.year <= _YEAR_MAX else None


@lru_cache(maxsize=_SOURCES_KEPT)
def _source(raw: bytes) -> str:
    text = raw.decode()
    if not text.isprintable() or not 0 < len(text) <= limits.SOURCE_CHARS_MAX:
        raise ValueError
    return text
