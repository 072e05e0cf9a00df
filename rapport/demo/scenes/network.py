"""The network: what four members did from January to May, with a meeting and everything around it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rapport.demo.scenes.scene import SOURCE, Scene, event_at
from shared.contracts import (
    Contact,
    ContactCadenceSet,
    ContactConnected,
    Event,
    EventData,
    FollowupDone,
    FollowupRequested,
    FollowupSnoozed,
    InviteAccepted,
    InviteDeclined,
    InviteKept,
    InviteReceived,
    InviteRetractionApproved,
    InviteSent,
    MeetingHeld,
    MeetingProposed,
    MeetingQuestionsPrepared,
    MeetingScheduled,
    MemberJoined,
    MemberPreferencesSet,
    MessageSent,
    NoteAdded,
    ThanksSent,
)
from shared.importing import read_archive, sample_archive

START = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
"""A Monday. The sample archive was exported that day."""
DAYS = 125
"""Long enough for an invite of the second week to be unanswered for 90 days, told of, and let go."""
ANNA, BEN, CARLA, DEEPA = "anna", "ben", "carla", "deepa"
PARIS = "Europe/Paris"
APPROVED_MAX = 20


def script() -> Iterator[Event]:
    """Yield all events of the scripted network."""
    for part in (_imported, _anna, _a_meeting, _ben, _carla, _deepa):
        yield from part()


def _event(member: str, day: float, data: EventData) -> Event:
    at = START + timedelta(days=day)
    name = f"demo/{member}/{data.TYPE}/{day:g}"
    return Event(id=name, member=member, time=at, logged=at, data=data, source=SOURCE)


def _person(key: str, name: str, headline: str) -> Contact:
    return Contact(id=key, name=name, headline=headline)


LIN = _person("lin-zhou", "Lin Zhou", "Data engineer at Harbour Analytics")
OMAR = _person("omar-haddad", "Omar Haddad", "Organiser of the Lyon data meetup")
PRIYA = _person("priya-nair", "Priya Nair", "Product lead at Fernway")
TOM = _person("tom-berger", "Tom Berger", "Teacher and author")
ALMA = "alma-roth-sample"
"""Somebody of the sample archive."""
SARA = _person("sara-lund", "Sara Lund", "Researcher at Nordhaven")


def _imported() -> Iterator[Event]:
    """Anna brings her old network along, and lets most of the forgotten invites go."""
    at = START + timedelta(hours=1)
    imported = list(read_archive(sample_archive(), member=ANNA, imported_at=at).events())
    yield from imported
    accepted = {event.data.invite_id for event in imported if isinstance(event.data, InviteAccepted)}
    pending = [
        event.data.invite_id
        for event in sorted(imported, key=lambda event: event.time)
        if isinstance(event.data, InviteSent)
        and event.data.invite_id not in accepted
        and event.time < START - timedelta(days=90)
    ]
    yield _event(ANNA, 7.2, InviteRetractionApproved(invite_ids=tuple(pending[:APPROVED_MAX])))
    if kept := pending[APPROVED_MAX:]:
        yield _event(ANNA, 7.3, InviteKept(invite_ids=tuple(kept), for_days=180))


def _anna() -> Iterator[Event]:
    """Thanks, a question of hers that nobody answers, and a promise to herself."""
    note = "Met at the winter fair. Builds a school garden, and asked for somebody who knows about sensors."
    yield _event(ANNA, 0.1, NoteAdded(contact_id=ALMA, what=note))
    yield _event(ANNA, 0, MemberJoined(name="Anna Adler", email="anna@example.org", zone=PARIS, locale="en"))
    yield _event(ANNA, 1.3, InviteSent(invite_id="inv-lin", contact=LIN, why="Your talk on small data teams"))
    yield _event(ANNA, 4.2, InviteAccepted(invite_id="inv-lin", contact_id=LIN.id))
    yield _event(ANNA, 5.3, ThanksSent(contact_id=LIN.id))
    yield _event(ANNA, 6.1, InviteSent(invite_id="inv-omar", contact=OMAR, why="The meetup in March"))
    yield _event(ANNA, 8.0, InviteSent(invite_id="inv-priya", contact=PRIYA))
    yield _event(ANNA, 11.0, InviteDeclined(invite_id="inv-priya", contact_id=PRIYA.id))
    due = datetime(2026, 2, 2, 9, 30)  # noqa: DTZ001 - a wall time of the member's
    yield _event(
        ANNA, 14.0, FollowupRequested(followup_id="books", contact_id=LIN.id, what="Send Lin the book list", due=due)
    )
    yield _event(ANNA, 28.2, FollowupSnoozed(followup_id="books", until=START + timedelta(days=30, hours=2)))
    yield _event(ANNA, 30.5, FollowupDone(followup_id="books"))
    yield _event(ANNA, 40.0, ContactConnected(contact=TOM))
    yield _event(ANNA, 55.0, InviteReceived(invite_id="inv-sara", contact=SARA, why="We met in Oslo"))
    yield _event(ANNA, 55.2, InviteAccepted(invite_id="inv-sara", contact_id=SARA.id))
    yield _event(ANNA, 56.4, MessageSent(contact_id=SARA.id))
    yield _event(ANNA, 100.0, InviteRetractionApproved(invite_ids=("inv-omar",), try_again=True))


def _a_meeting() -> Iterator[Event]:
    """Anna and Lin: a lunch from its proposal to the thanks, a second meeting, and a wish to stay in touch."""
    lunch = {"meeting_id": "lunch-lin", "contact_ids": (LIN.id,), "kind": "lunch"}
    again = {"meeting_id": "again-lin", "contact_ids": (LIN.id,), "kind": "online"}
    yield _at_lin("2026-01-09 18:30", NoteAdded(contact_id=LIN.id, what="Looks for a first hire who likes old data."))
    yield _at_lin("2026-01-10 16:00", MeetingProposed.model_validate(lunch))
    at = {"starts": datetime(2026, 1, 15, 12, 30), "zone": PARIS, "minutes": 75, "place": "Café Luna"}  # noqa: DTZ001 - a wall time
    yield _at_lin("2026-01-11 11:00", MeetingScheduled.model_validate({**lunch, **at}))
    yield _at_lin("2026-01-14 18:15", MeetingQuestionsPrepared(meeting_id="lunch-lin", count=3))
    yield _at_lin("2026-01-15 16:20", MeetingHeld.model_validate(lunch))
    yield _at_lin("2026-01-16 10:15", NoteAdded(contact_id=LIN.id, what="Has a spare desk in Lyon. Owes me a recipe."))
    yield _at_lin("2026-02-06 09:30", MeetingProposed.model_validate(again))
    at = {"starts": datetime(2026, 2, 19, 17, 0), "zone": PARIS, "minutes": 45}  # noqa: DTZ001 - a wall time
    yield _at_lin("2026-02-13 14:00", MeetingScheduled.model_validate({**again, **at}))
    yield _at_lin("2026-02-18 17:40", MeetingQuestionsPrepared(meeting_id="again-lin", count=2))
    yield _at_lin("2026-02-19 20:10", MeetingHeld.model_validate(again))
    yield _at_lin("2026-02-20 12:00", ThanksSent(contact_id=LIN.id))
    yield _at_lin("2026-02-20 12:10", ContactCadenceSet(contact_id=LIN.id, every_days=30))
    yield _at_lin("2026-03-24 08:45", MessageSent(contact_id=LIN.id))


def _at_lin(wall: str, data: EventData) -> Event:
    return event_at(ANNA, PARIS, wall, data)


def _ben() -> Iterator[Event]:
    """Ben lets stale invites go by themselves, after a week's notice; one answer comes within it."""
    joined = MemberJoined(name="Ben Okafor", email="ben@example.org", zone="America/New_York")
    yield _event(BEN, 0.1, joined)
    wishes = MemberPreferencesSet.model_validate(
        {"retraction": {"policy": "auto"}, "digest": {"every": "weekly", "weekday": "fri", "time": "07:30"}}
    )
    yield _event(BEN, 0.2, wishes)
    yield _event(BEN, 3.0, InviteSent(invite_id="inv-ben-tom", contact=TOM))
    yield _event(BEN, 9.0, InviteSent(invite_id="inv-ben-sara", contact=SARA))
    yield _event(BEN, 101.5, InviteAccepted(invite_id="inv-ben-sara", contact_id=SARA.id))


def _carla() -> Iterator[Event]:
    """Carla wants to know and nothing more: no mail, nothing pulled back."""
    yield _event(CARLA, 0.3, MemberJoined(name="Carla Ruiz", email="carla@example.org", zone="America/Havana"))
    wishes = {"retraction": {"policy": "never"}, "digest": {"every": "off"}}
    yield _event(CARLA, 0.4, MemberPreferencesSet.model_validate(wishes))
    yield _event(CARLA, 5.0, InviteSent(invite_id="inv-carla-lin", contact=LIN))


def _deepa() -> Iterator[Event]:
    """Deepa reads every day, and has a standing reminder; she travels once."""
    yield _event(DEEPA, 0.5, MemberJoined(name="Deepa Rao", email="deepa@example.org", zone="Asia/Kathmandu"))
    wishes = {"digest": {"every": "daily", "time": "18:00"}}
    yield _event(DEEPA, 0.6, MemberPreferencesSet.model_validate(wishes))
    due = datetime(2026, 1, 20, 10, 0)  # noqa: DTZ001 - a wall time of the member's
    yield _event(DEEPA, 2.0, FollowupRequested(followup_id="mentor", what="Call your mentor", due=due, every_days=28))
    yield _event(DEEPA, 16.0, FollowupDone(followup_id="mentor"))
    yield _event(DEEPA, 60.0, MemberPreferencesSet(zone="Pacific/Chatham"))


SCENE = Scene(
    name="network",
    about="Four members from January to May: a meeting with everything around it, old invites, and a good digest.",
    start=START,
    days=DAYS,
    script=script,
    member=ANNA,
)
