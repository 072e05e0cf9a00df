"""A member's calendar: what stands in it, who may ask for it, and that it changes only where something has changed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from services.gateway.personal import calendar
from services.gateway.personal.calendar import find
from services.gateway.personal.content.feed_mark import SWITCH
from services.gateway.personal.content.words import PAGES as T
from services.gateway.personal.zones import rules_of
from shared.calendar import zone_rules
from shared.contracts import Event
from shared.links import ToCalendar, ToPerson
from tests.unit.services.gateway.members import MEMBER, NOW, planned, said, seen
from tests.unit.services.gateway.personal.own_pages import Browser, a_member, browser

PARIS = said(-9, "member.joined", name="Ada", zone="Europe/Paris")
ZOE = said(-9, "contact.connected", contact={"id": "zoe", "name": "Zoé Moreau"})


def lunch(day: float, starts: str, key: str = "k1", kind: str = "meeting.scheduled", **more: Any) -> Event:
    fields = {"meeting_id": key, "contact_ids": ["zoe"], "kind": "lunch", "starts": starts, "zone": "Europe/Paris"}
    return said(day, kind, **{**fields, "minutes": 45, **more})


def feed(view: Any, now: datetime, name: str) -> bytes:
    return calendar.text(find(view, now), now, name)


def events(*told: Event, now: datetime = NOW) -> list[Any]:
    """Return the events of the feed, as the library reads them."""
    parsed: Any = Calendar.from_ical(feed(seen(*told), now, "Rapport"))
    assert parsed.errors == []
    return list(parsed.walk("VEVENT"))


def test_a_meeting_has_its_hour_in_its_own_zone_over_a_change_of_clocks() -> None:
    """Make times of the offset that holds today, and the second is an hour late."""
    spring = datetime(2027, 3, 27, 9, tzinfo=UTC)
    before = lunch(-1, "2027-03-27T12:30", place="Café Luna")
    after = lunch(-1, "2027-03-28T12:30", "k2")
    york = lunch(-1, "2027-03-28T12:30", "k3", zone="America/New_York")
    parsed: Any = Calendar.from_ical(feed(seen(PARIS, ZOE, before, after, york), spring, "Rapport"))
    found = {str(one["DTSTART"].params["TZID"]): one for one in parsed.walk("VEVENT")}
    assert [f"{one.start.astimezone(UTC):%d %H:%M} {one.start:%H:%M}" for one in parsed.walk("VEVENT")] == [
        "27 11:30 12:30", "28 10:30 12:30", "28 16:30 12:30",
    ]  # fmt: skip
    assert sorted(str(one["TZID"]) for one in parsed.walk("VTIMEZONE")) == sorted(found) == [
        "America/New_York", "Europe/Paris",
    ]  # fmt: skip
    zone = next(one for one in parsed.walk("VTIMEZONE") if one["TZID"] == "Europe/Paris").to_tz()
    rules = [datetime(2027, 3, day, 12, 30, tzinfo=zone).utcoffset() for day in (27, 28)]
    assert rules == [timedelta(hours=1), timedelta(hours=2)], "the feed's own rules say the same"
    first = parsed.walk("VEVENT")[0]
    assert (first["SUMMARY"], first["LOCATION"]) == ("Lunch with Zoé Moreau", "Café Luna")
    assert first.end - first.start == timedelta(minutes=45)


@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Tokyo"]
)
def test_the_rules_of_a_zone_name_each_change_of_clocks_by_what_they_showed_before_it(zone: str) -> None:
    """Let the library make them, and each onset is an hour late, and most stand where some programs do not look."""
    found: list[Any] = list(rules_of(zone, 2026).subcomponents)
    assert not any("RDATE" in one for one in found)
    for one, before in zip(found[1:], found, strict=False):
        assert one["TZOFFSETFROM"].td == before["TZOFFSETTO"].td
        onset = one["DTSTART"].dt.replace(tzinfo=UTC) - one["TZOFFSETFROM"].td
        shown = [(onset + timedelta(seconds=n)).astimezone(zone_rules(zone)).utcoffset() for n in (-1, 0)]
        assert shown == [one["TZOFFSETFROM"].td, one["TZOFFSETTO"].td]
    assert len(found) == (1 if zone == "Asia/Tokyo" else 11)


def test_it_is_published_nobody_is_invited_and_it_tells_no_id() -> None:
    text = feed(seen(*a_member()), NOW, "Rapport").decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert "\r\nMETHOD:PUBLISH\r\n" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in text
    assert not re.search(r"^(ATTENDEE|ORGANIZER)", text, re.MULTILINE)
    assert not re.search(r"\b(zoe|k1|p1|r1)\b", text)
    assert max(len(one.encode()) for one in text.split("\r\n")) <= 75


def test_what_has_an_hour_stands_in_it_and_days_to_remember_come_every_year() -> None:
    found = {str(one["SUMMARY"]): one for one in events(*a_member())}
    assert set(found) == {
        "Lunch with Zoé Moreau", "the reading list", "Promised to Zoé Moreau: the reading list",
        "Zoé Moreau: the reading list",
    }  # fmt: skip
    day = found["Zoé Moreau: the reading list"]
    assert (day.start, day["RRULE"]["FREQ"]) == (date(2026, 5, 17), ["YEARLY"])
    assert f"{found['Promised to Zoé Moreau: the reading list'].start:%d %H:%M}" == "26 18:00"


def test_whoever_is_renamed_has_another_name_in_all_titles_and_each_of_them_counts_on() -> None:
    """Without a higher number, a program that knows the event may keep the old title. The day stays in its first year."""
    renamed = said(-0.01, "contact.named", contact_id="zoe", name="Zoé Martin")
    before, after = ({str(one["UID"]): one for one in events(*a_member(), *more)} for more in ([], [renamed]))
    assert before.keys() == after.keys()
    of_zoe = {uid for uid, one in before.items() if "Zoé Moreau" in str(one["SUMMARY"])}
    assert len(of_zoe) == 3
    for uid, one in after.items():
        assert ("Zoé Martin" in str(one["SUMMARY"])) is (uid in of_zoe)
        assert (one["SEQUENCE"] > before[uid]["SEQUENCE"]) is (uid in of_zoe)
        assert one["DTSTART"].dt == before[uid]["DTSTART"].dt


def test_a_leap_day_is_the_last_of_february() -> None:
    leap = said(-3, "contact.date_set", contact_id="zoe", label="Birthday", month=2, day=29)
    [one] = events(
        PARIS, ZOE, leap, said(-2, "invite.sent", invite_id="i", contact={"id": "zoe", "name": "Zoé Moreau"})
    )
    assert one.start == date(2026, 2, 28)
    assert (one["RRULE"]["BYMONTH"], one["RRULE"]["BYMONTHDAY"]) == ([2], [-1])


def test_what_is_moved_keeps_its_id_and_has_a_higher_sequence_and_what_is_called_off_says_so() -> None:
    """Make the id of the hour, and a program shows a meeting twice once it is moved."""
    planned = lunch(-3, "2026-11-26T12:30")
    moved = lunch(-2, "2026-11-27T13:00", kind="meeting.rescheduled")
    off = said(-1, "meeting.cancelled", meeting_id="k1")
    steps = [events(PARIS, ZOE, planned, *more)[0] for more in ((), (moved,), (moved, off))]
    assert len({one["UID"] for one in steps}) == 1
    assert [one["STATUS"] for one in steps] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    numbers = [one["SEQUENCE"] for one in steps]
    assert numbers == sorted(set(numbers))
    assert f"{steps[1].start:%d %H:%M}" == "27 13:00"
    assert feed(seen(PARIS, ZOE, planned), NOW, "R") == feed(seen(PARIS, ZOE, planned), NOW + timedelta(hours=5), "R")


def promise(day: float, key: str, contact: str, due: str = "2026-11-25T12:30") -> Event:
    return said(day, "promise.made", promise_id=key, contact_id=contact, what=key, due=due)


def test_each_word_about_a_thing_makes_its_sequence_higher() -> None:
    """Count from the plan alone, and a program that knows one keeps the old title, or the old hour."""
    asked = said(-5, "followup.requested", followup_id="r1", what="Ask.", due="2026-11-24T19:00")
    key = "reminder/r1/own_reminder/2026-11-24"
    ben = lunch(-2, "2026-11-26T12:30", kind="meeting.rescheduled", contact_ids=["ben"])
    york = said(-1, "member.preferences_set", zone="America/New_York")
    later = said(-0.5, "followup.snoozed", followup_id=key, until="2026-11-27T09:00")
    again = planned(3, key, of=-0.4, what="Ask.")
    for steps in (
        [[lunch(-3, "2026-11-26T12:30")], [ben]],
        [[promise(-3, "p", "zoe")], [york]],
        [[asked], [planned(0, key, of=-4, what="Ask.")], [york], [later], [again]],
    ):
        known, numbers = [PARIS, ZOE], []
        for step in steps:
            known += step
            [one] = events(*known)
            numbers.append(one["SEQUENCE"])
        assert numbers == sorted(set(numbers)), steps


def test_a_reminder_that_is_planned_has_the_sequence_of_when_that_was_said() -> None:
    """What was asked is forgotten some time after it is planned: then the service's own word counts."""
    [one] = events(PARIS, planned(3, "reminder/r1/own_reminder/2026-11-27", of=-0.4, what="Ask."))
    assert one["SEQUENCE"] == (NOW - timedelta(days=0.4) - calendar.SINCE).total_seconds()


def test_a_day_to_remember_is_the_same_event_in_another_year() -> None:
    """Let it begin in the year that it is now, and on the first of January the one of last year is gone."""
    view = seen(*a_member())
    before, after = (find(view, datetime(year, 1, 1, tzinfo=UTC) + step).days for year, step in (
        (2027, -timedelta(hours=2)), (2027, timedelta(hours=2)),
    ))  # fmt: skip
    texts = {
        calendar.text(calendar.Found((), days, view.profile.preferences, calendar.SINCE), NOW, "R")
        for days in (before, after)
    }
    assert len(before) == 1
    assert len(texts) == 1
    assert b"DTSTART;VALUE=DATE:20260517" in texts.pop()


@pytest.mark.parametrize(
    ("starts", "minutes", "lines"),
    [
        ("2026-10-25T02:30", 45, ("DTSTART:20261025T003000Z", "DTEND:20261025T011500Z")),
        ("2026-10-25T01:30", 60, ("DTSTART:20261024T233000Z", "DTEND:20261025T003000Z")),
        (
            "2026-10-25T01:30",
            150,
            ("DTSTART;TZID=Europe/Paris:20261025T013000", "DTEND;TZID=Europe/Paris:20261025T030000"),
        ),
    ],
)
def test_what_lies_in_the_doubled_hour_ends_after_it_begins(starts: str, minutes: int, lines: tuple[str, str]) -> None:
    """Write the hour that comes twice as clocks show it, and the first ends a quarter of an hour before it begins."""
    text = feed(seen(PARIS, ZOE, lunch(-60, starts, minutes=minutes)), NOW, "R").decode()
    of_event = text[text.index("BEGIN:VEVENT") :].split("\r\n")
    assert tuple(one for one in of_event if one.startswith(("DTSTART", "DTEND"))) == lines


@pytest.mark.parametrize(
    ("starts", "more", "alarms"),
    [
        ("2026-11-26T12:30", (), 1),
        ("2026-11-26T08:15", (), 0),
        ("2026-11-26T08:31", (), 1),
        ("2026-11-26T21:15", (), 1),
        ("2026-11-26T12:30", (said(-1, "member.preferences_set", paused_until="2026-11-27T08:00"),), 0),
    ],
)
def test_no_alarm_sounds_in_quiet_hours_or_in_a_pause(starts: str, more: tuple[Event, ...], alarms: int) -> None:
    [one] = events(PARIS, ZOE, lunch(-3, starts), *more)
    assert len(one.walk("VALARM")) == alarms


def test_words_of_contacts_are_text_and_no_lines_of_their_own() -> None:
    name = "Zoé;ATTENDEE:mailto:x,\\nBEGIN:VEVENT \u202e"
    zoe = said(-9, "contact.connected", contact={"id": "zoe", "name": name})
    words = "x\r\nATTENDEE:mailto:y\n\nEND:VEVENT"
    told = said(-3, "promise.made", promise_id="p", contact_id="zoe", what=words, due="2026-11-25T12:30")
    other, one = events(PARIS, zoe, told, lunch(-3, "2026-11-26T12:30", place="A\\, b;c"))
    assert other["SUMMARY"].endswith(": x ATTENDEE:mailto:y END:VEVENT")
    assert (one["SUMMARY"], one["LOCATION"]) == ("Lunch with Zoé;ATTENDEE:mailto:x,\\nBEGIN:VEVENT", "A\\, b;c")
    assert "ATTENDEE" not in one
    assert len(one.walk("VALARM")) == 1


async def switched_on(opened: Browser) -> str:
    """Make an address on the page of preferences, and return its path."""
    await opened.get("/me/preferences")
    await opened.press("calendar_on")
    shown = re.findall(r'readonly value="http://pages([^"]+)"', opened.page.text)
    assert T["did_calendar"] in opened.page.text
    return str(shown[0])


async def test_the_feed_is_off_until_the_member_wants_it_and_an_old_address_ends_with_a_new_one() -> None:
    """Leave the mark out of the question, and whoever had the address once reads on for ever."""
    async with browser(a_member()) as opened:
        await opened.let_in()
        never = opened.deps.keys.seal(ToCalendar(MEMBER, ""))
        assert (await opened.client.get(f"/calendar/{never}.ics")).status_code == 404
        first = await switched_on(opened)
        opened.client.cookies.clear()
        answer = await opened.client.get(first)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        assert b"Lunch with Zo" in answer.content
        opened.clock[0] += timedelta(minutes=1)
        await opened.let_in()
        second = await switched_on(opened)
        assert first != second
        assert [(await opened.client.get(one)).status_code for one in (first, second)] == [404, 200]
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("calendar_off")
        assert "readonly" not in opened.page.text
        assert (await opened.client.get(second)).status_code == 404
        assert [event.data.model_dump()["rules"][SWITCH]["on"] for event in opened.log.events] == [True, True, False]


async def test_who_has_the_feed_as_it_is_reads_nothing_again() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        path = await switched_on(opened)
        answer = await opened.client.get(path)
        again = await opened.client.get(path, headers={"if-none-match": f'"other", {answer.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        opened.known.events.append(said(-0.1, "meeting.cancelled", meeting_id="k1"))
        changed = await opened.client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert changed.status_code == 200
        assert changed.headers["etag"] != answer.headers["etag"]


async def test_nothing_else_that_is_sealed_is_an_address_of_a_feed() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        path = await switched_on(opened)
        token = path.removeprefix("/calendar/").removesuffix(".ics")
        link = opened.deps.keys.open(token)
        assert isinstance(link, ToCalendar)
        seal = opened.deps.keys.seal
        for other in (seal(ToCalendar("eve", link.mark)), seal(ToPerson(MEMBER, link.mark)), f"{token[:-1]}x", "x"):
            answer: httpx.Response = await opened.client.get(f"/calendar/{other}.ics")
            assert answer.status_code == 404
        opened.client.cookies.set("rapport-page", token)
        assert (await opened.client.get("/me/preferences")).status_code != 200, "an address of a feed opens no page"
