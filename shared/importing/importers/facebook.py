"""Friends of Facebook: `your_friends.json` of its export as JSON (`friends.json` until about 2022), no other file of it.

A friend has a name and the second since when, and neither address nor id. So who has the name of a contact, or of several, is
not told again, and friends of one name tell nothing. Facebook writes each byte of UTF-8 as a letter of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.contracts import Contact, ContactConnected, Event
from shared.contracts.limits import YEAR_MIN
from shared.importing.existing.activity import Existing
from shared.importing.existing.person import clean
from shared.importing.importer import FileImport, Found, Given, Importer, Look, Rejected, Sureness
from shared.importing.limits import REJECTED_KEPT_MAX, SENT_AHEAD_DAYS_MAX
from shared.importing.linkedin.events import ORIGIN
from shared.importing.linkedin.people import folded, name_id
from shared.importing.refusals import ArchiveError, RowRefused, shown

BYTES_MAX: Final = 8 * 1024**2
FRIENDS_MAX: Final = 20_000
"""Facebook allows 5,000."""
SOURCE: Final = "/facebook/export"
SEVERAL: Final = "friends of one name: nothing tells them apart"
KNOWN: Final = "friends whose name a contact has, or several: they are known"
_LISTS: Final = ("friends_v2", "friends")
_SURE: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"friends_v2"\s*:\s*\[')
_LIKELY: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"friends"\s*:\s*\[\s*\{\s*"(?:name|timestamp)"')


class Friends:
    """The friends of one file. `events` gives those whom nothing has named yet."""

    kind, compares = "facebook", True

    def __init__(self, rows: list[Any], given: Given) -> None:
        self._given = given
        self._read = len(rows)
        self._rejected: list[Rejected] = []
        self._friends: list[tuple[str, datetime]] = []
        for number, row in enumerate(rows, start=1):
            try:
                self._friends.append(_friend(row, given.now))
            except RowRefused as refusal:
                self._rejected.append(Rejected(f"friend {number}", str(refusal)))
        self._named = Counter(folded(name) for name, _ in self._friends)
        self._kept_out = 0

    def events(self, existing: Existing) -> Iterator[Event]:
        """Give since when each friend is one."""
        names, self._kept_out = {folded(name) for name in existing.contacts.values()}, 0
        for name, since in self._friends:
            plain = folded(name)
            contact = Contact(id=name_id(plain), name=name)
            if self._named[plain] > 1:
                continue
            if plain in names or contact.id in existing.contacts:
                self._kept_out += 1
            else:
                key = f"{self._given.member}\n{contact.id}\n{since.isoformat()}"
                yield Event(
                    id="facebook-" + hashlib.sha256(key.encode()).hexdigest()[:32], member=self._given.member, time=since,
                    logged=self._given.now, data=ContactConnected(contact=contact), source=SOURCE, origin=ORIGIN,
                )  # fmt: skip

    def found(self) -> Found:
        """Return how many there are, and who of them tells nothing."""
        several = sum(count for count in self._named.values() if count > 1)
        return Found(
            self._read,
            tuple(self._rejected[:REJECTED_KEPT_MAX]),
            max(len(self._rejected) - REJECTED_KEPT_MAX, 0),
            {reason: count for reason, count in ((SEVERAL, several), (KNOWN, self._kept_out)) if count},
        )


def _friend(row: Any, now: datetime) -> tuple[str, datetime]:
    if not isinstance(row, dict):
        raise RowRefused("is no object")
    name, since = row.get("name"), row.get("timestamp")
    if not isinstance(name, str) or not (plain := clean(_mended(name))):
        raise RowRefused("name: is missing, or no text")
    if not isinstance(since, int) or isinstance(since, bool):
        raise RowRefused("timestamp: is no whole number of seconds")
    latest = now + timedelta(days=SENT_AHEAD_DAYS_MAX)
    if not datetime(YEAR_MIN, 1, 1, tzinfo=UTC).timestamp() <= since <= latest.timestamp():
        raise RowRefused(f"timestamp: lies before {YEAR_MIN}, or after the import")
    return plain, datetime.fromtimestamp(since, UTC)


def _mended(name: str) -> str:
    """Return a name whose letters were bytes of UTF-8; any other one as it is."""
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return name


def _knows(look: Look) -> Sureness:
    if _SURE.match(look.head):
        return Sureness.CERTAIN
    return Sureness.LIKELY if _LIKELY.match(look.head) else Sureness.NO


def _read(path: Path, given: Given) -> FileImport:
    label = shown(path.name)
    with path.open("rb") as file:
        content = file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise ArchiveError(f"{label}: is larger than {BYTES_MAX // 1024**2} MB")
    try:
        whole = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise ArchiveError(f"{label}: is cut off, or no JSON") from None
    rows = next((whole[name] for name in _LISTS if name in whole), None) if isinstance(whole, dict) else None
    if not isinstance(rows, list):
        raise ArchiveError(f"{label}: has no list of friends")
    if len(rows) > FRIENDS_MAX:
        raise ArchiveError(f"{label}: has more than {FRIENDS_MAX:,} friends")
    found = Friends(rows, given)
    if rows and len(found.found().rejected) == len(rows):
        raise ArchiveError(
            f"{label}: none of its {len(rows):,} friends can be read; {found.found().rejected[0].reason}"
        )
    return found


IMPORTER: Final = Importer("facebook", "the friends of a Facebook export (your_friends.json)", _knows, _read)
