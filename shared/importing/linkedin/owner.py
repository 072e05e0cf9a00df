"""Whose archive it is: most of its rows have to agree. One row, of spam or of anything else, decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from shared.importing.files.table import Row
from shared.importing.linkedin.messages import recipients_of, sender_of, set_aside
from shared.importing.linkedin.people import folded, slug_of
from shared.importing.linkedin.rows import INCOMING, OUTGOING
from shared.importing.refusals import RowRefused


def owner_of_invitations(rows: Iterable[Row]) -> str | None:
    """Return who invites in most outgoing rows and is invited in most incoming ones; None when nobody is."""
    found = Counter(slug for row in rows if (slug := _own_side(row)) is not None)
    if not found:
        return None
    slug, count = found.most_common(1)[0]
    return slug if 2 * count > found.total() else None


def owner_of_messages(rows: Iterable[Row]) -> str | None:
    """Return the one profile of every conversation, or of most and of twice as many as any other; None for neither.

    A conversation of whom only one has an address, a draft, and spam tell nothing.
    """
    conversations: dict[str, set[str]] = {}
    for number, row in enumerate(rows):
        if set_aside(row) is None:
            try:
                profiles = {slug for slug in (sender_of(row), *recipients_of(row)) if slug is not None}
            except RowRefused:
                continue
            conversations.setdefault(row["conversationid"].strip() or str(number), set()).update(profiles)
    several = [profiles for profiles in conversations.values() if len(profiles) > 1]
    counts = Counter(slug for profiles in several for slug in profiles)
    if not counts:
        return None
    (slug, count), (_, next_count) = counts.most_common(2)
    every, most = len(several) == count > next_count, 2 * count > len(several) and count >= 2 * next_count
    return slug if every or most else None


def named_in_messages(rows: Iterable[Row]) -> dict[str, set[str]]:
    """Return the profiles that write messages, by their folded names; drafts, spam and no name at all tell nothing."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if set_aside(row) is not None:
            continue
        try:
            sender = sender_of(row)
        except RowRefused:
            continue
        if sender is not None and (name := folded(row["from"])):
            found.setdefault(name, set()).add(sender)
    return found


def _own_side(row: Row) -> str | None:
    """Return the inviter of an outgoing invite, the invitee of an incoming one; None where the row does not tell."""
    direction = row["direction"].strip().upper()
    if direction not in {OUTGOING, INCOMING}:
        return None
    column = "inviterprofileurl" if direction == OUTGOING else "inviteeprofileurl"
    try:
        return slug_of(row[column], column)
    except RowRefused:
        return None
