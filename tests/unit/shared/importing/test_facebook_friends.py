"""Friends of a Facebook export: who is told, since when, and who is not. People are invented, forms are real."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import Contact, ContactConnected, Event
from shared.importing.existing.activity import existing_of
from shared.importing.importer import FileImport
from shared.importing.refusals import ArchiveError
from shared.importing.upload import read_upload
from tests.unit.shared.importing.calendar_bed import MEMBER, NOW

SINCE = 1_577_836_800
"""2020-01-01."""


def friend(name: str, since: Any = SINCE) -> dict[str, Any]:
    return {"name": name, "timestamp": since}


def read(folder: Path, friends: Any, name: str = "friends_v2") -> FileImport:
    file = folder / "your_friends.json"
    file.write_text(friends if isinstance(friends, str) else json.dumps({name: friends}), encoding="utf-8")
    return read_upload(file, member=MEMBER, now=NOW)


def told(found: FileImport, before: Sequence[Event] = ()) -> list[tuple[str, str, str]]:
    events = [(one.data, one.time) for one in found.events(existing_of(before))]
    return [(data.contact.id, data.contact.name, at.date().isoformat()) for data, at in events]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["friends_v2", "friends"])
def test_friends_are_connected_since_then_with_the_letters_that_they_have(tmp_path: Path, name: str) -> None:
    bytes_as_letters = "Zoë Müller 😀".encode().decode("latin-1")
    found = read(
        tmp_path, [friend(bytes_as_letters), friend("Zoé Okafor"), friend("Mio  Tanaka\n", SINCE + 86_400)], name
    )
    assert (found.kind, told(found)) == (
        "facebook",
        [
            ("name:zoë müller 😀", "Zoë Müller 😀", "2020-01-01"),
            ("name:zoé okafor", "Zoé Okafor", "2020-01-01"),
            ("name:mio tanaka", "Mio Tanaka", "2020-01-02"),
        ],
    )
    assert found.found().read == 3


def test_an_import_again_and_who_is_a_contact_already_tell_nothing(tmp_path: Path) -> None:
    contact = ContactConnected(contact=Contact(id="m-7", name="zoe OKAFOR"))
    before = [Event(id="c", member=MEMBER, time=NOW, logged=NOW, data=contact, source="/product")]
    found = read(tmp_path, [friend("Zoe Okafor"), friend("Mio")])
    first = list(found.events(existing_of(before)))
    assert [one.data.contact.id for one in first] == ["name:mio"]  # type: ignore[attr-defined]
    assert [one.origin for one in first] == ["import"]
    assert not told(found, [*before, *first])
    assert [one.id for one in found.events(existing_of(before))] == [one.id for one in first]


@pytest.mark.parametrize(
    "ids", [("mail:zoe@firm.example",), ("zoe-okafor", "zoe-7"), ("zoe-okafor", "mail:zoe@b.example")]
)
def test_whose_name_any_contact_has_is_nobody_new(tmp_path: Path, ids: tuple[str, ...]) -> None:
    data = [ContactConnected(contact=Contact(id=one, name="Zoe  Okafor")) for one in ids]
    before = [
        Event(id=str(n), member=MEMBER, time=NOW, logged=NOW, data=one, source="/x") for n, one in enumerate(data)
    ]
    found = read(tmp_path, [friend("zoe okafor"), friend("Mio")])
    for _ in range(2):
        assert [one[0] for one in told(found, before)] == ["name:mio"]
        assert found.found().left_out == {"friends whose name a contact has, or several: they are known": 1}


def test_friends_of_one_name_are_not_taken_for_one(tmp_path: Path) -> None:
    found = read(tmp_path, [friend("Lee Park"), friend("lee  PARK", SINCE + 1), friend("Mio")])
    assert [one[0] for one in told(found)] == ["name:mio"]
    assert found.found().left_out == {"friends of one name: nothing tells them apart": 2}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Zoe", "is no object"), (friend(""), "name: is missing"), ({"timestamp": 1}, "name: is missing"),
        (friend("Zoe", "2020"), "timestamp: is no whole number of seconds"),
        (friend("Zoe", True), "timestamp: is no whole number of seconds"),
        (friend("Zoe", 10**30), "timestamp: "), (friend("Zoe", -1), "timestamp: lies before"),
        (friend("Zoe", int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())), "timestamp: lies before"),
    ],
)  # fmt: skip
def test_a_friend_that_cannot_be_read_is_named_and_the_others_count(tmp_path: Path, row: Any, reason: str) -> None:
    found = read(tmp_path, [friend("Mio"), row])
    assert len(told(found)) == 1
    [rejected] = found.found().rejected
    assert (rejected.where, rejected.reason.startswith(reason)) == ("friend 2", True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"friends_v2": [', "is cut off, or no JSON"),
        ('{"friends_v2": [' + "[" * 100_000, "is cut off, or no JSON"),
        (json.dumps({"friends_v2": [friend("")] * 2}), "none of its 2 friends can be read; name: is missing"),
        (json.dumps({"friends_v2": [0] * 20_001}), "has more than 20,000 friends"),
        ('{"friends_v2": [' + " " * (8 * 1024**2), "is larger than 8 MB"),
        ('{"pages": [{"name": "Zoe"}]}', "is none of what can be imported"),
    ],
)
def test_what_is_no_list_of_friends_is_one_line(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(ArchiveError, match=reason):
        read(tmp_path, content)
