"""Archives that were made to do harm, and rows that are broken."""

from __future__ import annotations

import os
import struct
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import ContactConnected, Event
from shared.importing import ArchiveError, Import, read_archive
from shared.importing.files import archive, counted, zipped
from shared.importing.linkedin import checking
from tests.depth import examples

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
CONNECTED = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
GOOD = f"{CONNECTED}\nAnna,A,,,,,4 Apr 2021\n"
INVITED = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"


def read(path: Path) -> tuple[Import, list[Event]]:
    found = read_archive(path, member="m1", imported_at=NOW)
    return found, list(found.events())


def names(events: list[Event]) -> list[str]:
    return [event.data.contact.name for event in events if isinstance(event.data, ContactConnected)]


def with_rows(path: Path, *rows: str) -> Path:
    (path / "Connections.csv").write_text("\n".join([CONNECTED, *rows]), encoding="utf-8", newline="")
    return path


def pack(path: Path, *entries: tuple[str | zipfile.ZipInfo, str]) -> Path:
    target = path / "export.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return target


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("Invitations.csv")
    entry.external_attr = 0o120777 << 16
    return entry


def encrypted(path: Path) -> Path:
    target = pack(path, ("Connections.csv", GOOD))
    content = bytearray(target.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    target.write_bytes(content)
    return target


def damaged(path: Path) -> Path:
    target = path / "export.zip"
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("Connections.csv", GOOD)
    target.write_bytes(target.read_bytes().replace(b"Anna", b"Enna", 1))
    return target


def cut(path: Path) -> Path:
    target = pack(path, ("Connections.csv", GOOD * 50))
    target.write_bytes(target.read_bytes()[:-40])
    return target


def huge_directory(path: Path) -> Path:
    """Few entries are declared, and a table of contents of gigabytes."""
    target = path / "export.zip"
    with target.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(150 * 1024**2)
        file.seek(0, 2)
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 149 * 1024**2, 4, 0))
    return target


def packed_oddly(path: Path) -> Path:
    target = path / "export.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("Connections.csv", GOOD)
    return target


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: pack(p, ("Connections.csv", GOOD + "\n" * 3_000_000)), "more than 100 times"),
        (lambda p: pack(p, ("Connections.csv", GOOD), ("x.bin", "0" * 3_000_000)), "more than 100 times"),
        (lambda p: pack(p, ("Connections.csv", GOOD), ("../evil.csv", "")), "leads out"),
        (lambda p: pack(p, ("Connections.csv", GOOD), ("/etc/evil", "")), "leads out"),
        (lambda p: pack(p, ("Connections.csv", GOOD), ("a\\..\\evil", "")), "leads out"),
        (lambda p: pack(p, ("Connections.csv", GOOD), ("C:evil", "")), "leads out"),
        (lambda p: pack(p, ("Connections.csv", GOOD), (link(), "/etc/passwd")), "is a link"),
        (lambda p: pack(p, ("Connections.csv", GOOD), *((f"m/{n}", "") for n in range(2_000))), "2,000 entries"),
        (lambda p: pack(p, ("Shares.csv", "x")), "holds neither"),
        (pack, "holds neither"),
        (encrypted, "is encrypted"),
        (damaged, "is damaged"),
        (cut, "no zip archive"),
        (huge_directory, "2,000 entries"),
        (packed_oddly, "packed in a way"),
    ],
)
def test_a_hostile_zip_is_refused_in_one_line(tmp_path: Path, make: Callable[[Path], Path], reason: str) -> None:
    target = make(tmp_path)
    with pytest.raises(ArchiveError, match=reason) as refusal:
        read(target)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"Rar!\x1a\x07", b"PK\x03\x04 and nothing more", b"\x00" * 100])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "export.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"export\.zip: is no zip archive"):
        read(tmp_path / "export.zip")


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = pack(tmp_path, ("Connections.csv", GOOD), ("Invitations.csv", INVITED))
    monkeypatch.setattr(zipped, "UNPACKED_BYTES_MAX", 100)
    with pytest.raises(ArchiveError, match="unpacks to more than"):
        read(target)
    monkeypatch.setattr(zipped, "ZIPPED_BYTES_MAX", 100)
    with pytest.raises(ArchiveError, match="is larger than"):
        read(target)


def test_the_bytes_that_come_out_are_counted_whatever_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = pack(tmp_path, ("Connections.csv", GOOD), ("Invitations.csv", INVITED))
    monkeypatch.setattr(checking, "UNPACKED_BYTES_MAX", 150)
    with pytest.raises(ArchiveError, match="the archive unpacks to more than"):
        read(target)
    monkeypatch.undo()
    monkeypatch.setattr(counted, "RATIO_FROM_BYTES", 10)
    monkeypatch.setattr(counted, "RATIO_MAX", 0.5)
    with pytest.raises(ArchiveError, match="times its size"):
        read(target)


def test_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rows(tmp_path, *(f"Anna,{n},,,,,4 Apr 2021" for n in range(11)))
    monkeypatch.setattr(checking, "ROWS_MAX", 10)
    with pytest.raises(ArchiveError, match="more than 10 rows"):
        read(tmp_path)


def test_links_and_special_files_in_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(GOOD)
    (tmp_path / "Connections.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(ArchiveError, match="is a link"):
        read(tmp_path)
    (tmp_path / "Connections.csv").unlink()
    os.mkfifo(tmp_path / "Connections.csv")
    for path in (tmp_path, tmp_path / "Connections.csv"):
        with pytest.raises(ArchiveError, match=r"is not a file|neither a file nor a folder"):
            read(path)


def test_a_folder_with_too_many_entries_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ENTRIES_MAX", 3)
    with_rows(tmp_path, "Anna,A,,,,,4 Apr 2021")
    for n in range(3):
        (tmp_path / f"{n}").touch()
    with pytest.raises(ArchiveError, match="more than 3 entries"):
        read(tmp_path)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        target = pack(tmp_path, ("Connections.csv", GOOD), ("Connections.csv", GOOD))
    with pytest.raises(ArchiveError, match="two entries of the same name"):
        read(target)


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"no\.zip: there is no such file"):
        read(tmp_path / "no.zip")
    with pytest.raises(ArchiveError, match="holds neither"):
        read(tmp_path)


def test_an_archive_that_changes_between_the_readings_is_noticed(tmp_path: Path) -> None:
    with_rows(tmp_path, "Anna,A,,,,,4 Apr 2021")
    found = read_archive(tmp_path, member="m1", imported_at=NOW)
    with_rows(tmp_path, "Anna,A,,,,,5 Apr 2021")
    with pytest.raises(ArchiveError, match="has changed"):
        list(found.events())


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=300), st.integers(0, 250))
def test_a_zip_with_any_bytes_in_it_is_read_or_refused(noise: bytes, place: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = pack(Path(folder), ("Connections.csv", GOOD))
        content = target.read_bytes()
        target.write_bytes(content[:place] + noise + content[place + len(noise) :])
        try:
            _, events = read(target)
        except ArchiveError:
            return
        assert names(events) == ["Anna A"]


def peak_bytes(path: Path, rows: int) -> int:
    """Import so many connections, each with an invite, and return what memory it took at most."""
    profile = "https://www.linkedin.com/in/some-longer-name-"
    with_rows(path, *(f"First{n},Last{n},{profile}{n},,Company {n},Position {n},4 Apr 2021" for n in range(rows)))
    sent = (f'Me,First{n} Last{n},"1/5/20, 9:00 AM",,OUTGOING,,{profile}{n}' for n in range(rows))
    (path / "Invitations.csv").write_text("\n".join([INVITED, *sent]), encoding="utf-8")
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_archive(path, member="m1", imported_at=NOW).events())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 3 * rows + 1
    return peak


@pytest.mark.deep
def test_memory_holds_a_few_short_texts_a_row_and_no_events(tmp_path: Path) -> None:
    small, large = peak_bytes(tmp_path, 500), peak_bytes(tmp_path, 2_500)
    assert (large - small) / 2_000 < 1_500
    assert large < 5 * 1024**2


def test_events_come_one_by_one(tmp_path: Path) -> None:
    with_rows(tmp_path, *(f"Anna,{n},,,,,4 Apr 2021" for n in range(5_000)))
    seen: list[int] = []
    found = read_archive(tmp_path, member="m1", imported_at=NOW, progress=lambda done, _: seen.append(done))
    events = found.events()
    halfway = seen[-1]
    next(events)
    assert found.report()["events"] == {"contact.connected": 1}
    assert seen[-1] < 1.7 * halfway
    assert len(list(events)) == 5_000
