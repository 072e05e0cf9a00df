"""Once a month: why people connected, and what they did for each other, in their own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.digest.content.model import Month
from services.digest.content.monthly_review import NAMES_MAX, THEMES_MAX
from services.digest.model.state import CONTACT, FAVOURS_MAX, REASONS, REASONS_MAX, Person, Reasons
from services.digest.words.render import render
from shared.contracts import (
    Contact,
    DigestPrepared,
    Event,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    InviteSent,
    InviteWhyGiven,
)
from tests.unit.services.digest.digest_world import World, accepted, of, refused, types, utc
from tests.unit.services.digest.words.test_digest_words import UNKIND

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)


def month(world: World) -> Month:
    told = world.content().month
    assert told is not None
    return told


def world_of_october() -> World:
    world = World("2026-10-12 00:00")
    world.join()
    world.meet("c1", "Zoe", why="Her talk on clocks.")
    world.meet("c2", "Kwame", why="Her talk  on clocks.")
    world.invited("c3", "Priya", why="We share a street.")
    world.invited("c4", "Lin")
    world.meet("c5", "Omar")
    world.tell(InviteWhyGiven(invite_id="i-c4", why="The same street."))
    world.tell(HelpReceived(contact_id="c1", what="The book list."))
    world.tell(HelpGiven(contact_id="c1", what="A review."))
    world.now = utc("2026-10-13 00:00")
    world.tell(IntroductionMade(contact_id="c1", what="Met Sara."))
    return world


def test_the_reasons_of_a_month_come_back_in_the_first_digest_of_the_next_one_and_once() -> None:
    world = world_of_october()
    world.until("2026-12-20 00:00")
    told = [(prepared.period, [item.kind for item in prepared.items]) for prepared in of(world.said, DigestPrepared)]
    assert told == [("2026-W45", ["month"])], "2 November; nothing else was to be told"


def test_they_stand_in_the_words_in_which_they_were_said_equal_ones_together() -> None:
    world = world_of_october()
    world.now = utc("2026-11-02 08:00")
    told = month(world)
    assert told.at == OCTOBER
    assert [(one.text, one.names) for one in told.mine] == [("Her talk on clocks.", ("Zoe", "Kwame"))]
    assert [(one.text, one.names) for one in told.theirs] == [
        ("We share a street.", ("Priya",)), ("The same street.", ("Lin",))
    ]  # fmt: skip
    assert [(one.name, one.received, one.given) for one in told.exchanges] == [
        ("Zoe", ("The book list.",), ("A review.", "Met Sara."))
    ]


def test_the_mail_quotes_them_kindly_and_counts_nothing() -> None:
    world = world_of_october()
    world.now = utc("2026-11-02 08:00")
    mail = render(world.content())
    for words in (
        "WHAT DREW YOU\n", "“Her talk on clocks.”, Zoe and Kwame", "WHAT DREW OTHERS TO YOU", "“The same street.”, Lin",
        "For you: “The book list.”", "You for Zoe: “A review.”, “Met Sara.”",
    ):  # fmt: skip
        assert words in mail.text
    assert "The book list." in mail.html
    assert mail.subject == "Why you connected in October"
    assert not UNKIND.search(mail.subject + mail.text.replace("You get this mail", ""))


def test_only_help_of_that_month_is_told_and_what_came_again_since_hides_none() -> None:
    """Fails where all that is kept of a person is told, and where a month looks at whom something came from last."""
    world = world_of_october()
    world.now = utc("2026-11-01 09:00")
    world.tell(HelpReceived(contact_id="c1", what="A lift."))
    world.tell(HelpReceived(contact_id="c2", what="A name."))
    world.now = utc("2026-11-02 08:00")
    told = month(world).exchanges
    assert [(one.name, one.received, one.given) for one in told] == [
        ("Zoe", ("The book list.",), ("A review.", "Met Sara."))
    ]
    world.now = utc("2026-12-07 08:00")
    told = month(world).exchanges
    assert {(one.name, one.received, one.given) for one in told} == {
        ("Zoe", ("A lift.",), ()),
        ("Kwame", ("A name.",), ()),
    }


def test_the_subject_of_a_month_in_which_nobody_said_why_speaks_of_help() -> None:
    world = World("2026-10-12 00:00")
    world.join()
    world.tell(HelpReceived(contact_id="c1", what="The book list."))
    world.now = utc("2026-11-02 08:00")
    assert render(world.content()).subject == "What you did for each other"


def test_what_was_not_sent_is_told_with_the_next_digest_and_travelling_repeats_nothing() -> None:
    world = world_of_october()
    world.mailing = refused("rejected", permanent=True)
    world.until("2026-11-03 00:00")
    world.mailing = accepted
    world.prefer(zone="Pacific/Auckland")
    world.until("2026-11-20 00:00")
    world.prefer(zone="America/New_York")
    world.until("2026-12-20 00:00")
    assert [kind for kind in types(world.said) if kind in ("sent", "failed")] == ["failed", "sent"]


@pytest.mark.parametrize("now", ["2026-10-26 08:00", "2026-12-07 08:00"])
def test_only_the_month_before_is_told(now: str) -> None:
    world = world_of_october()
    world.now = utc(now)
    assert world.content().month is None


def test_the_month_is_the_members_own() -> None:
    world = World("2026-10-31 23:30")
    world.join(zone="Europe/Paris")
    world.meet("c1", "Zoe", why="Her talk.")
    world.now = utc("2026-11-09 08:00")
    assert world.content().month is None, "it was November already in Paris"
    world.now = utc("2026-12-07 08:00")
    assert month(world).at == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_reason_that_came_before_its_invite_is_known_with_it_and_not_guessed_without() -> None:
    world = World("2026-10-12 00:00")
    world.join()
    world.tell(InviteWhyGiven(invite_id="i-c1", why="The same street."))
    world.now = utc("2026-11-02 08:00")
    assert world.content().month is None, "nobody knows whose it is"
    world.invited("c1", "Zoe")
    assert [one.text for one in month(world).theirs] == ["The same street."]


def test_lists_have_their_bounds_and_say_how_many_more_there_are() -> None:
    world = World("2026-10-12 00:00")
    world.join()
    for number in range(80):
        world.meet(f"c{number}", f"N{number}", why="One reason." if number % 2 else f"Reason {number}.")
        world.tell(HelpReceived(contact_id=f"c{number}", what="Help."))
    for number in range(10):
        world.tell(HelpReceived(contact_id="c1", what=f"Help {number}."))
    world.now = utc("2026-11-02 08:00")
    told, reasons, zoe = month(world), world.items[REASONS], world.items[f"{CONTACT}c1"]
    assert isinstance(reasons, Reasons)
    assert len(reasons.whys) == len(reasons.people) == REASONS_MAX
    assert isinstance(zoe, Person)
    assert len(zoe.received) == FAVOURS_MAX
    assert len(told.mine) == len(told.exchanges) == THEMES_MAX
    assert (told.mine_more, told.exchanges_more) == (REASONS_MAX // 2 + 1 - THEMES_MAX, REASONS_MAX - THEMES_MAX)
    assert max(len(one.names) for one in told.mine) == NAMES_MAX


def test_a_month_begins_with_its_first_instant_and_the_next_one_is_no_part_of_it() -> None:
    world = World("2026-10-01 00:00")
    world.join()
    world.meet("c1", "Zoe", why="The first instant.")
    world.tell(HelpReceived(contact_id="c1", what="Help in the first instant."))
    world.now = utc("2026-11-01 00:00")
    world.meet("c2", "Kwame", why="The next month.")
    world.tell(HelpReceived(contact_id="c2", what="Help in the next month."))
    world.now = utc("2026-11-02 08:00")
    assert [one.text for one in month(world).mine] == ["The first instant."]
    assert [(one.contact_id, one.received) for one in month(world).exchanges] == [
        ("c1", ("Help in the first instant.",))
    ]


def test_reasons_stand_in_the_order_in_which_they_were_said_whatever_their_ids() -> None:
    world = World("2026-10-12 00:00")
    world.join()
    for hour, (contact_id, why) in enumerate([("c3", "Said first."), ("c1", "Said next."), ("c2", "Said last.")]):
        world.now = utc(f"2026-10-12 0{hour}:00")
        sent = InviteSent(invite_id=f"i-{contact_id}", contact=Contact(id=contact_id, name=contact_id), why=why)
        world.apply(Event(f"z{9 - hour}", "m", world.now, world.now, sent))
    world.now = utc("2026-11-02 08:00")
    assert [one.text for one in month(world).mine] == ["Said first.", "Said next.", "Said last."]
