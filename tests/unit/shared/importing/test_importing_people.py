"""Who is who, which invites were answered, and that a second import says nothing new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.contracts import (
    Contact,
    ContactConnected,
    Event,
    ImportCompleted,
    InviteAccepted,
    InviteSent,
)
from shared.importing import Import, read_archive, sample_archive

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
CONNECTED = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
INVITED = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"
IN = "https://www.linkedin.com/in/"
AT = '"1/5/26, 9:00 AM"'


def imported(
    folder: Path, connections: list[str] | None = None, invitations: list[str] | None = None, me: str | None = None
) -> tuple[Import, list[Event]]:
    for name, header, rows in (("Connections", CONNECTED, connections), ("Invitations", INVITED, invitations)):
        if rows is not None:
            (folder / f"{name}.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    found = read_archive(folder, member="m1", imported_at=NOW, me=me)
    return found, list(found.events())


def contacts(events: list[Event]) -> list[Contact]:
    return [event.data.contact for event in events if isinstance(event.data, ContactConnected)]


def answers(events: list[Event]) -> list[InviteAccepted]:
    return [event.data for event in events if isinstance(event.data, InviteAccepted)]


@pytest.mark.parametrize(
    ("url", "contact_id"),
    [
        ("https://www.linkedin.com/in/Anna-Adler", "anna-adler"),
        ("http://de.linkedin.com/in/anna-adler/", "anna-adler"),
        ("www.linkedin.com/in/anna-adler?trk=x#y", "anna-adler"),
        ("https://www.linkedin.com/in/anna-adler/en", "anna-adler"),
        ("https://www.linkedin.com/in/J%C3%BCrgen-%F0%9F%98%80", "jürgen-😀"),
        ("https://www.linkedin.com/in/ACoAAA1_x", "acoaaa1_x"),
        ("https://www.linkedin.com/in/anna-%C2%AE-%C2%A0acme%C2%AE-1a2b", "anna-®-\u00a0acme®-1a2b"),
        ("https://www.linkedin.com/in/anna-\u00a0acme", "anna-\u00a0acme"),
        (" \u200bhttps://www.linkedin.com/in/anna%20\u00a0\ufeff", "anna"),
        ("//m.linkedin.com/mwlite/in/anna-adler", "anna-adler"),
        ("https://www.linkedin.com/in/anna%3Aa%23b%3F", "anna:a#b?"),
        ("https://www.linkedin.com/in/anna?trk=a b", "anna"),
        ("https://fr.linkedin.com/pub/anna-adler/a7/576/b50?trk=x", "anna-adler-b50576a7"),
        ("http://www.linkedin.com/pub/anna-adler/5/1a/2", "anna-adler-00201a5"),
        ("https://www.linkedin.com/pub/anna-adler/", "anna-adler"),
        ("https://www.linkedin.com/in", "name:anna adler"),
        ("https://www.linkedin.com/in/?trk=x", "name:anna adler"),
    ],
)
def test_a_person_is_the_decoded_name_of_their_profile(tmp_path: Path, url: str, contact_id: str) -> None:
    _, events = imported(tmp_path, [f"Anna,Adler,{url},,,,4 Apr 2021"])
    assert [contact.id for contact in contacts(events)] == [contact_id]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/in/anna",
        "https://linkedin.com.example.org/in/anna",
        "https://www.linkedin.com/company/acme",
        "javascript:alert(1)//linkedin.com/in/anna",
        IN + "%ff",
        IN + "a%2Fb",
        IN + "a%0Ab",
        IN + "name%3Aanna",
        "https://www.linkedin.com/inn/anna",
        IN + "a" * 129,
        IN + "a" * 3000,
        "https://[",
    ],
)
def test_an_address_that_is_no_profile_costs_its_row_alone(tmp_path: Path, url: str) -> None:
    found, events = imported(tmp_path, [f"Anna,Adler,{url},,,,4 Apr 2021", "Ben,Baum,,,,,4 Apr 2021"])
    assert [contact.id for contact in contacts(events)] == ["name:ben baum"]
    (rejected,) = found.report()["rows_rejected"]
    assert rejected["line"] == 2
    assert rejected["reason"].startswith("URL: ")


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "-Anna", "😀 Anna", "שרה כהן", "O'Neil", 'Robert ""Bob""', "Anna\nMaria", "李 小龍"]
)
def test_unusual_names_are_names(tmp_path: Path, name: str) -> None:
    _, events = imported(tmp_path, [f'"{name}",,,,,,4 Apr 2021'])
    assert [contact.name for contact in contacts(events)] == [" ".join(name.replace('""', '"').split())]


def test_a_name_that_is_too_long_is_refused_and_a_long_headline_is_cut(tmp_path: Path) -> None:
    found, events = imported(tmp_path, ["A" * 201 + ",,,,,,4 Apr 2021", f"Ben,B,,,{'C' * 150},{'P' * 150},4 Apr 2021"])
    assert found.report()["rows_rejected"][0]["reason"] == "First Name, Last Name: is longer than 200 characters"
    headline = contacts(events)[0].headline
    assert headline is not None
    assert len(headline) == 200
    assert headline.startswith("PPP")
    assert headline.endswith("C…")


def test_a_hidden_member_is_counted_and_no_person(tmp_path: Path) -> None:
    found, events = imported(tmp_path, [",,,,,,21 Feb 2020", ",,,,,,21 Feb 2020", "Ben,B,,,,,4 Apr 2021"])
    assert (found.report()["hidden_rows"], found.report()["rows_imported"]) == (2, 1)
    assert len(contacts(events)) == 1


def test_an_invite_whose_other_side_is_hidden_is_counted_and_no_invite(tmp_path: Path) -> None:
    found, events = imported(tmp_path, None, [f"Me,,{AT},,OUTGOING,{IN}me,", f"Me,Anna,{AT},,OUTGOING,{IN}me,"])
    assert (found.report()["hidden_rows"], found.report()["rows_imported"], len(events)) == (1, 1, 2)


def test_somebody_with_an_address_and_no_name_is_called_by_the_address(tmp_path: Path) -> None:
    _, events = imported(tmp_path, [f",,{IN}anna,,,,4 Apr 2021"], [f"Me,,{AT},,OUTGOING,{IN}me,{IN}anna"])
    assert [(contact.id, contact.name) for contact in contacts(events)] == [("anna", "anna")]
    assert [answer.contact_id for answer in answers(events)] == ["anna"]


def test_a_message_keeps_its_lines_and_is_cut_to_what_an_event_carries(tmp_path: Path) -> None:
    rows = [f'Me,Anna,{AT},"Hi,\n""you""",OUTGOING,,{IN}anna', f"Me,Ben,{AT},{'x' * 3_000},OUTGOING,,{IN}ben"]
    _, events = imported(tmp_path, None, rows)
    first, second = (event.data.note for event in events if isinstance(event.data, InviteSent))
    assert first == 'Hi,\n"you"'
    assert second == "x" * 1_999 + "…"


def test_two_people_of_one_name_stay_two(tmp_path: Path) -> None:
    rows = ["Anna,A,,,Acme,,4 Apr 2021", "Anna,A,,,Blue,,5 Apr 2021", "anna,a,,,Coal,,5 Apr 2021"]
    _, events = imported(tmp_path, rows)
    assert [contact.id for contact in contacts(events)] == [
        "name:anna a:2021-04-04",
        "name:anna a:2021-04-05",
        "name:anna a:2021-04-05:2",
    ]


def test_a_row_that_stands_twice_is_one_event(tmp_path: Path) -> None:
    people = [
        *[f"Anna,A,{IN}anna,,Acme,,4 Apr 2021", f"Anna,A,{IN}anna,,Blue,,4 Apr 2021"],
        *["Ben,B,,,Acme,,4 Apr 2021"] * 2,
        "Ben,B,,,Blue,,5 Apr 2021",
    ]
    found, events = imported(tmp_path, people, [f"Me,Cora,{AT},,OUTGOING,,{IN}cora"] * 2)
    assert [contact.id for contact in contacts(events)] == ["anna", "name:ben b:2021-04-04", "name:ben b:2021-04-05"]
    assert found.report()["events"]["invite.sent"] == 1
    assert found.report()["rows_imported"] == 7


def test_a_person_who_stands_twice_is_still_the_only_one_of_the_name(tmp_path: Path) -> None:
    twice = [f"Anna,A,{IN}anna,,,,9 Jan 2026", f"Anna,A,{IN}anna,,,,8 Jan 2026"]
    _, events = imported(tmp_path, twice, [f"Me,Anna A,{AT},,OUTGOING,,"])
    assert [answer.contact_id for answer in answers(events)] == ["anna"]


def test_somebody_connected_twice_has_answered_by_the_later_day(tmp_path: Path) -> None:
    twice = [f"Anna,A,{IN}anna,,,,9 Jan 2026", f"Anna,A,{IN}anna,,,,8 Jan 2021"]
    _, events = imported(tmp_path, twice, [f"Me,Anna A,{AT},,OUTGOING,,{IN}anna"])
    assert [event.time.day for event in events if isinstance(event.data, InviteAccepted)] == [9]


def test_importing_twice_gives_the_same_events() -> None:
    def read(member: str, at: datetime) -> list[Event]:
        return list(read_archive(sample_archive(), member=member, imported_at=at).events())

    first, second, another = read("m1", NOW), read("m1", NOW + timedelta(days=9)), read("m2", NOW)
    assert [(f.id, f.data) for f in first] == [(f.id, f.data) for f in second]
    assert [f.time for f in first[:-1]] == [f.time for f in second[:-1]]
    assert len({f.id for f in first}) == len(first)
    assert {f.id for f in first}.isdisjoint(f.id for f in another)


def test_a_newer_export_gives_the_old_rows_their_old_ids(tmp_path: Path) -> None:
    old = [f"Me,Anna,{AT},,OUTGOING,{IN}me,{IN}anna", 'Me,Ben,"1/6/26, 9:00\u202fAM",,OUTGOING,,']
    _, before = imported(tmp_path, ["Cora,C,,,Acme,,4 Apr 2021"], old)
    new = [f'Me,Dag,"1/7/26, 9:00 AM",,OUTGOING,{IN}me,{IN}dag', old[1].replace("\u202f", " "), old[0]]
    _, after = imported(tmp_path, ["Anna,A,,,,,20 Jan 2026", 'Cora,C,,,Blue,,"4/4/21, 9:00 AM"'], new)
    kept = {event.id for event in before if not isinstance(event.data, ImportCompleted)}
    assert kept < {event.id for event in after}


def test_the_last_event_counts_all_others() -> None:
    found = read_archive(sample_archive(), member="m1", imported_at=NOW)
    events = list(found.events())
    last = events[-1].data
    assert isinstance(last, ImportCompleted)
    assert (last.import_id, last.source) == (found.import_id, "linkedin")
    assert sum(last.counts.values()) == len(events) - 1
    assert found.report()["events"] == {**last.counts, "import.completed": 1}
    assert {(event.origin, event.logged, event.member) for event in events} == {("import", NOW, "m1")}


def test_the_sample_has_old_open_invites_and_some_answers() -> None:
    story = datetime(2026, 1, 5, tzinfo=UTC)
    found = read_archive(sample_archive(), member="m1", imported_at=story)
    events = list(found.events())
    answered = {answer.invite_id for answer in answers(events)}
    pending = [f for f in events if isinstance(f.data, InviteSent) and f.data.invite_id not in answered]
    stale = [event for event in pending if event.time < story - timedelta(days=90)]
    report = found.report()
    assert (len(stale), len(pending), len(answered)) == (27, 31, 8)
    assert (report["rows_rejected"], report["hidden_rows"], report["events"]["contact.connected"]) == ([], 2, 58)
    assert all(event.time <= story for event in events)


def test_progress_goes_from_the_first_byte_to_the_last() -> None:
    seen: list[tuple[int, int]] = []
    found = read_archive(
        sample_archive(), member="m1", imported_at=NOW, progress=lambda done, total: seen.append((done, total))
    )
    list(found.events())
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] == 2 * sum(f.stat().st_size for f in sample_archive().glob("*.csv"))
