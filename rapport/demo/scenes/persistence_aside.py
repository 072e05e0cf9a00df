"""What else happens to Nora in *persistence*: a day, a reminder, a meeting that falls through, and a rule that rests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from rapport.demo.scenes.persistence_people import BEA, HANNA, JUN, KWAME, LIN, OMAR, ZOE
from shared.contracts import (
    ContactDateSet,
    EventData,
    FollowupDone,
    FollowupRequested,
    InviteSent,
    MeetingHeld,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    MessageSent,
    ThanksSent,
)

ZONE: Final = "Europe/Paris"


def _a_day_and_a_reminder() -> Iterator[tuple[str, EventData]]:
    """Lin's birthday, and a question that Nora has an hour for."""
    yield "2026-04-02 08:35", ContactDateSet(contact_id=LIN.id, label="Birthday", month=5, day=20)
    yield "2026-05-20 12:20", MessageSent(contact_id=LIN.id)
    due = datetime.fromisoformat("2026-05-27 18:30")
    ask = FollowupRequested(followup_id="slides", contact_id=LIN.id, what="Ask Lin for her slides", due=due)
    yield "2026-05-20 12:25", ask
    yield "2026-05-27 19:05", FollowupDone(followup_id="slides")


def _a_meeting_that_falls_through() -> Iterator[tuple[str, EventData]]:
    """A coffee with Omar that does not take place, and does a week later."""
    about = {"meeting_id": "coffee-omar", "contact_ids": (OMAR.id,), "kind": "in_person"}
    plan = {**about, "zone": ZONE, "minutes": 45, "place": "Fernway, at the door"}
    first, then = (datetime.fromisoformat(wall) for wall in ("2026-07-14 17:00", "2026-07-22 17:00"))
    yield "2026-07-08 18:40", MeetingScheduled.model_validate({**plan, "starts": first})
    yield "2026-07-14 20:10", MeetingMissed.model_validate(about)
    yield "2026-07-20 12:15", MeetingRescheduled.model_validate({**plan, "starts": then})
    yield "2026-07-22 20:05", MeetingHeld.model_validate(about)
    yield "2026-07-23 11:00", ThanksSent(contact_id=OMAR.id, what="For waiting at the door, both times.")


def _a_rule_that_rests() -> Iterator[tuple[str, EventData]]:
    """Four invites in four weeks that do not say why, and later one that does."""
    for day, whom in (("08-18", JUN), ("08-25", HANNA), ("09-01", KWAME), ("09-08", ZOE)):
        yield f"2026-{day} 18:30", InviteSent(invite_id=f"inv-{whom.id}", contact=whom)
    why = "Your map of the river's old beds: how did you find the sources?"
    yield "2026-09-29 19:10", InviteSent(invite_id="inv-bea", contact=BEA, why=why)


CHAPTERS: Final[tuple[Callable[[], Iterator[tuple[str, EventData]]], ...]] = (
    _a_day_and_a_reminder,
    _a_meeting_that_falls_through,
    _a_rule_that_rests,
)
