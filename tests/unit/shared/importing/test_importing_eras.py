"""Every form that LinkedIn's export has had, and what Excel makes of it."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts import ContactConnected, Event, InviteAccepted, InviteReceived, InviteSent
from shared.importing import ArchiveError, Import, read_archive

ARCHIVES = Path(__file__).parent / "archives"
NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
NOTES = 'RuntimeMeta:\n"When exporting your connection data, you may notice that some, ""email"" addresses are missing."\n\n'
CONNECTED = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
INVITED = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"
ME = "https://www.linkedin.com/in/me"


def read(path: Path) -> tuple[Import, list[Event]]:
    found = read_archive(path, member="m1", imported_at=NOW)
    return found, list(found.events())


def of(events: list[Event], *kinds: type) -> list[Event]:
    return [event for event in events if isinstance(event.data, kinds)]


def folder(path: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        (path / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("era", "connected"),
    [
        ("2018", {"name:anna adler": "2018-11-04", "name:ben baum": "2018-03-12"}),
        ("2020", {"name:anna adler": "2018-11-04", "name:ben baum": "2018-03-12"}),
        ("2022", {"name:anna adler": "2018-11-04", "name:ben baum": "2018-03-12"}),
        ("2023-july", {"anna-adler": "2018-11-04", "ben-baum": "2018-03-12"}),
        ("2026", {"anna-adler": "2018-11-04", "ben-baum": "2018-03-12"}),
        ("excel", {"name:anna adler": "2018-11-04", "name:ben baum": "2018-03-12"}),
    ],
)
def test_every_era_gives_the_same_people_days_and_answers(era: str, connected: dict[str, str]) -> None:
    found, events = read(ARCHIVES / era)
    days = {f.data.contact.id: f.time.date().isoformat() for f in events if isinstance(f.data, ContactConnected)}
    assert days == connected
    assert all(event.time.time() == datetime.min.time() for event in of(events, ContactConnected))
    sent = {f.data.contact.name: f.time for f in events if isinstance(f.data, InviteSent)}
    assert sent == {
        "Anna Adler": datetime(2018, 11, 1, 21, 37, tzinfo=UTC),
        "Cora Conti": datetime(2018, 1, 15, 17, 5, tzinfo=UTC),
    }
    received = {f.data.contact.name: f.time for f in events if isinstance(f.data, InviteReceived)}
    assert received == {"Ben Baum": datetime(2018, 3, 12, 0, 30, tzinfo=UTC)}
    accepted = {f.data.contact_id for f in events if isinstance(f.data, InviteAccepted)}
    assert accepted == set(connected)
    report = found.report()
    assert ("resaved" in report) == (era == "excel")
    report.pop("resaved", None)
    assert report == {
        "files": ["Connections.csv", "Invitations.csv"],
        "rows_read": 6,
        "rows_imported": 5,
        "rows_rejected": [],
        "hidden_rows": 1,
        "events": {
            "contact.connected": 2,
            "import.completed": 1,
            "invite.accepted": 2,
            "invite.received": 1,
            "invite.sent": 2,
        },
    }


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("12 Mar 2021", "2021-03-12"),
        ("4 Sept 2021", "2021-09-04"),
        ('"11/4/18, 3:05 PM"', "2018-11-04"),
        ('"11/4/18, 3:05\u202fPM"', "2018-11-04"),
        ("11/4/18", "2018-11-04"),
        ("4-Apr-21", "2021-04-04"),
        ("04-Apr-2021", "2021-04-04"),
        ('"Mar 12, 2021"', "2021-03-12"),
        ("2021-03-12", "2021-03-12"),
    ],
)
def test_a_day_is_read_in_every_form(tmp_path: Path, cell: str, day: str) -> None:
    _, events = read(folder(tmp_path, Connections=f"{CONNECTED}\nAnna,Adler,,,,,{cell}"))
    assert events[0].time.isoformat() == f"{day}T00:00:00+00:00"


@pytest.mark.parametrize("cell", ["31 Feb 2021", "13/13/21", "soon", "", "12 Mrz 2021", "1 Jan 0001", "1 Jan 2027"])
def test_a_day_that_is_none_is_refused_with_its_column(tmp_path: Path, cell: str) -> None:
    found, events = read(folder(tmp_path, Connections=f"{CONNECTED}\nAnna,A,,,,,{cell}\nBen,B,,,,,12 Mar 2021\n"))
    assert found.report()["rows_rejected"][0]["line"] == 2
    assert found.report()["rows_rejected"][0]["reason"].startswith("Connected On: ")
    assert len(of(events, ContactConnected)) == 1


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ('"1/29/26, 2:37 PM"', "2026-01-29T22:37:00+00:00"),
        ('"1/29/26, 2:37\u202fPM"', "2026-01-29T22:37:00+00:00"),
        ('"7/29/25, 12:05 AM"', "2025-07-29T07:05:00+00:00"),
        ("1/29/2026 14:37", "2026-01-29T22:37:00+00:00"),
        ('"3/9/25, 2:30 AM"', "2025-03-09T10:30:00+00:00"),  # the clocks skip it: an hour later
        ('"11/2/25, 1:30 AM"', "2025-11-02T08:30:00+00:00"),  # it comes twice: the first
    ],
)
def test_sent_at_is_pacific_time_through_clock_changes(tmp_path: Path, cell: str, instant: str) -> None:
    _, events = read(folder(tmp_path, Invitations=f"{INVITED}\nMe,Anna,{cell},,OUTGOING,{ME},{ME}-anna"))
    assert events[0].time.isoformat() == instant


@pytest.mark.parametrize("cell", ['"13/1/25, 2:37 PM"', '"1/29/26, 13:37 PM"', "########", "", '"1/29/27, 2:37 PM"'])
def test_a_time_that_is_none_is_refused_with_its_column(tmp_path: Path, cell: str) -> None:
    good = 'Me,Ben,"1/29/25, 2:37 PM",,OUTGOING,,'
    found, events = read(folder(tmp_path, Invitations=f"{INVITED}\nMe,Anna,{cell},,OUTGOING,,\n{good}"))
    assert found.report()["rows_rejected"][0]["reason"].startswith("Sent At: ")
    assert len(of(events, InviteSent)) == 1


def test_the_zone_of_sent_at_is_a_setting_that_leaves_the_ids_alone(tmp_path: Path) -> None:
    path = folder(tmp_path, Invitations=f'{INVITED}\nMe,Anna,"1/29/26, 2:37 PM",,OUTGOING,,')
    paris = list(read_archive(path, member="m1", imported_at=NOW, zone_sent="Europe/Paris").events())
    assert paris[0].time == datetime(2026, 1, 29, 13, 37, tzinfo=UTC)
    assert paris[0].id == read(path)[1][0].id
    with pytest.raises(ValueError, match="IANA"):
        read_archive(path, member="m1", imported_at=NOW, zone_sent="Mars/Base")


@pytest.mark.parametrize("before", ["", "\ufeff", NOTES, "\ufeff" + NOTES, "sep=,\n", "\n" * 9])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_notes_marks_line_ends_and_separators_do_not_matter(
    tmp_path: Path, before: str, line_end: str, separator: str
) -> None:
    text = before + f"{CONNECTED.upper()}\nAnna,Adler,,,,,4-Apr-21\nBen,Baum,,,,,4-Apr-21".replace(",", separator)
    found, events = read(folder(tmp_path, Connections=text.replace("\n", line_end)))
    assert [f.data.contact.name for f in events if isinstance(f.data, ContactConnected)] == ["Anna Adler", "Ben Baum"]
    assert found.report()["rows_rejected"] == []


def test_every_field_may_be_quoted_the_header_too(tmp_path: Path) -> None:
    quoted = "\n".join('"' + line.replace(",", '","') + '"' for line in (CONNECTED, "Anna,Adler,,,,,4-Apr-21"))
    _, events = read(folder(tmp_path, Connections=quoted))
    assert [f.data.contact.id for f in events if isinstance(f.data, ContactConnected)] == ["name:anna adler"]


def test_line_numbers_count_the_notes_and_the_lines_inside_cells(tmp_path: Path) -> None:
    text = f'{NOTES}{CONNECTED}\n"Anna\nMaria",Adler,,,,,4-Apr-21\nBen,Baum,,,,,never\n'
    found, events = read(folder(tmp_path, Connections=text))
    assert [(row["line"], row["file"]) for row in found.report()["rows_rejected"]] == [(7, "Connections.csv")]
    assert [f.data.contact.name for f in events if isinstance(f.data, ContactConnected)] == ["Anna Maria Adler"]


def test_a_complete_archive_has_numbered_files_that_may_overlap(tmp_path: Path) -> None:
    path = tmp_path / "Complete_LinkedInDataExport_02-01-2026.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Connections_1.csv", f"{CONNECTED}\nAnna,A,{ME}-anna,,,,4-Apr-21\nBen,B,,,,,4-Apr-21\n")
        archive.writestr("Connections_2.csv", f"{CONNECTED}\nAnna,A,{ME}-anna,,,,4-Apr-21\nBen,B,,,,,4-Apr-21\n")
        archive.writestr("Invitations_1.csv", f'{INVITED}\nMe,Anna,"1/2/20, 2:37 PM",,OUTGOING,,{ME}-anna')
        archive.writestr("Shares.csv", "not read")
        archive.writestr("Jobs/Connections.csv/readme.txt", "not read")
    found, events = read(path)
    assert found.report()["files"] == ["Connections_1.csv", "Connections_2.csv", "Invitations_1.csv"]
    assert found.report()["rows_imported"] == 5
    assert found.report()["events"]["contact.connected"] == 2
    assert len({event.id for event in events}) == len(events)


def test_a_zip_a_folder_and_a_packed_folder_are_the_same(tmp_path: Path) -> None:
    files = sorted((ARCHIVES / "2026").iterdir())
    imports = [read(ARCHIVES / "2026")]
    for prefix in ("", "Basic_LinkedInDataExport/"):
        path = tmp_path / f"export{len(prefix)}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, prefix + file.name)
                archive.writestr(f"__MACOSX/{prefix}._{file.name}", b"\0\5\26\7")
        imports.append(read(path))
    assert len({found.import_id for found, _ in imports}) == 1
    assert imports[0][1] == imports[1][1] == imports[2][1]


@pytest.mark.parametrize("name", ["Connections.csv", "export (3).csv", "people"])
def test_a_single_file_is_known_by_its_header(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((ARCHIVES / "2026" / "Connections.csv").read_bytes())
    found, events = read(tmp_path / name)
    assert found.report()["files"] == [name]
    assert len(of(events, ContactConnected)) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{CONNECTED}\nJos\x81\xe9,A,,,,,4-Apr-21\n".encode("latin-1"), "neither UTF-8 nor Windows-1252"),
        (b"\xe9\n", "no header row"),
        (b"Name,Day\nAnna,4-Apr-21\n", "no header row"),
        (("\n" * 10 + CONNECTED).encode(), "no header row"),
        (CONNECTED.encode() + b"\n\n,,,,,,\n", "holds no rows"),
        (b"", "holds no rows"),
        (f"{CONNECTED}\nAnna,A,,,,,soon\nBen,B,,,,,later\n".encode(), "none of its 2 rows can be read; line 2: Conn"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line_before_any_event(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "Connections.csv").write_bytes(content)
    with pytest.raises(ArchiveError, match=reason) as refusal:
        read_archive(tmp_path / "Connections.csv", member="m1", imported_at=NOW)
    assert str(refusal.value).startswith("Connections.csv: ")
    assert "\n" not in str(refusal.value)


def test_an_archive_without_invites_may_still_have_their_header(tmp_path: Path) -> None:
    path = folder(tmp_path, Connections=f"{CONNECTED}\nAnna,A,,,,,4-Apr-21", Invitations=INVITED)
    assert read(path)[0].report()["rows_imported"] == 1
