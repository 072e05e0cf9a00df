"""What a digest knows to tell: people with their last note, meetings with their hour, rules that went quiet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.digest.content.model import DigestContent, Entry
from services.digest.model.state import MEETINGS, MEETINGS_MAX, Meetings, Person
from services.digest.words.render import render
from shared.contracts import (
    CallHeld,
    Contact,
    ContactConnected,
    DigestPrepared,
    InviteRetractionProposed,
    InviteSent,
    MeetingHeld,
    MessageReceived,
    MessageSent,
)
from shared.texts.sentences import SOMEBODY
from tests.unit.services.digest.digest_world import DAY, World, lost, of, refused, types, utc


def world() -> World:
    made = World("2026-11-20 00:00")
    made.join()
    made.meet("c1", "Grace Hopper")
    return made


def agreed(made: World) -> list[str]:
    return [one.meeting_id for one in made.content().meetings]


# People.


def test_the_last_note_about_a_person_stands_beside_what_is_due() -> None:
    made = world()
    made.plan("f", "2026-11-20 00:00")
    made.now += DAY
    later = made.note("c1", "Collects clocks.")
    made.tell(CallHeld(contact_id="c1", what="Has a new team."), time=later.time - timedelta(hours=1))
    made.tell(MessageSent(contact_id="c1", what="Dear Grace"))
    made.tell(MessageReceived(contact_id="c1", what="Dear Ada"))
    (entry,) = made.content().due
    assert entry.note is not None
    assert (entry.note.text, entry.note.at) == ("Collects clocks.", later.time)


def test_what_the_member_wrote_with_the_invite_is_a_note_until_there_is_a_later_one() -> None:
    made = world()
    made.tell(InviteSent(invite_id="i", contact=Contact(id="c1", name="Grace Hopper"), why="Your talk on compilers"))
    made.plan("f", "2026-11-20 00:00")
    (entry,) = made.content().due
    assert entry.note is not None
    assert entry.note.text == "Your talk on compilers"


def test_a_person_keeps_the_headline_that_a_later_event_does_not_repeat() -> None:
    made = world()
    made.tell(ContactConnected(contact=Contact(id="c1", name="Grace Hopper", headline="Rear admiral")))
    made.now += DAY
    made.meet("c1", "Grace M. Hopper")
    person = made.items["contact/c1"]
    assert isinstance(person, Person)
    assert (person.name.text, person.headline.text) == ("Grace M. Hopper", "Rear admiral")


def test_a_rule_that_the_digest_does_not_know_speaks_with_its_own_line() -> None:
    made = world()
    made.plan("f", "2026-11-20 00:00", rule="rule_of_tomorrow")
    made.fall_due("f", "2026-11-20 00:00", "rule_of_tomorrow", "Water the plants with Grace.")
    assert "  Water the plants with Grace.\n" in render(made.content()).text


def test_a_rule_about_several_people_brings_its_own_line() -> None:
    made = world()
    made.plan("f", "2026-11-20 00:00", rule="after_gathering", what="Meetup")
    made.fall_due("f", "2026-11-20 00:00", "after_gathering", "Meetup: you met Grace and one other.")
    (entry,) = made.content().due
    assert entry.text == "Meetup: you met Grace and one other."


def test_a_rule_that_the_digest_knows_speaks_with_the_digest_s_words() -> None:
    made = world()
    made.plan("f", "2026-11-20 00:00")
    made.fall_due("f", "2026-11-20 00:00", "thank", "Thank her!")
    text = render(made.content()).text
    assert "Thank her!" not in text
    assert "You are newly connected." in text


# Meetings.


def test_a_meeting_of_the_week_is_told_with_its_hour_on_the_member_s_clock_and_where_it_takes_place() -> None:
    made = world()
    made.prefer(zone="Europe/Paris")
    made.agree("m", "2026-11-24 12:30", zone="America/New_York", place="Café Luna")
    text = render(made.content()).text
    assert "\n* Tuesday, 18:30: Lunch with Grace Hopper\n  Café Luna, 12:30 in New York\n" in text


@pytest.mark.parametrize(
    ("starts", "shown"),
    [("2026-11-19 12:00", False), ("2026-11-20 00:00", False), ("2026-11-20 00:01", True), ("2026-11-27 00:00", True),
     ("2026-11-27 00:01", False)],
)  # fmt: skip
def test_a_weekly_digest_looks_ahead_seven_days(starts: str, shown: bool) -> None:
    made = world()
    made.agree("m", starts)
    assert agreed(made) == (["m"] if shown else [])


def test_a_meeting_alone_is_worth_a_digest_which_lists_it_without_words() -> None:
    made = world()
    made.agree("m", "2026-11-24 12:30", "c1", "c2")
    (prepared,) = of(made.until("2026-11-23 09:00"), DigestPrepared)
    (item,) = prepared.items
    assert (item.kind, item.meeting_id, item.contact_id, item.name) == ("meeting", "m", "c1", "Grace Hopper")
    assert item.at == utc("2026-11-24 12:30")


def test_the_last_word_about_a_meeting_holds_in_whatever_order_it_is_read() -> None:
    made = world()
    first = made.agree("m", "2026-11-21 12:30")
    made.now += timedelta(hours=1)
    moved = made.agree("m", "2026-11-22 12:30", moved=True)
    off = made.call_off("m")
    other = world()
    for event in (moved, first):
        other.apply(event)
    other.now = made.now
    assert [one.at for one in other.content().meetings] == [utc("2026-11-22 12:30")]
    for event in (off, first, moved):
        other.apply(event)
    assert agreed(other) == agreed(made) == []


def test_a_meeting_is_remembered_from_the_last_time_that_it_was_told_of_whatever_the_order() -> None:
    made, other = world(), world()
    plan = made.agree("m", "2026-11-01 12:30").data
    told = [
        made.tell(plan, time=utc("2026-10-01 00:00"), logged=utc("2026-11-20 00:00")),
        made.tell(plan, time=utc("2026-10-02 00:00"), logged=utc("2026-10-02 00:00")),
    ]
    for event in reversed(told):
        other.apply(event)
    known, again = made.items[MEETINGS], other.items[MEETINGS]
    assert isinstance(known, Meetings)
    assert isinstance(again, Meetings)
    assert known.by_id["m"].logged == again.by_id["m"].logged == utc("2026-11-20 00:00")


def test_a_meeting_that_was_held_early_is_not_told_any_more() -> None:
    made = world()
    made.agree("m", "2026-11-24 12:30")
    made.tell(MeetingHeld(meeting_id="m", contact_ids=("c1",)))
    assert agreed(made) == []


def test_what_leads_up_to_a_meeting_is_said_once_with_the_meeting() -> None:
    made = world()
    made.agree("m", "2026-11-24 12:30")
    made.plan("today", "2026-11-24 10:30", rule="meeting_today")
    made.plan("after", "2026-11-24 15:30", rule="did_it_happen")
    assert "Note what you would like to ask" not in render(made.content()).text
    made.plan("before", "2026-11-23 17:00", rule="prepare_questions")
    told = made.content()
    assert (told.due, told.coming) == ((), ())
    text = " ".join(render(told).text.split())
    assert "-> Note what you would like to ask, and what you can offer." in text


def test_a_meeting_with_many_names_three_and_counts_the_rest() -> None:
    made = world()
    for n, name in enumerate(("Ada", "Ben", "Cleo", "Dan", "Eva"), start=2):
        made.meet(f"c{n}", name)
    made.agree("m", "2026-11-24 12:30", "c2", "c3", "c4", "c5", "c6", kind="phone")
    assert "A phone call with Ada, Ben, Cleo and 2 more" in render(made.content()).text


def test_a_meeting_is_forgotten_two_weeks_after_it_and_the_index_stays_small() -> None:
    made = world()
    for n in range(60):
        made.now += DAY
        made.agree(f"m{n}", made.now.strftime("%Y-%m-%d %H:%M"))
    known = made.items[MEETINGS]
    assert isinstance(known, Meetings)
    assert len(known.by_id) == 15
    for n in range(MEETINGS_MAX + 50):
        made.agree(f"x{n:03}", "2027-11-24 12:30")
    known = made.items[MEETINGS]
    assert isinstance(known, Meetings)
    assert len(known.by_id) == MEETINGS_MAX


# Rules that went quiet.


def quiet(made: World) -> list[str]:
    return [one.rule for one in made.content().quiet]


def test_a_rule_that_went_quiet_is_mentioned_once() -> None:
    made = world()
    made.lapse("a")
    made.lapse("b")
    assert quiet(made) == []
    made.go_quiet()
    text = render(made.content()).text
    assert "* Thanks for a new connection\n" in text
    assert "That is quite all right." in text
    assert types(made.until("2026-12-08 00:00")) == ["prepared", "sending", "sent", "skipped", "skipped"]
    made.go_quiet("no_answer_yet")
    assert quiet(made) == ["no_answer_yet"]
    made.come_back("no_answer_yet")
    assert quiet(made) == [], "it came back before the mail that would have told of it"
    made.go_quiet(again=True)
    assert quiet(made) == [], "it had asked once more: that is told once"


def test_a_rule_that_went_quiet_is_mentioned_again_only_when_the_mail_was_certainly_not_left() -> None:
    for mailing, again in ((refused("unreachable"), ["thank"]), (lost, [])):
        made = world()
        made.mailing = mailing
        made.go_quiet()
        made.until("2026-11-25 00:00")
        assert quiet(made) == again


def test_a_lapse_that_is_read_again_is_no_second_mention() -> None:
    made = world()
    lapse = made.go_quiet()
    made.until("2026-11-25 00:00")
    made.apply(lapse)
    assert quiet(made) == []


def test_whom_a_rule_had_open_that_went_quiet_is_in_no_mail_with_that_word() -> None:
    made = world()
    made.now = utc("2026-11-23 09:00")
    made.fall_due("a", "2026-11-23 08:00", "thank", "Thank them")
    made.plan("b", "2026-11-26 08:00")
    made.plan("c", "2026-11-23 08:00", "no_answer_yet")
    made.go_quiet()
    told = made.content()
    assert ([one.rule for one in told.due], told.coming) == (["no_answer_yet"], ())
    assert quiet(made) == ["thank"]


def test_a_rule_that_has_spoken_since_it_went_quiet_is_on_again() -> None:
    made = world()
    made.now = utc("2026-11-23 07:00")
    made.go_quiet()
    made.now += timedelta(hours=1)
    made.come_back()
    made.plan("a", "2026-11-23 08:00")
    assert quiet(made) == []
    assert [one.rule for one in made.content().due] == ["thank"]


def test_a_name_of_blanks_that_a_topic_holds_is_nobody_s_name() -> None:
    made = world()
    made.join(name="  ")
    made.meet("c2", "   ")
    made.plan("a", "2026-11-20 00:00", contact_id="c2")
    invite = {"invite_id": "i9", "contact": {"id": "c2", "name": "   "}, "sent_at": utc("2025-06-01 00:00")}
    proposal = {"proposal_id": "p1", "invites": [invite], "oldest_days": 500, "attempt": 1}
    made.tell(InviteRetractionProposed.model_validate(proposal))
    told = made.content()
    assert told.name == ""
    assert ([one.name for one in told.due], [one.name for one in told.proposed]) == ([SOMEBODY], [SOMEBODY])


def test_what_is_laid_to_rest_at_the_instant_of_the_mail_is_not_in_it() -> None:
    made = world()
    made.fall_due("a", "2026-11-16 08:00", "thank", "Thank them", lapses_at="2026-11-23 08:00")
    made.now = utc("2026-11-23 07:59")
    assert [one.followup_id for one in made.content().due] == ["a"]
    made.now = utc("2026-11-23 08:00")
    assert made.content().due == ()
    made.plan("a", "2026-11-23 08:00")
    assert [one.followup_id for one in made.content().due] == ["a"], "a snooze moves it"


def test_whoever_has_no_name_is_said_in_the_members_language_in_the_event() -> None:
    """A product shows the items: let them keep what stands for somebody inside, and it is English."""
    entry = Entry("f", "thank", "c1", str(SOMEBODY), utc("2026-11-20 00:00"))
    for locale, said in (("en", "somebody you know"), ("de", "jemand aus deinem Netzwerk")):
        told = DigestContent("", "2026-W48", "UTC", utc("2026-11-23 08:00"), due=(entry,), locale=locale)
        assert [item.name for item in told.items()] == [said]
