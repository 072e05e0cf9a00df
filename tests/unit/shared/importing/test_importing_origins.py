"""Calendars and address books as each origin writes them, with invented people. Counts are made by hand, not by a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.importing.existing.activity import Existing
from shared.importing.importer import Given
from shared.importing.registry import importer_of
from tests.unit.shared.importing.calendar_bed import MEMBER, NOW

ORIGINS = Path(__file__).parent / "origins"
ZOE, MIO = "mail:zoe@firm.example", "mail:mio@firm.example"
CAFE = "Café Central Herrengasse 14, 1010 Wien"


def read(
    name: str, folder: Path, me: str | None = "ada@network.example"
) -> tuple[list[tuple[object, ...]], dict[str, int], list[str]]:
    """Return what a file tells, what it leaves out by the reason, and why what cannot be read."""
    file = folder / name
    file.write_bytes((ORIGINS / name).read_bytes().replace(b"\n", b"\r\n"))
    found = importer_of(file).read(file, Given(MEMBER, NOW, (me,) if me else ()))
    told: list[tuple[object, ...]] = []
    for event in found.events(Existing()):
        data = event.data.model_dump()
        at = data["starts"].strftime("%m-%d %H:%M") if data.get("starts") else None
        if event.type == "rapport.contact.named":
            continue
        if at is None:
            told.append((data["contact_id"], data["label"], data["month"], data["day"]))
        else:
            what = event.type.removeprefix("rapport.meeting.")
            told.append((what, at, data["zone"], data["minutes"], data["kind"], data["place"], *data["contact_ids"]))
    rest = found.found()
    return told, dict(rest.left_out), [one.reason for one in rest.rejected]


@pytest.mark.parametrize(
    ("name", "told", "left_out", "rejected"),
    [
        (
            "google.ics",
            [
                ("held", "10-06 09:00", "Europe/Vienna", 30, "in_person", None, MIO),
                ("held", "10-20 09:00", "Europe/Vienna", 30, "in_person", None, MIO),
                ("held", "10-27 09:00", "Europe/Vienna", 30, "in_person", None, MIO),
                ("scheduled", "11-03 09:00", "Europe/Vienna", 30, "in_person", None, MIO),
                ("scheduled", "11-05 10:00", "Etc/UTC", 45, "online", None, ZOE),
                ("scheduled", "11-11 14:00", "Europe/Vienna", 30, "in_person", None, MIO),
                ("scheduled", "11-17 09:00", "Europe/Vienna", 30, "in_person", None, MIO),
            ],
            {"whole days: they are no appointment with anybody": 1},
            [],
        ),
        (
            "outlook.ics",
            [("scheduled", "11-05 11:30", "Europe/Berlin", 60, "lunch", "Café Central, Vienna", ZOE)],
            {"they are private": 1, "more than 8 people stand in them, or a group does": 1},
            [],
        ),
        (
            "exchange.ics",
            [("scheduled", "11-10 09:00", "Etc/UTC", 60, "online", "Microsoft Teams Meeting", ZOE)],
            {},
            [],
        ),
        (
            "apple.ics",
            [
                ("scheduled", "11-12 18:00", "Europe/Vienna", 60, "in_person", CAFE, ZOE),
            ],
            {},
            ["DTSTART: has no time zone; name the member's own"],
        ),
    ],
)  # fmt: skip
def test_a_calendar_of_each_origin(
    tmp_path: Path, name: str, told: list[tuple[object, ...]], left_out: dict[str, int], rejected: list[str]
) -> None:
    assert read(name, tmp_path) == (told, left_out, rejected)


@pytest.mark.parametrize("name", ["google.ics", "outlook.ics"])
def test_some_calendars_say_whose_they_are(tmp_path: Path, name: str) -> None:
    """Google gives an address as the name, Outlook an owner."""
    assert read(name, tmp_path, me=None) == read(name, tmp_path)


BOTH = [(ZOE, "birthday", 4, 12), (ZOE, "anniversary", 6, 1)]
NO_DAY = {"no day to remember": 1}


@pytest.mark.parametrize(
    ("name", "told", "left_out", "rejected"),
    [
        ("google.csv", [*BOTH, (MIO, "birthday", 2, 29)], NO_DAY, []),
        ("google-2016.csv", BOTH, {}, []),
        ("outlook.csv", [*BOTH, (MIO, "birthday", 12, 31)], NO_DAY, []),
        (
            "apple.vcf",
            [(ZOE, "anniversary", 6, 1), (ZOE, "birthday", 4, 12), ("name:mio tanaka", "birthday", 12, 31)],
            {},
            [],
        ),
        ("google.vcf", BOTH, {}, []),
        ("phone-2.1.vcf", [("mail:joerg@firm.example", "birthday", 4, 30)], {}, []),
    ],
)
def test_an_address_book_of_each_origin(
    tmp_path: Path, name: str, told: list[tuple[object, ...]], left_out: dict[str, int], rejected: list[str]
) -> None:
    assert read(name, tmp_path) == (told, left_out, rejected)


def test_every_file_of_an_origin_is_counted() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in ORIGINS.iterdir() if f'"{path.name}"' not in text] == []
