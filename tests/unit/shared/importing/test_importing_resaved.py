"""What spreadsheets and odd eras make of an export: read as it was meant, and announced where it may be misread."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts import ContactConnected, Event, InviteSent, MessageReceived, MessageSent
from shared.importing import Import, read_archive

ARCHIVES = Path(__file__).parent / "archives"
NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
CONNECTED = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
INVITED = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"
IN = "https://www.linkedin.com/in/"


def read(path: Path, me: str | None = None) -> tuple[Import, list[Event]]:
    found = read_archive(path, member="m1", imported_at=NOW, me=me)
    return found, list(found.events())


def one(path: Path, name: str, content: bytes | str) -> Path:
    (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path / name


def people(events: list[Event]) -> list[tuple[str, str | None, str]]:
    return [
        (event.data.contact.name, event.data.contact.headline, event.time.date().isoformat())
        for event in events
        if isinstance(event.data, ContactConnected)
    ]


def noted(found: Import) -> str:
    return " | ".join(note["what"] for note in found.report().get("resaved", []))


def counts(found: Import) -> dict[str, int]:
    return {name: count for name, count in found.report()["events"].items() if name != "import.completed"}


def test_addresses_that_end_in_in_leave_it_to_the_names() -> None:
    found, events = read(ARCHIVES / "slugless")
    assert found.report()["rows_rejected"] == []
    assert counts(found) == {
        "contact.connected": 2,
        "invite.accepted": 2,
        "invite.received": 1,
        "invite.sent": 2,
        "message.received": 2,
        "message.sent": 1,
    }
    assert found.owner == "max-muster"
    told = [f.data.contact_id for f in events if isinstance(f.data, MessageSent | MessageReceived)]
    assert told == ["ina-fenn", "ina-fenn", "jon-gert"]


def test_the_compact_header_is_known() -> None:
    _, events = read(ARCHIVES / "compact")
    assert people(events) == [
        ("Ina Fenn", "Engineer, Tallgrass Software", "2016-03-12"),
        ("Jon Gert", "Partner, Gert, Ltd.", "2016-12-25"),
    ]


def wrapped(text: str, outer: str, *, every: bool) -> str:
    """Save a file as Excel does that has another separator: each row in one cell, cut at its own separator."""
    rows = [line.split(outer) if outer == ";" else [line] for line in text.splitlines()]
    width = max(map(len, rows)) if outer == ";" else 1
    out = io.StringIO()
    csv.writer(out, delimiter=outer, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL).writerows(
        [*row, *[""] * (width - len(row))] for row in rows
    )
    return out.getvalue()


@pytest.mark.parametrize("outer", [",", ";", "\t"])
@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("semicolon", ["", "; dear"])
def test_a_row_in_one_cell_is_the_row(tmp_path: Path, outer: str, every: bool, semicolon: str) -> None:
    rows = [
        'Ina,Fenn,,,"Acme, Inc.",Buyer,12 Mar 2025', 'Jon,"Gert ""J"" ",,,,,14 Mar 2025',
        f'Kim,Hahn,,,"Mill{semicolon}",,15 Mar 2025', "Lea,Iser,,,,,16 Mar 2025",
    ]  # fmt: skip
    plain = "\n".join([CONNECTED, *rows])
    _, expected = read(one(tmp_path, "plain.csv", plain))
    found, events = read(one(tmp_path, "saved.csv", wrapped(plain, outer, every=every)))
    assert people(events) == people(expected)
    assert len(people(events)) == 4
    assert found.report()["rows_rejected"] == []
    assert "one cell" in noted(found)


def test_a_message_in_one_cell_goes_on_in_the_next_line(tmp_path: Path) -> None:
    header = "CONVERSATION ID,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,CONTENT,FOLDER"
    lines = [
        header, f'k1,Max,{IN}max,Ina,{IN}ina,2025-03-13 10:00:00 UTC,"Hello,', 'you, ""dear""",INBOX',
        f"k1,Ina,{IN}ina,Max,{IN}max,2025-03-14 10:00:00 UTC,Hi,INBOX",
    ]  # fmt: skip
    found, events = read(one(tmp_path, "messages.csv", wrapped("\n".join(lines), ";", every=True)), me="max")
    assert [type(event.data) for event in events[:-1]] == [MessageSent, MessageReceived]
    assert found.report()["rows_rejected"] == []


def test_cells_that_only_look_like_rows_stay_cells(tmp_path: Path) -> None:
    text = 'Anna;Adler;;;"Mill, Ltd; Co";;4-Apr-21\n"Ben, MBA";Baum;;;;;4-Apr-21\n'
    found, events = read(one(tmp_path, "c.csv", CONNECTED.replace(",", ";") + "\n" + text))
    assert [name for name, _, _ in people(events)] == ["Anna Adler", "Ben, MBA Baum"]
    assert noted(found) == "has another separator than the comma"
    lines = f'"k1","Max","{IN}max","Ina","{IN}ina","2025-03-13 10:00:00 UTC","a\n",INBOX,"\nb"\n'
    header = "CONVERSATION ID,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,CONTENT,FOLDER,ATTACHMENTS\n"
    found, events = read(one(tmp_path, "messages.csv", header + lines), me="max")
    assert counts(found) == {"message.sent": 1}
    assert noted(found) == ""


def test_windows_1252_is_read_and_announced(tmp_path: Path) -> None:
    text = f"{CONNECTED}\r\nJörg,Stöhr,,,,“Chef”,12-Mar-25\r\nIna,Fenn,,,,,14-Mar-25\r\n"
    found, events = read(one(tmp_path, "Connections.csv", text.encode("cp1252")))
    assert people(events)[0] == ("Jörg Stöhr", "“Chef”", "2025-03-12")
    assert "Windows-1252" in noted(found)
    assert "CR LF" in noted(found)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_at_the_beginning_are_read_and_announced(tmp_path: Path, encoding: str) -> None:
    text = f"{CONNECTED}\nJörg,Stöhr,,,,,12-Mar-25\n".replace(",", "\t")
    found, events = read(one(tmp_path, "people.txt", text.encode(encoding)))
    assert people(events)[0][0] == "Jörg Stöhr"
    assert noted(found) == (
        ("begins with a byte order mark" if encoding == "utf-8-sig" else "is UTF-16 text")
        + " | has another separator than the comma"
    )


def test_a_broken_byte_costs_its_row_and_not_the_letters_of_all_others(tmp_path: Path) -> None:
    text = f"{CONNECTED}\nJörg,Stöhr,,,,,12-Mar-25\n".encode() + b"Br\xe9ka,B,,,,,12-Mar-25\n"
    found, events = read(one(tmp_path, "Connections.csv", text))
    assert [name for name, _, _ in people(events)] == ["Jörg Stöhr"]
    assert found.report()["rows_rejected"] == [
        {"file": "Connections.csv", "line": 3, "reason": "holds bytes that are not UTF-8"}
    ]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        *[("12.03.2025", "2025-03-12"), ("3.4.25", "2025-04-03"), ("12-03-2025", "2025-03-12")],
        *[("12. Apr 25", "2025-04-12"), ("31.12.2024 14:37", "2024-12-31")],
    ],
)
def test_dotted_days_are_day_first_and_announced(tmp_path: Path, cell: str, day: str) -> None:
    found, events = read(one(tmp_path, "Connections.csv", f"{CONNECTED}\nIna,Fenn,,,,,{cell}\n"))
    assert people(events)[0][2] == day
    assert ("day first" in noted(found)) == ("Apr" not in cell)


def test_a_time_that_became_a_day_is_its_first_minute_and_announced(tmp_path: Path) -> None:
    text = f"{INVITED}\nMax,Ina,1/29/2026,,OUTGOING,,\nMax,Jon,29.01.2026,,OUTGOING,,\n"
    found, events = read(one(tmp_path, "Invitations.csv", text))
    assert [event.time.isoformat() for event in events if isinstance(event.data, InviteSent)] == [
        "2026-01-29T08:00:00+00:00"
    ] * 2
    assert "a day alone" in noted(found)
    assert "day first" in noted(found)


def test_number_signs_for_a_narrow_column_are_explained(tmp_path: Path) -> None:
    text = f"{CONNECTED}\nIna,Fenn,,,,,########\nJon,G,,,,,4-Apr-21\n"
    found, _ = read(one(tmp_path, "Connections.csv", text))
    assert "too narrow" in found.report()["rows_rejected"][0]["reason"]
