"""Persistence: from a talk in January to a new position in November, across two changes of the clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rapport.demo.scenes import persistence_aside as aside
from rapport.demo.scenes.persistence_people import LIN, OMAR, PRIYA
from rapport.demo.scenes.scene import Scene, event_at
from shared.contracts import (
    CallHeld,
    ContactCadenceSet,
    ContactConnected,
    Event,
    EventData,
    GatheringAttended,
    HelpGiven,
    HelpReceived,
    InviteAccepted,
    InviteRetractionApproved,
    InviteSent,
    MeetingHeld,
    MeetingProposed,
    MeetingQuestionsPrepared,
    MeetingScheduled,
    MemberJoined,
    MessageReceived,
    MessageSent,
    NoteAdded,
    PromiseKept,
    PromiseMade,
    PursuitClosed,
    PursuitOpened,
    PursuitStepTaken,
    ThanksSent,
)

NORA, ZONE = "nora", "Europe/Paris"
START = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
"""A Monday."""
DAYS = 301
"""Until a Monday in November."""
PURSUIT = "data-team"


def script() -> Iterator[Event]:
    """Yield what Nora does in ten months, and what others do with her."""
    chapters = (_a_talk, _a_lunch, _a_second_meeting, _a_gathering, _a_position, *aside.CHAPTERS)
    for chapter in chapters:
        for wall, data in chapter():
            yield event_at(NORA, ZONE, wall, data)


def _wall(wall: str) -> datetime:
    return datetime.fromisoformat(wall)


def _a_talk() -> Iterator[tuple[str, EventData]]:
    """A talk, an invite that says why, thanks, and a call."""
    yield "2026-01-12 09:15", MemberJoined(name="Nora Blum", email="nora@example.org", zone=ZONE)
    evening = "Data evening: small teams that ship"
    yield "2026-01-13 21:30", GatheringAttended(gathering_id="data-evening", name=evening, met=(LIN,))
    why = "Your talk tonight: I would like to hear how your team began."
    yield "2026-01-14 18:10", InviteSent(invite_id="inv-lin", contact=LIN, why=why)
    yield "2026-01-16 12:05", InviteAccepted(invite_id="inv-lin", contact_id=LIN.id)
    yield "2026-01-16 12:06", ContactConnected(contact=LIN, via_invite="inv-lin")
    yield "2026-01-19 12:30", ThanksSent(contact_id=LIN.id, what="What you said about starting small stays with me.")
    yield "2026-01-26 18:00", CallHeld(contact_id=LIN.id, what="She hires twice a year, and likes people who write.")
    yield "2026-02-02 19:00", PursuitOpened(pursuit_id=PURSUIT, goal="A position in a data team that builds things")


def _a_lunch() -> Iterator[tuple[str, EventData]]:
    """A lunch with everything around it."""
    about = {"meeting_id": "lunch-lin", "contact_ids": (LIN.id,), "kind": "lunch"}
    yield "2026-02-09 08:40", MeetingProposed.model_validate(about)
    yield "2026-02-14 11:20", MessageReceived(contact_id=LIN.id)
    plan = {**about, "starts": _wall("2026-02-26 12:30"), "zone": ZONE, "minutes": 75, "place": "Café Luna"}
    yield "2026-02-16 10:00", MeetingScheduled.model_validate(plan)
    step = "My notes on three small projects are online"
    yield "2026-02-24 20:15", PursuitStepTaken(pursuit_id=PURSUIT, step=step)
    yield "2026-02-25 18:20", MeetingQuestionsPrepared(meeting_id="lunch-lin", count=3)
    yield "2026-02-26 16:05", MeetingHeld.model_validate(about)
    yield "2026-03-02 12:00", ThanksSent(contact_id=LIN.id, what="Lunch, and two hours of your week.")
    promise = {"promise_id": "reading", "contact_id": LIN.id, "what": "The reading list on small teams"}
    yield "2026-03-02 12:05", PromiseMade.model_validate({**promise, "due": _wall("2026-03-09 09:00")})
    yield "2026-03-09 12:10", PromiseKept.model_validate(promise)


def _a_second_meeting() -> Iterator[tuple[str, EventData]]:
    """The second meeting, in the week in which the clocks go forward."""
    about = {"meeting_id": "again-lin", "contact_ids": (LIN.id,), "kind": "online"}
    plan = {**about, "starts": _wall("2026-03-31 18:00"), "zone": ZONE, "minutes": 45}
    yield "2026-03-20 19:30", PursuitStepTaken(pursuit_id=PURSUIT, step="Two applications are on their way")
    yield "2026-03-23 12:15", MeetingProposed.model_validate(about)
    yield "2026-03-24 09:05", MeetingScheduled.model_validate(plan)
    yield "2026-03-30 17:40", MeetingQuestionsPrepared(meeting_id="again-lin", count=2)
    yield "2026-03-31 20:50", MeetingHeld.model_validate(about)
    yield (
        "2026-04-02 08:30",
        NoteAdded(contact_id=LIN.id, what="Moves to Lyon in the summer. Her circle meets in June."),
    )
    yield "2026-04-14 17:00", HelpReceived(contact_id=LIN.id, what="She read my notes, and marked what is unclear.")
    yield "2026-04-15 21:10", PursuitStepTaken(pursuit_id=PURSUIT, step="The notes are clearer now")


def _a_gathering() -> Iterator[tuple[str, EventData]]:
    """An evening as Lin's guest; one invite is accepted, and one rests."""
    evening = "Summer evening of the Lyon data circle"
    yield "2026-05-06 20:30", PursuitStepTaken(pursuit_id=PURSUIT, step="One answer: not this year, ask again")
    yield (
        "2026-06-11 22:45",
        GatheringAttended(gathering_id="summer-evening", name=evening, met=(OMAR, PRIYA), as_guest_of=LIN.id),
    )
    why = "You said that Fernway's data team is looking for its fourth."
    yield "2026-06-12 18:20", InviteSent(invite_id="inv-omar", contact=OMAR, why=why)
    why = "You know how products and data get along."
    yield "2026-06-15 12:30", InviteSent(invite_id="inv-priya", contact=PRIYA, why=why)
    yield "2026-06-15 12:40", ThanksSent(contact_id=LIN.id, what="For taking me along.")
    yield "2026-06-17 09:15", InviteAccepted(invite_id="inv-omar", contact_id=OMAR.id)
    yield "2026-06-19 13:00", ThanksSent(contact_id=OMAR.id, what="For an hour on a terrace about pipelines.")
    yield "2026-06-29 18:30", CallHeld(contact_id=OMAR.id, what="The position opens in July. He will put in a word.")
    yield "2026-07-01 20:00", ContactCadenceSet(contact_id=LIN.id, every_days=60)


def _a_position() -> Iterator[tuple[str, EventData]]:
    """Step by step, until the clocks have gone back and the contract is signed."""
    yield "2026-07-02 21:00", PursuitStepTaken(pursuit_id=PURSUIT, step="Applied at Fernway")
    yield "2026-07-24 16:00", PursuitStepTaken(pursuit_id=PURSUIT, step="A first interview, with Omar's team")
    yield "2026-08-31 12:20", MessageSent(contact_id=LIN.id)
    yield "2026-09-08 19:00", HelpGiven(contact_id=LIN.id, what="Ran the door at the circle's autumn evening.")
    yield "2026-09-14 12:30", InviteRetractionApproved(invite_ids=("inv-priya",))
    yield "2026-09-21 18:45", PursuitStepTaken(pursuit_id=PURSUIT, step="A second interview, and a day with the team")
    about = {"meeting_id": "offer-omar", "contact_ids": (OMAR.id,), "kind": "phone"}
    plan = {**about, "starts": _wall("2026-10-28 18:00"), "zone": ZONE, "minutes": 30}
    yield "2026-10-20 12:10", MeetingScheduled.model_validate(plan)
    yield "2026-10-26 09:30", PursuitStepTaken(pursuit_id=PURSUIT, step="An offer, and a week to think about it")
    yield "2026-10-27 17:30", MeetingQuestionsPrepared(meeting_id="offer-omar", count=4)
    yield "2026-10-28 20:35", MeetingHeld.model_validate(about)
    yield "2026-10-29 12:00", ThanksSent(contact_id=OMAR.id, what="For putting in a word, and for plain answers.")
    yield "2026-11-05 18:00", PursuitClosed(pursuit_id=PURSUIT, outcome="hired")
    yield "2026-11-06 12:15", ThanksSent(contact_id=LIN.id, what="It began with your talk in January.")


SCENE = Scene(
    name="persistence",
    about="A talk in January, a connection, a lunch, an evening as a guest, and in November a position.",
    start=START,
    days=DAYS,
    script=script,
    member=NORA,
)
