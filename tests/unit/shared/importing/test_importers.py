"""The registry of importers: each file is read by one, which its content tells. People are invented, forms are real."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest

from rapport.cli import main
from shared.importing.importer import Look, Sureness
from shared.importing.refusals import ArchiveError
from shared.importing.registry import IMPORTERS, importer_of
from shared.importing.sample import sample_archive
from shared.importing.upload import read_upload
from tests.unit.shared.importing.calendar_bed import MEMBER, NOW, calendar, event

CONNECTIONS = (
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\nZoe,Okafor,,zoe@firm.example,,,12 Mar 2021\n"
)
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoe Okafor\r\nBDAY:--0412\r\nEND:VCARD\r\n"


def stored_zip() -> bytes:
    """Return a zip in which a table stands as it is: its first bytes are words of a table of people, too."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("Connections.csv", CONNECTIONS)
    return made.getvalue()


EXAMPLES = [
    ("linkedin", CONNECTIONS.encode()),
    ("linkedin", b"\xef\xbb\xbf" + CONNECTIONS.encode()),
    ("linkedin", CONNECTIONS.encode("utf-16")),
    ("linkedin", CONNECTIONS.replace(",", ";").replace("Zoe", "Zo\xeb").encode("cp1252")),
    ("linkedin", b'Notes:\n"Some addresses are missing"\n\n' + CONNECTIONS.encode()),
    ("linkedin", b'"From,To,""Sent At"",Message,Direction"\r\n"a,b,""1/29/26, 2:37 PM"",,OUTGOING"\r\n'),
    ("linkedin", b"CONVERSATION ID,FROM,TO,DATE,CONTENT\n1,A,B,2026-01-02 10:00:00 UTC,x\n"),
    ("linkedin", CONNECTIONS.encode() + b"x,y,,,,,\xc3\xa9\n" * 9_000),
    ("linkedin", stored_zip()),
    ("calendar", calendar(event()).encode()),
    ("calendar", b"\xef\xbb\xbf\r\n" + calendar(event()).lower().encode()),
    ("calendar", event().encode()),
    ("linkedin", b"First Name,Last Name,Company,Job Title,Text,Creation Date,Status\nZoe,Okafor,,,x,01/01/24,VISIBLE\n"),
    ("facebook", b'{"friends_v2": [{"name": "Zoe Okafor", "timestamp": 1577836800}]}'),
    ("facebook", b'{\n  "friends": [\n    {\n      "name": "Zoe Okafor",\n      "timestamp": 1577836800\n    }\n  ]\n}'),
    ("contacts", CARD.encode()),
    ("contacts", b"Name,Given Name,Birthday,E-mail 1 - Value\nZoe Okafor,Zoe,--04-12,zoe@firm.example\n"),
    ("contacts", b"First Name,Last Name,E-mail Address,Birthday\r\nZoe,Okafor,zoe@firm.example,4/30/1990\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content"), EXAMPLES)
def test_a_file_is_told_by_its_content_whatever_it_is_called(tmp_path: Path, kind: str, content: bytes) -> None:
    for name in ("export.zip", "calendar.vcf"):
        (tmp_path / name).write_bytes(content)
        assert importer_of(tmp_path / name).kind == kind
    look = Look(content)
    sure = sorted((one.knows(look) for one in IMPORTERS), reverse=True)
    assert sure[0] > sure[1], "two importers are as sure of it"


def test_a_folder_is_an_export_that_was_unpacked() -> None:
    assert importer_of(sample_archive()).kind == "linkedin"


@pytest.mark.parametrize(
    "content", [b"", b"\n" * 99, b"hello, world\n", b'"', b"Name,Day\nZoe,4-Apr-21\n", b"{}", b"%PDF-1.7"]
)
def test_what_no_importer_knows_is_refused_with_all_that_is_known(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ArchiveError) as refused:
        read_upload(tmp_path / "x", member=MEMBER, now=NOW)
    assert all(one.files in str(refused.value) for one in IMPORTERS)
    with pytest.raises(ArchiveError, match=r"y: cannot be opened \(No such file or directory\)"):
        importer_of(tmp_path / "y")


def test_no_head_of_a_file_raises_in_an_importer() -> None:
    dealt = random.Random(17)
    for _ in range(50):
        _, content = dealt.choice(EXAMPLES)
        look = Look(content[: dealt.randrange(400)] + dealt.randbytes(dealt.randrange(200)) + content[-50:])
        assert all(isinstance(one.knows(look), Sureness) for one in IMPORTERS)


def test_each_importer_has_a_name_and_a_module_of_its_own() -> None:
    assert len({one.kind for one in IMPORTERS}) == len(IMPORTERS)


OPTIONS = ("--member", "ada", "--me", "linkedin.com/in/ada", "--me", "ada@network.example", "--dry-run")


@pytest.mark.parametrize(
    ("content", "arguments", "out"),
    [
        (CARD, ("file", "x", *OPTIONS), "Kind: contacts. Read: 1."),
        (CONNECTIONS, ("x", *OPTIONS), "Kind: linkedin. Read: 1."),
        (calendar(event()), (*OPTIONS, "x"), "Kind: calendar. Read: 1."),
    ],
)
def test_the_command_finds_out_what_a_file_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, arguments: tuple[str, ...], out: str
) -> None:
    (tmp_path / "x").write_text(content, encoding="utf-8", newline="")
    with pytest.raises(SystemExit) as ended:
        main(["import", *(str(tmp_path / "x") if one == "x" else one for one in arguments)])
    assert (ended.value.code or 0, capsys.readouterr().out.splitlines()[0]) == (0, out)


@pytest.mark.parametrize("kind", [(), ("file",), ("contacts",), ("linkedin",)])
@pytest.mark.parametrize("scheme", ["https", "webcal", "HTTP"])
def test_an_address_is_no_file_and_nothing_of_it_is_said(
    capsys: pytest.CaptureFixture[str], kind: tuple[str, ...], scheme: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["import", *kind, f"{scheme}://cal.example/basic.ics?key=secret", "--member", "ada", "--dry-run"])
    said = "rapport: an address is no file: `rapport import calendar URL` reads that of a calendar\n"
    assert (ended.value.code, capsys.readouterr().err) == (1, said)


def test_what_may_be_misread_and_what_cannot_be_read_stand_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_text(CONNECTIONS.replace(",", ";") + "Mio;T;;;;;soon\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["import", str(tmp_path / "x"), "--member", "ada", "--dry-run"])
    assert capsys.readouterr().err.splitlines() == [
        "note: x has another separator than the comma",
        "Could not be read: 1",
        "  x line 3: Connected On: is no date of a known form",
    ]
