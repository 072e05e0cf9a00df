"""`rapport sample-events`: the events of the tour in `docs/tour.md`, told as of now, so that it is true on every day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

SOURCE: Final = "/shop/network"
INVITED_AGO: Final = timedelta(days=176)
"""Long enough for an invite to be asked about: 90 days, unless the member says otherwise."""
DUE_AHEAD: Final = timedelta(days=48)


def sample_events(
    answer: Annotated[bool, typer.Option("--answer", help="Print the answer to the invite instead.")] = False,
) -> None:
    """Print a member's first events as JSON lines, for `rapport send`: an old invite, and a reminder to come.

    Their times are relative to now.
    """
    events = answer_as_of(datetime.now(UTC)) if answer else events_as_of(datetime.now(UTC))
    for event in events:
        print(json.dumps(event))


def events_as_of(now: datetime) -> list[dict[str, Any]]:
    """Return what happened by `now` (aware, UTC): somebody joined, invited somebody long ago, and asks for a reminder."""
    due = (now + DUE_AHEAD).replace(hour=9, minute=0)
    return [
        _event("a-1", "member.joined", now - timedelta(minutes=10), name="Ada", email="ada@example.org",
               zone="Europe/London"),
        _event("a-2", "invite.sent", now - INVITED_AGO, invite_id="inv-1", contact={"id": "grace", "name": "Grace"},
               why="We met at the compiler meetup."),
        _event("a-3", "followup.requested", now - timedelta(minutes=5), followup_id="f-1", contact_id="charles",
               what="Ask how the engine is coming along", due=f"{due:%Y-%m-%dT%H:%M}"),
    ]  # fmt: skip


def answer_as_of(now: datetime) -> list[dict[str, Any]]:
    """Return the answer to the invite."""
    return [_event("a-4", "invite.accepted", now - timedelta(minutes=1), invite_id="inv-1", contact_id="grace")]


def _event(event_id: str, kind: str, time: datetime, **data: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "source": SOURCE,
        "type": f"rapport.{kind}",
        "time": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "memberid": "ada",
        "data": data,
    }
