"""Recommendations and the profile of an export: who helped whom, whose archive it is, and none of their words."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.contracts import Event, HelpGiven, HelpReceived
from shared.importing import ArchiveError, Import, read_archive
from tests.unit.shared.importing.test_importing_messages import ANNA, BEN, CONNECTIONS, ME, NAMES, NOW, SECRET

HEADER = "First Name,Last Name,Company,Job Title,Text,Creation Date,Status"
PROFILE = (
    "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code,Geo Location,Twitter Handles,"
    'Websites,Instant Messengers\nMax,Muster,,"1 Road, Town",Mar 7,Baker,"I bake,\nsince 1999.",Food,,,,,\n'
)


def row(first: str, last: str, at: str = '"07/08/23, 10:00 AM"', status: str = "VISIBLE") -> str:
    return f'{first},{last},Acme,Engineer,"{SECRET},\nover lines",{at},{status}'


def read(folder: Path, **files: str) -> tuple[Import, list[Event]]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    found = read_archive(folder, member="m1", imported_at=NOW)
    return found, [event for event in found.events() if isinstance(event.data, HelpGiven | HelpReceived)]


def test_a_recommendation_is_help_on_its_day_without_its_words(tmp_path: Path) -> None:
    received = [row("Anna", "Adler"), row("Ben", "Baum", "01/19/13", "HIDDEN"), row("Anna", "Adler")]
    given = [row("Ben", "Baum", '"10/15/24, 09:30 AM"')]
    files = {
        "Connections": CONNECTIONS,
        "Recommendations_Received": "\n".join([HEADER, *received]),
        "Recommendations_Given": "\n".join([HEADER, *given]),
    }
    found, events = read(tmp_path, **files)
    assert [(one.type, getattr(one.data, "contact_id", ""), one.time.isoformat()) for one in events] == [
        ("rapport.help.received", "anna-adler", "2023-07-08T17:00:00+00:00"),
        ("rapport.help.received", "ben-baum", "2013-01-19T08:00:00+00:00"),
        ("rapport.help.given", "ben-baum", "2024-10-15T16:30:00+00:00"),
    ]
    assert SECRET not in str(events)
    assert all(one.origin == "import" for one in events)
    counts = found.report()["events"]
    assert (counts["help.received"], counts["help.given"], counts["contact.connected"]) == (2, 1, 2)
    assert [one.id for one in read(tmp_path)[1]] == [one.id for one in events]


@pytest.mark.parametrize(
    ("rows", "report"),
    [
        (
            [row("Zed", "Nobody"), row("Anna", "Adler", status="PENDING"), row("Anna", "Adler")],
            {"set_aside": {
                "recommendations of somebody whose name does not stand once among the connections": 1,
                "recommendations that are not published": 1,
            }},
        ),
        ([row("", "")], {"hidden_rows": 1}),
        (
            [row("Anna", "Adler", "Spring"), row("Ben", "Baum")],
            {"rows_rejected": [{
                "file": "Recommendations Received.csv", "line": 2,
                "reason": "Creation Date: is no date and time of a known form",
            }]},
        ),
        (
            [row("Anna", "Adler", "01/01/27"), row("Ben", "Baum")],
            {"rows_rejected": [{
                "file": "Recommendations Received.csv", "line": 2, "reason": "Creation Date: lies after the import",
            }]},
        ),
    ],
)  # fmt: skip
def test_what_is_no_help_is_counted_with_its_reason(tmp_path: Path, rows: list[str], report: dict[str, object]) -> None:
    files = {"Connections": CONNECTIONS, "Recommendations Received": "\n".join([HEADER, *rows])}
    found, _ = read(tmp_path, **files)
    assert {name: found.report()[name] for name in report} == report
    assert list(found.events()), "counts are the same when events are given again"
    assert {name: found.report()[name] for name in report} == report


def test_two_connections_of_one_name_are_not_taken_for_one(tmp_path: Path) -> None:
    twice = CONNECTIONS + "Anna,Adler,https://www.linkedin.com/in/anna-2,4-Apr-21\n"
    assert not read(tmp_path, Connections=twice, Recommendations_Received=f"{HEADER}\n{row('Anna', 'Adler')}")[1]


def test_which_way_a_recommendation_goes_its_file_must_tell(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"{HEADER}\n{row('Anna', 'Adler')}", encoding="utf-8")
    with pytest.raises(ArchiveError, match="its name has to say whether these recommendations were received or given"):
        read_archive(file, member="m1", imported_at=NOW)


def message(name: str, profile: str, conversation: str) -> str:
    return f"{conversation},,{name},{profile},Somebody,2025-06-01 14:03:22 UTC,Hi,{SECRET},INBOX"


def test_the_profile_tells_whose_messages_they_are(tmp_path: Path) -> None:
    """Two write to each other, each as often: nothing but the name of the profile tells who the member is."""
    rows = [message("Max Muster", ME, "1"), message("Anna Adler", ANNA, "1")]
    messages = "\n".join([NAMES, *rows])
    with pytest.raises(ArchiveError, match="--me"):
        read(tmp_path, messages=messages)
    found, _ = read(tmp_path, messages=messages, Profile=PROFILE)
    assert (found.owner, found.report()["events"]["message.received"]) == ("max-muster", 1)
    assert found.report()["files"] == ["messages.csv"]


def test_a_name_of_two_profiles_tells_nothing(tmp_path: Path) -> None:
    rows = [message("Max Muster", one, "1") for one in (ME, BEN)]
    with pytest.raises(ArchiveError, match="--me"):
        read(tmp_path, messages="\n".join([NAMES, *rows]), Profile=PROFILE)


@pytest.mark.parametrize("profile", [None, PROFILE.replace("\nMax,Muster", "\n,")])
def test_a_sender_without_a_name_takes_over_no_archive_whose_profile_has_none(
    tmp_path: Path, profile: str | None
) -> None:
    rows = [message("Max Muster", ME, str(number)) for number in range(10)]
    answers = [message("Anna", ANNA, "1"), message("Ben", BEN, "2"), message("", ME.replace("max-muster", "zed"), "3")]
    files = {"messages": "\n".join([NAMES, *rows, *answers])} | ({} if profile is None else {"Profile": profile})
    found, _ = read(tmp_path, **files)
    assert (found.owner, found.report()["events"]["message.received"]) == ("max-muster", 3)


def test_a_profile_alone_holds_nothing_to_import(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r": tells only whose archive it is$"):
        read(tmp_path, Profile=PROFILE)
