"""The judge of chaos that knows no rules: which activities it holds against what was let go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts import ACTIVITY, Event, EventData, InviteAccepted, MemberErased, MemberJoined
from shared.runtime.ports.interfaces import Record
from tests.chaos.check import _counting

START = datetime(2026, 11, 30, 8, tzinfo=UTC)
JOINED = MemberJoined(name="Ada")


def _logged(*told: tuple[str, EventData, int]) -> list[tuple[Record, Event]]:
    """Return activities in their places, by id, data and the second at which they happened."""
    logged = []
    for offset, (name, data, second) in enumerate(told):
        at = START + timedelta(seconds=second)
        record = Record(ACTIVITY, 0, offset, b"ada", b"", (), 0)
        logged.append((record, Event(name, "ada", at, at, data, "/product", offset=offset)))
    return logged


def test_of_who_was_erased_what_happened_since_they_joined_again_counts() -> None:
    told = _logged(
        ("joined", JOINED, 0),
        ("before", InviteAccepted(invite_id="i-1", contact_id="c"), 1),
        ("erased", MemberErased(), 2),
        ("away", InviteAccepted(invite_id="i-2", contact_id="c"), 3),
        ("again", JOINED, 4),
        ("late", InviteAccepted(invite_id="i-3", contact_id="c"), 1),
        ("erased", MemberErased(), 2),
        ("after", InviteAccepted(invite_id="i-4", contact_id="c"), 5),
    )
    assert [(incarnation, event.id) for incarnation, _, event in _counting(told)] == [(0, "before"), (3, "after")]
