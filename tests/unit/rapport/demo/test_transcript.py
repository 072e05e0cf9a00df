"""The transcript: from the same events the same lines, at the member's hours, cause before effect."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from rapport.demo.transcript import episode, transcript
from rapport.inspect.input_sentences import People, deed
from shared.contracts import (
    Because,
    Contact,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    DigestSent,
    DigestSkipped,
    Event,
    EventData,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    FollowupRequested,
    FollowupRescheduled,
    FollowupScheduled,
    InviteIgnored,
    InviteRetracted,
    InviteSent,
    MeetingProposed,
    MemberJoined,
    MemberPreferencesSet,
    RuleQuieted,
    ThanksSent,
)

T0 = datetime(2026, 3, 27, 9, 30, tzinfo=UTC)
"""A Friday; in Europe the clocks go forward on the Sunday after it."""
DAY = timedelta(days=1)
LIN, OMAR = Contact(id="lin", name="Lin Zhou"), Contact(id="omar", name="Omar Haddad")
THANK = "contact/lin/thank/2026-03-27"


def event(data: EventData, days: float, event_id: str = "", *, member: str = "ada", origin: str | None = None) -> Event:
    at = T0 + timedelta(days=days)
    return Event(event_id or f"{data.TYPE}@{days}", member, at, at, data, origin=origin)


def joined(zone: str = "Europe/Paris") -> Event:
    return event(MemberJoined(name="Ada Adler", email="ada@example.org", zone=zone), 0)


def plan(followup_id: str, because: Because) -> dict[str, object]:
    return {
        "followup_id": followup_id, "rule": "thank", "contact_id": LIN.id, "due_at": T0 + DAY,
        "due_local": datetime(2026, 3, 28, 9), "zone": "Europe/Paris", "because": because,  # noqa: DTZ001 - a wall time
    }  # fmt: skip


def thanks() -> list[Event]:
    """Ada connects with Lin, is reminded, and thanks."""
    connected = Because(id="c1", type=ContactConnected.TYPE)
    due = FollowupDue(
        followup_id=THANK, rule="thank", contact_id=LIN.id, attempt=1, due_at=T0 + DAY, push=False, text="Thank Lin!"
    )
    end = FollowupCompleted(followup_id=THANK, rule="thank", because=Because(id="t1", type=ThanksSent.TYPE))
    return [
        joined(),
        event(ContactConnected(contact=LIN), 0.1, "c1"),
        event(FollowupScheduled.model_validate(plan(THANK, connected)), 0.1),
        event(due, 1),
        event(ThanksSent(contact_id=LIN.id, what="For the talk"), 3, "t1"),
        event(end, 3),
    ]


def test_a_story_is_told_with_its_hours_and_reasons() -> None:
    assert transcript(thanks(), "ada", {}) == [
        "Friday, 27 March 2026",
        "  10:30  Ada joins Rapport, at home in Europe/Paris.",
        "  12:54  Ada and Lin Zhou are connected.",
        "Saturday, 28 March 2026",
        "  10:30  Rapport notes for the next digest: “Thank Lin!” [thank, because: contact connected, 27",
        "           March]",
        "Monday, 30 March 2026 (the clocks have gone forward since: UTC+2)",
        "  11:30  Ada thanks Lin Zhou: “For the talk”",
        "         Rapport: that answers thank [because: thanks sent].",
        "",
        "In 3 days: 0 mails. 0 digests had nothing to tell, and did not come.",
    ]


def test_the_order_in_which_events_are_read_changes_nothing() -> None:
    events = [*thanks(), *let_go(5), event(DigestSkipped(period="2026-W14", why="empty"), 3)]
    told = transcript(events, "ada", {})
    for seed in range(20):
        shuffled = events[:]
        random.Random(seed).shuffle(shuffled)
        assert transcript(shuffled, "ada", {}) == told


def test_others_are_not_told_of() -> None:
    other = event(ContactConnected(contact=OMAR), 2, member="ben")
    assert transcript([*thanks(), other], "ada", {}) == transcript(thanks(), "ada", {})


def let_go(count: int) -> list[Event]:
    invites = [(f"i{number}", f"p{number}", 91 + number) for number in range(count)]
    return [
        *(event(InviteIgnored(invite_id=one, contact_id=who, age_days=age), 4, one) for one, who, age in invites),
        *(
            event(InviteRetracted(invite_id=one, contact_id=who, age_days=age, by="member"), 5, f"r{one}")
            for one, who, age in invites
        ),
    ]


def test_many_invites_of_one_instant_are_told_as_one() -> None:
    told = transcript([joined(), *let_go(150)], "ada", {})
    assert "  11:30  Rapport finds 150 invites, open for 91 to 240 days." in told
    assert "  11:30  Rapport pulls back 150 invites, after 91 to 240 days, as Ada said." in told


def test_what_an_import_brings_is_told_by_its_end_alone() -> None:
    sent = event(InviteSent(invite_id="i1", contact=OMAR), 1, origin="import")
    assert not any("Omar" in line for line in transcript([joined(), sent], "ada", {}))
    known = [event(InviteRetracted(invite_id="i1", contact_id=OMAR.id, age_days=1, by="member"), 2)]
    assert any("the invite to Omar Haddad" in line for line in transcript([joined(), sent, *known], "ada", {}))


def test_what_was_never_due_is_no_longer_asked_and_not_answered() -> None:
    told = transcript([one for one in thanks() if not isinstance(one.data, FollowupDue)], "ada", {})
    assert "         Rapport: no need to remind of thank [because: thanks sent]." in told


def test_a_reminder_gives_the_reason_that_held_when_it_fell_due() -> None:
    moved = FollowupRescheduled.model_validate(plan(THANK, Because(id="s1", type="rapport.followup.snoozed")))
    at_once = FollowupScheduled.model_validate(plan(THANK, Because(id="c1", type=ContactConnected.TYPE)))
    unplanned = [one for one in thanks() if not isinstance(one.data, FollowupScheduled)]
    for events in (thanks(), [*unplanned, event(at_once, 1)]):
        told = " ".join(transcript([*events, event(moved, 2)], "ada", {}))
        assert "because: contact connected" in told
        assert "because: followup snoozed" not in told


def test_hours_follow_the_member_to_another_zone() -> None:
    there = event(MemberPreferencesSet(zone="Asia/Kathmandu"), 0.05)
    told = transcript([joined(), there, event(ContactConnected(contact=LIN), 0.1)], "ada", {})
    assert "  17:39  Ada and Lin Zhou are connected." in told


def test_a_mail_is_told_by_what_the_server_took() -> None:
    mail = EmailMessage()
    mail["Subject"] = "A word of thanks to Lin Zhou"
    mail.set_content("Hello Ada,\n\nOne small thing.\n")
    sent = event(DigestSent(digest_id="digest/2026-W14", period="2026-W14", message_id="<m1>"), 3)
    told = transcript([joined(), sent], "ada", {"<m1>": mail}, mail_text=True)
    subject = told.index("  11:30  Rapport mails the digest of week 14: “A word of thanks to Lin Zhou”")
    assert told[subject + 1 : subject + 4] == [
        "           | Hello Ada,",
        "           |",
        "           | One small thing.",
    ]
    assert "  11:30  Rapport mails the digest of week 14." in transcript([joined(), sent], "ada", {})


def test_an_episode_tells_of_one_contact_alone() -> None:
    meeting = event(MeetingProposed(meeting_id="m1", contact_ids=(OMAR.id,), kind="lunch"), 2)
    events = [*thanks(), event(ContactConnected(contact=OMAR), 1.5), meeting]
    assert [line for line in episode(events, "ada", OMAR.id) if line.startswith(" ")] == [
        "  22:30  Ada and Omar Haddad are connected.",
        "  11:30  Ada proposes a lunch to Omar Haddad.",
    ]
    told = episode(events, "ada", LIN.id)
    assert not any("Omar" in line for line in told)
    assert "         Rapport: that answers thank [because: thanks sent]." in told


def test_what_rests_is_told_without_blame_and_a_meeting_that_begins_not_at_all() -> None:
    told = transcript([*thanks()[:-2], event(FollowupLapsed(followup_id=THANK, rule="thank"), 8)], "ada", {})
    assert "  11:30  Rapport lets thank with Lin Zhou rest." in told
    before = {**plan(THANK, Because(id="c1", type=ContactConnected.TYPE)), "starts_at": T0 + 8 * DAY}
    planned = [joined(), event(FollowupScheduled.model_validate(before), 0.1)]
    told = transcript([*planned, event(FollowupLapsed(followup_id=THANK, rule="thank"), 8)], "ada", {})
    assert not any("rest" in line for line in told)


def test_that_a_rule_rests_is_told_before_what_ends_with_it() -> None:
    """Both are of one instant. Fails where the name of the event's type decides."""
    rests = event(RuleQuieted(rule="thank", asks_again_at=T0 + 200 * DAY), 8)
    because = Because(id=rests.id, type=RuleQuieted.TYPE)
    ends = event(FollowupCancelled(followup_id=THANK, rule="thank", because=because), 8)
    told = transcript([*thanks()[:-2], ends, rests], "ada", {})
    lines = [line for line in told if "let this rest" in line or "[because: rule quieted]" in line]
    assert ["let this rest" in line for line in lines] == [True, False]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (ContactCadenceSet(contact_id="lin", every_days=30), "Ada wishes to be in touch with Lin Zhou every 30 days."),
        (ContactDateSet(contact_id="lin", label="Birthday", month=3, day=9),
         "Ada notes a day to remember with Lin Zhou: Birthday, on 9 March."),
        (ContactMuted(contact_id="lin"), "Ada asks for no reminders about Lin Zhou."),
        (ContactUnmuted(contact_id="lin"), "Ada asks for reminders about Lin Zhou again."),
        (ContactRemoved(contact_id="lin"), "Ada and Lin Zhou are no longer connected."),
        (FollowupRequested(followup_id="r", contact_id="lin", what="Call", due=T0),
         "Ada wants to be reminded about Lin Zhou: “Call”"),
        (FollowupRequested(followup_id="r", what="Call", due=T0), "Ada wants to be reminded: “Call”"),
    ],
)  # fmt: skip
def test_what_a_member_decides_about_somebody_names_them(data: EventData, said: str) -> None:
    people = People()
    people.learn(event(ContactConnected(contact=LIN), 0))
    assert deed(event(data, 1), "Ada", people) == said
