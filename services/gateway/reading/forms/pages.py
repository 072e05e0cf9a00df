"""Pages: a list in a fixed order, cut where the reader left off.

A cursor is the sort key of the last entry, so what comes or goes between two pages neither repeats an entry nor skips one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from operator import itemgetter
from typing import Final, TypeVar

import msgspec

LIMIT: Final = 50
LIMIT_MAX: Final = 200
CURSOR_CHARS_MAX: Final = 1_000
T = TypeVar("T")
SortKey = tuple[int, float, str]
"""Where an entry stands: its group, its order in it, its id."""


class BadCursor(Exception):
    """A cursor that no page has given."""


def cursor_of(sort_key: SortKey) -> str:
    """Return a sort key as a cursor."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(sort_key)).decode().rstrip("=")


def sort_key_of(cursor: str) -> SortKey:
    """Read a cursor; `BadCursor` for what is none."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        sort_key: SortKey = msgspec.msgpack.decode(raw, type=SortKey)
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise BadCursor("is no cursor of a page") from error
    return sort_key


def page(
    keyed: Iterable[tuple[SortKey, T]], limit: int = LIMIT, after: str | None = None
) -> tuple[list[tuple[SortKey, T]], str | None]:
    """Return at most `limit` entries, by their sort keys, in order behind a cursor, and the cursor of what follows them."""
    if after is not None:
        last = sort_key_of(after)
        keyed = [one for one in keyed if one[0] > last]
    ordered = sorted(keyed, key=itemgetter(0))
    return ordered[:limit], cursor_of(ordered[limit - 1][0]) if len(ordered) > limit else None
