"""Which events of a calendar are meetings, with whom, and what is told when a calendar is imported again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.contracts import Contact, ContactConnected, ContactNamed, Event, MemberErased
from shared.importing.refusals import ArchiveError, OwnerUnknown
from tests.unit.shared.importing.calendar_bed import MEMBER, NOW, ZOE, aside, calendar, data, event, read, told

ADA = "ATTENDEE;CN=Ada;PARTSTAT={}:mailto:Ada@Network.example"
HELD = "DTSTART:20261020T100000Z"


def connected(contact_id: str, name: str) -> Event:
    contact = ContactConnected(contact=Contact(id=contact_id, name=name))
    return Event(id=f"c-{contact_id}", member=MEMBER, time=NOW, logged=NOW, data=contact, source="/product")


def with_people(*people: str) -> str:
    return calendar(event(*people))


def test_the_scheme_of_an_address_may_be_written_in_any_way(tmp_path: Path) -> None:
    (met,) = data(told(tmp_path, with_people(ZOE.replace("mailto:", "Mailto:"))), "meeting.scheduled")
    assert len(met.contact_ids) == 1


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("CLASS:PRIVATE",), "they are private"),
        (("STATUS:TENTATIVE",), "they are not agreed yet"),
        ((ADA.format("DECLINED"), ZOE), "the member has declined"),
        ((ADA.format("NEEDS-ACTION"), ZOE), "they are not agreed yet"),
        ((ADA.format("ACCEPTED"),), "nobody else stands in them"),
        ((ADA.format("DELEGATED"), ZOE), "the member has declined"),
        ((ZOE.replace("ACCEPTED", "DELEGATED"),), "everybody else has declined"),
        (("ATTENDEE;CUTYPE=RESOURCE:mailto:room-1@firm.example",), "nobody else stands in them"),
        (("ATTENDEE:mailto:c_1@resource.calendar.google.com",), "nobody else stands in them"),
        (("ATTENDEE:mailto:unknownorganizer@calendar.google.com",), "nobody else stands in them"),
        ((ZOE.replace("ACCEPTED", "DECLINED"),), "everybody else has declined"),
        (("ATTENDEE;CUTYPE=GROUP:mailto:all@firm.example",), "more than 8 people stand in them, or a group does"),
        (
            tuple(f"ATTENDEE:mailto:p{number}@firm.example" for number in range(9)),
            "more than 8 people stand in them, or a group does",
        ),
    ],
)
def test_what_is_no_meeting_is_left_out_with_its_reason(tmp_path: Path, lines: tuple[str, ...], reason: str) -> None:
    content = with_people(*lines)
    assert aside(tmp_path, content) == {reason: 1}
    assert not told(tmp_path, content)


def test_a_feed_that_says_no_more_than_busy_tells_nothing(tmp_path: Path) -> None:
    lines = with_people("SUMMARY:Busy").split("\n")
    content = "\n".join(line for line in lines if not line.startswith(("ATTENDEE", "ORGANIZER")))
    assert aside(tmp_path, content) == {"nobody else stands in them": 1}
    assert not told(tmp_path, content)


@pytest.mark.parametrize(
    ("lines", "kind", "place"),
    [
        (("LOCATION:Café Central\\, Vienna",), "in_person", "Café Central, Vienna"),
        (("LOCATION:Café Central", "SUMMARY:Lunch with Zoe"), "lunch", "Café Central"),
        (("LOCATION:https://meet.google.com/abc-defg-hij", "SUMMARY:Lunch and learn"), "online", None),
        (("X-GOOGLE-CONFERENCE:https://meet.google.com/abc", "LOCATION:Room 5"), "online", "Room 5"),
        (("LOCATION:+43 1 234 56 78",), "phone", None),
        (("SUMMARY:Zoe",), "in_person", None),
    ],
)
def test_how_people_meet_is_told_by_the_place(
    tmp_path: Path, lines: tuple[str, ...], kind: str, place: str | None
) -> None:
    [found] = data(told(tmp_path, with_people(*lines)), "meeting.scheduled")
    assert (found.kind, found.place) == (kind, place)


def test_people_are_known_by_address_then_by_a_name_that_stands_once(tmp_path: Path) -> None:
    before = [connected("zoe@firm.example", "Z. Okafor"), connected("m-7", "Mio Tanaka"), connected("m-8", "Lee Park")]
    before += [connected("m-9", "Lee Park")]
    people = (
        ZOE, "ATTENDEE;CN=mio  TANAKA:mailto:mio@elsewhere.example", "ATTENDEE;CN=Lee Park:mailto:lee@firm.example",
        "ATTENDEE:mailto:Nobody@Firm.example", 'ATTENDEE;CN="=HYPERLINK(1)":mailto:odd@firm.example',
    )  # fmt: skip
    events = told(tmp_path, with_people(*people), before)
    [found] = data(events, "meeting.scheduled")
    assert found.contact_ids == (
        "m-7", "mail:lee@firm.example", "mail:nobody@firm.example", "mail:odd@firm.example", "zoe@firm.example",
    )  # fmt: skip
    names = {one.contact_id: one.name for one in data(events, "contact.named")}
    assert names == {
        "mail:lee@firm.example": "Lee Park",
        "mail:nobody@firm.example": "nobody@firm.example",
        "mail:odd@firm.example": "=HYPERLINK(1)",
    }


def test_one_name_with_two_addresses_is_nobody_that_is_known(tmp_path: Path) -> None:
    people = (ZOE, ZOE.replace("zoe@", "zoe2@"))
    [found] = data(told(tmp_path, with_people(*people), [connected("m-1", "Zoe Okafor")]), "meeting.scheduled")
    assert found.contact_ids == ("mail:zoe2@firm.example", "mail:zoe@firm.example")


def test_an_import_again_tells_what_has_changed_and_nothing_else(tmp_path: Path) -> None:
    first = told(tmp_path, calendar(event()))
    assert [one.type for one in first] == ["rapport.contact.named", "rapport.meeting.scheduled"]
    assert not told(tmp_path, calendar(event()), first)
    later = NOW + timedelta(hours=1)
    moved = told(tmp_path, calendar(event(starts="DTSTART:20261106T100000Z")), first, now=later)
    assert [one.type for one in moved] == ["rapport.meeting.rescheduled"]
    back = told(tmp_path, calendar(event()), [*first, *moved])
    again = told(tmp_path, calendar(event(starts="DTSTART:20261106T100000Z")), [*first, *moved, *back])
    assert len({one.id for one in (*moved, *back, *again)}) == 3, "each move is another event"
    gone = told(tmp_path, calendar(event("STATUS:CANCELLED")), [*first, *moved])
    assert [one.type for one in gone] == ["rapport.meeting.cancelled"]
    assert not told(tmp_path, calendar(event("STATUS:CANCELLED")), [*first, *moved, *gone])


def test_what_a_crash_left_out_comes_with_the_next_import_under_the_same_ids(tmp_path: Path) -> None:
    content = calendar(
        *(event(uid=str(number), starts=f"DTSTART:202611{number + 4:02}T100000Z") for number in range(3))
    )
    whole = told(tmp_path, content)
    rest = told(tmp_path, content, whole[:2])
    assert [one.id for one in rest] == [one.id for one in whole[2:]]


def test_what_is_over_was_held_at_its_end_and_is_told_once(tmp_path: Path) -> None:
    before = told(tmp_path, calendar(event(starts=HELD)), now=NOW - timedelta(days=20))
    events = told(tmp_path, calendar(event("DURATION:PT1H", starts=HELD)), before)
    [held] = events
    assert (held.type, held.time.isoformat()) == ("rapport.meeting.held", "2026-10-20T11:00:00+00:00")
    assert not told(tmp_path, calendar(event("DURATION:PT1H", starts=HELD)), [*before, *events])


SERIES = ("RRULE:FREQ=WEEKLY;COUNT=3",)


def series(*lines: str, starts: str = "DTSTART:20261105T100000Z") -> str:
    return calendar(event(*SERIES, *lines, starts=starts))


def test_an_occurrence_that_the_series_no_longer_has_is_cancelled(tmp_path: Path) -> None:
    first = told(tmp_path, series())
    out = told(tmp_path, series("EXDATE:20261112T100000Z"), first)
    assert [one.type for one in out] == ["rapport.meeting.cancelled"]
    assert not told(tmp_path, series("EXDATE:20261112T100000Z"), [*first, *out])


def test_a_series_at_another_hour_leaves_nothing_behind(tmp_path: Path) -> None:
    first = told(tmp_path, series())
    moved = told(tmp_path, series(starts="DTSTART:20261105T110000Z"), first)
    kinds = [one.type.removeprefix("rapport.meeting.") for one in moved]
    assert sorted(kinds) == ["cancelled", "cancelled", "rescheduled", "scheduled", "scheduled"]


def test_a_meeting_that_becomes_a_series_is_told_once(tmp_path: Path) -> None:
    first = told(tmp_path, calendar(event()))
    assert [one.type for one in told(tmp_path, series(), first)] == ["rapport.meeting.scheduled"] * 2


@pytest.mark.parametrize(
    "content",
    [
        calendar(event(uid="2", starts="DTSTART:20261109T100000Z")),
        calendar(event("CLASS:PRIVATE")),
        calendar(event(starts="DTSTART;TZID=Mars/Base:20261105T100000")),
    ],
)
def test_what_is_not_said_to_be_off_stays(tmp_path: Path, content: str) -> None:
    """Another calendar, what is private now, and what cannot be read: none of them says that the meeting is off."""
    first = told(tmp_path, calendar(event()))
    assert not data(told(tmp_path, content, first), "meeting.cancelled")


@pytest.mark.parametrize(
    "line", [ADA.format("DECLINED"), "STATUS:CANCELLED\nCLASS:PRIVATE", ZOE.replace("ACCEPTED", "DECLINED")]
)
def test_a_meeting_that_is_off_is_cancelled_whatever_else_is_said(tmp_path: Path, line: str) -> None:
    first = told(tmp_path, calendar(event()))
    off = told(tmp_path, calendar(event(*line.split("\n"))), first)
    assert [one.type for one in off] == ["rapport.meeting.cancelled"]


def test_the_order_of_people_changes_nothing(tmp_path: Path) -> None:
    other = "ATTENDEE:mailto:mio@firm.example"
    first = told(tmp_path, with_people(ZOE, other))
    assert not told(tmp_path, with_people(other, ZOE), first)


def test_after_an_erasure_all_is_told_once_more(tmp_path: Path) -> None:
    first = told(tmp_path, calendar(event()))
    erased = Event(id="e", member=MEMBER, time=NOW, logged=NOW, data=MemberErased(), source="/product")
    again = told(tmp_path, calendar(event()), [*first, erased])
    assert len(again) == 2
    assert not told(tmp_path, calendar(event()), [*first, erased, *again])


def test_a_line_beside_the_events_that_cannot_be_read_costs_nothing(tmp_path: Path) -> None:
    alarm = "BEGIN:VALARM\nno colon here\nEND:VALARM"
    task = "BEGIN:VTODO\nUID:t\nDUE:tomorrow\nEND:VTODO"
    assert len(data(told(tmp_path, calendar(event(*alarm.split("\n")), task)), "meeting.scheduled")) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("RRULE:FREQ=WEEKLY;UNTIL=235959",),
        ("RRULE:FREQ=WEEKLY;UNTIL=P1D",),
        ("RRULE:FREQ=WEEKLY", "EXDATE:00010101T000000Z"),
    ],
)
def test_whatever_a_value_does_to_the_library_is_one_event_less(tmp_path: Path, lines: tuple[str, ...]) -> None:
    bad = event(*lines, uid="bad", starts="DTSTART;TZID=America/Lima:20261105T100000")
    content = calendar(bad, event())
    assert len(read(tmp_path, content).report()["events_rejected"]) == 1
    assert len(data(told(tmp_path, content), "meeting.scheduled")) == 1


@pytest.mark.parametrize("address", ["a\x01@firm.example", "x" * 250 + "@firm.example"])
def test_an_address_that_is_none_is_nobody(tmp_path: Path, address: str) -> None:
    assert not told(tmp_path, with_people(f"ATTENDEE:mailto:{address}"))


def test_a_long_address_without_a_name_is_cut_to_the_length_of_one(tmp_path: Path) -> None:
    [named] = data(told(tmp_path, with_people(f"ATTENDEE:mailto:{'x' * 220}@firm.example")), "contact.named")
    assert len(named.name) == 200


def test_the_name_of_a_calendar_is_its_owner_only_where_none_is_given(tmp_path: Path) -> None:
    content = calendar("X-WR-CALNAME:zoe@firm.example", event())
    assert len(data(told(tmp_path, content), "meeting.scheduled")) == 1


def test_a_calendar_that_is_cancelled_as_a_message_cancels(tmp_path: Path) -> None:
    first = told(tmp_path, calendar("METHOD:REQUEST", event()))
    assert len(data(told(tmp_path, calendar("METHOD:CANCEL", event()), first), "meeting.cancelled")) == 1
    assert aside(tmp_path, calendar("METHOD:REPLY", event())) == {
        "they are answers to an invitation, and no calendar": 1
    }


def test_whose_calendar_it_is_must_be_told(tmp_path: Path) -> None:
    with pytest.raises(OwnerUnknown, match="name the member's own address"):
        read(tmp_path, calendar(event()), me=[])
    named = calendar("X-WR-CALNAME:ada@network.example", event(ADA.format("DECLINED"), ZOE))
    assert aside(tmp_path, named, me=[]) == {"the member has declined": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no calendar"),
        (b"Name,Mail\r\nZoe,zoe@firm.example\r\n", "is no calendar"),
        (calendar(event()).replace("END:VCALENDAR", "").encode(), "is cut off"),
        (calendar(event("SUMMARY:Zo\u00eb")).encode("latin-1"), "is not UTF-8"),
    ],
)
def test_what_is_no_calendar_is_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ArchiveError, match=reason):
        read(tmp_path, content)


def test_a_file_is_read_whatever_wrote_it(tmp_path: Path) -> None:
    """A byte order mark, lines that end in LF, a line folded within a letter, and an event outside of a calendar."""
    folded = "LOCATION:Zo\u00e9".encode()
    content = calendar(event("LOCATION:Zo\u00e9")).encode().replace(folded, folded[:-1] + b"\n " + folded[-1:])
    inner = content.split(b"//test//\n")[1].split(b"END:VCALENDAR")[0]
    for one in (content, b"\xef\xbb\xbf" + content, inner):
        [found] = data(told(tmp_path, one), "meeting.scheduled")
        assert found.place == "Zo\u00e9"


def test_what_is_told_can_be_read_again(tmp_path: Path) -> None:
    """Controls, directions and endless names reach no event."""
    odd = "ATTENDEE;CN=" + "\u202ex" * 300 + ":mailto:odd@firm.example"
    events = told(tmp_path, calendar(event(odd, "LOCATION:" + "a\\nb " * 200)))
    [named] = data(events, "contact.named")
    assert isinstance(named, ContactNamed)
    assert len(named.name) <= 200
    assert "\n" not in data(events, "meeting.scheduled")[0].place
