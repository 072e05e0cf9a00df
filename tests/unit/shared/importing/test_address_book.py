"""Address books: who is told, which day, and what an import again tells. People are invented, forms are real."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.contracts import Contact, ContactConnected, Event
from shared.importing.addressbook import AddressBookImport, read_address_book, vcard
from shared.importing.existing.activity import existing_of
from shared.importing.refusals import ArchiveError
from tests.unit.shared.importing.calendar_bed import MEMBER, NOW, data


def card(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""))


ZOE = ("FN:Zoe Okafor", "EMAIL;TYPE=INTERNET:Zoe@firm.example")


def read(folder: Path, content: str | bytes) -> AddressBookImport:
    file = folder / "contacts"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_address_book(file, member=MEMBER, now=NOW)


def told(folder: Path, content: str | bytes, before: Sequence[Event] = ()) -> list[Event]:
    return list(read(folder, content).events(existing_of(before)))


def days(folder: Path, content: str | bytes, before: Sequence[Event] = ()) -> list[tuple[str, str, int, int]]:
    events = told(folder, content, before)
    return [(one.contact_id, one.label, one.month, one.day) for one in data(events, "contact.date_set")]


@pytest.mark.parametrize(
    "line",
    [
        "BDAY:1990-04-12", "BDAY:19900412", "BDAY:--0412", "BDAY:--04-12", "BDAY;VALUE=date:1990-04-12",
        "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12", "BDAY;VALUE=date-and-or-time:--0412", "item3.BDAY:1990-04-12",
        "BDAY:1990-04-12T00:00:00Z", "bday;value=date:1604-04-12",
    ],
)  # fmt: skip
def test_a_birthday_is_a_day_of_the_year_however_it_is_written(tmp_path: Path, line: str) -> None:
    assert days(tmp_path, card(*ZOE, line)) == [("mail:zoe@firm.example", "birthday", 4, 12)]


def test_what_apple_calls_a_day_goes_with_its_group(tmp_path: Path) -> None:
    lines = (
        "item1.X-ABDATE;type=pref:2019-06-01", "item1.X-ABLabel:_$!<Anniversary>!$_",
        "item2.X-ABDATE:2020-09-15", "item2.X-ABLabel:First day",
    )  # fmt: skip
    assert [one[1:] for one in days(tmp_path, card(*ZOE, *lines))] == [("anniversary", 6, 1), ("first day", 9, 15)]


def test_a_card_of_version_2_is_read_with_its_letters_and_its_lines(tmp_path: Path) -> None:
    """Quoted-printable that goes on in a second line, in UTF-8 and in Latin-1."""
    utf8 = "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB Ok=\r\nafor"
    latin = "FN;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Zo=EB Okafor"
    for line in (utf8, latin):
        events = told(tmp_path, card(line, "TEL;HOME;VOICE:+43 1", "BDAY:1990-04-12"))
        assert [one.name for one in data(events, "contact.named")] == ["Zo\u00eb Okafor"]


def test_a_comma_cuts_nothing_and_a_name_without_form_is_put_together(tmp_path: Path) -> None:
    lines = ("N:Okafor\\, Dr.;Zoe;;;", "URL:https://firm.example/a,b", "BDAY:1990-04-12")
    assert [one.name for one in data(told(tmp_path, card(*lines)), "contact.named")] == ["Zoe Okafor, Dr."]


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (
            (
                "First Name,Last Name,Birthday,E-mail 1 - Label,E-mail 1 - Value,Event 1 - Label,Event 1 - Value\r\n"
                "Zoe,Okafor, --04-12,* Work,zoe@firm.example ::: zoe@home.example,* Anniversary,2019-06-01\r\n"
            ),
            [("mail:zoe@firm.example", "birthday", 4, 12), ("mail:zoe@firm.example", "anniversary", 6, 1)],
        ),
        (
            "Name,Given Name,Birthday,E-mail 1 - Type,E-mail 1 - Value\r\nZoe Okafor,Zoe,1990-04-12,* ,zoe@firm.example\r\n",
            [("mail:zoe@firm.example", "birthday", 4, 12)],
        ),
        (
            (
                "First Name,Last Name,E-mail Address,Birthday,Anniversary\r\n"
                "Zoe,Okafor,zoe@firm.example,4/12/1990,0/0/00\r\nMio,Tanaka,mio@firm.example,4/30/1985,0/0/00\r\n"
            ),
            [("mail:zoe@firm.example", "birthday", 4, 12), ("mail:mio@firm.example", "birthday", 4, 30)],
        ),
        (
            (
                "First Name,Last Name,E-mail Address,Birthday\r\n"
                "Zoe,Okafor,zoe@firm.example,12/4/1990\r\nMio,Tanaka,mio@firm.example,30/4/1985\r\n"
            ),
            [("mail:zoe@firm.example", "birthday", 4, 12), ("mail:mio@firm.example", "birthday", 4, 30)],
        ),
    ],
)
def test_tables_of_google_and_outlook_are_read_by_their_columns(
    tmp_path: Path, table: str, found: list[tuple[str, str, int, int]]
) -> None:
    assert days(tmp_path, table) == found


def test_a_row_that_cannot_be_read_is_not_left_out_as_well(tmp_path: Path) -> None:
    found = read(tmp_path, "First Name,E-mail Address,Birthday\r\nZoe,zoe@firm.example,1990-13-45\r\n")
    assert (found.report()["set_aside"], found.place) == ({}, "line")
    assert len(found.report()["cards_rejected"]) == 1


def test_a_date_that_can_be_two_days_is_refused_with_its_line(tmp_path: Path) -> None:
    table = "First Name,E-mail Address,Birthday\r\nZoe,zoe@firm.example,4/12/1990\r\n"
    found = read(tmp_path, table)
    assert not list(found.events(existing_of(())))
    reason = "Birthday: nothing in the file tells whether the day or the month comes first"
    assert found.report()["cards_rejected"] == [{"card": 2, "reason": reason}]


@pytest.mark.parametrize("line", ["BDAY:1990-02-30", "BDAY:next spring"])
def test_a_day_that_is_none_is_named_and_its_neighbours_count(tmp_path: Path, line: str) -> None:
    content = card(*ZOE, line) + card("FN:Mio", "BDAY:--0430")
    assert days(tmp_path, content) == [("name:mio", "birthday", 4, 30)]
    assert [one["reason"].split(":")[0] for one in read(tmp_path, content).report()["cards_rejected"]] == ["BDAY"]


def test_an_import_again_tells_what_has_changed_and_nothing_else(tmp_path: Path) -> None:
    first = told(tmp_path, card(*ZOE, "BDAY:--0412"))
    assert [one.type for one in first] == ["rapport.contact.named", "rapport.contact.date_set"]
    assert not told(tmp_path, card(*ZOE, "BDAY:--0412"), first)
    moved = told(tmp_path, card(*ZOE, "BDAY:--0413"), first)
    back = told(tmp_path, card(*ZOE, "BDAY:--0412"), [*first, *moved])
    assert [one.type for one in (*moved, *back)] == ["rapport.contact.date_set"] * 2
    assert len({one.id for one in (*first, *moved, *back)}) == 4


def test_a_contact_is_known_by_name_and_nobody_new_is_told_without_a_day(tmp_path: Path) -> None:
    contact = ContactConnected(contact=Contact(id="m-7", name="zoe OKAFOR"))
    before = [Event(id="c", member=MEMBER, time=NOW, logged=NOW, data=contact, source="/product")]
    content = card(*ZOE, "BDAY:--0412") + card("FN:Mio")
    assert days(tmp_path, content, before) == [("m-7", "birthday", 4, 12)]
    assert read(tmp_path, content).report()["set_aside"] == {"no day to remember": 1}


def test_a_name_on_two_cards_without_an_address_is_nobody_that_is_known(tmp_path: Path) -> None:
    contact = ContactConnected(contact=Contact(id="m-7", name="Lee"))
    before = [Event(id="c", member=MEMBER, time=NOW, logged=NOW, data=contact, source="/product")]
    assert days(tmp_path, card("FN:Lee", "BDAY:--0412") + card("FN:Lee"), before) == [("name:lee", "birthday", 4, 12)]


@pytest.mark.parametrize("charset", ["IDNA", "UNDEFINED", "NOWHERE"])
def test_letters_that_are_none_cost_no_card(tmp_path: Path, charset: str) -> None:
    assert days(tmp_path, card(f"FN;CHARSET={charset}:Lee", "BDAY:--0412")) == [("name:lee", "birthday", 4, 12)]


def test_a_line_without_a_colon_takes_no_memory() -> None:
    """Take the plus signs of `_PARTS` away, and the engine keeps a way back from each of its letters: 160 bytes."""
    content = card(*ZOE, "x" * 200_000).encode()
    tracemalloc.start()
    assert [one.person.name for one in vcard.cards(content, "x")] == ["Zoe Okafor"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(content)


def test_two_cards_of_one_name_that_differ_tell_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, card("FN:Lee", "BDAY:--0412") + card("FN:Lee", "BDAY:--0501"))
    assert not list(found.events(existing_of(())))
    assert found.report()["set_aside"] == {"one person with different days: which one is right is not told": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no address book"),
        (b"hello, world\r\n", "is no address book"),
        (card(*ZOE).replace("END:VCARD", "").encode(), "is cut off"),
        (b"First Name,Birthday\r\nZoe," + b"1" * 200_000, "line 2: cannot be read"),
        (b"First Name,Birthday" + b",x" * 299 + b"\r\n", "has more than 300 columns"),
    ],
)
def test_what_is_no_address_book_is_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ArchiveError, match=reason):
        read(tmp_path, content)
