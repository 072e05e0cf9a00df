"""messages.csv in every form that it has had: who wrote to whom and when, and none of their words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts import Event, MessageReceived, MessageSent
from shared.contracts.cloudevents import codec
from shared.importing import ArchiveError, Import, read_archive

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
IN = "https://www.linkedin.com/in/"
ME, ANNA, BEN, CORA = (IN + slug for slug in ("max-muster", "anna-adler", "ben-baum", "cora-conti"))
CONNECTIONS = f"First Name,Last Name,URL,Connected On\nAnna,Adler,{ANNA},4-Apr-21\nBen,Baum,{BEN},4-Apr-21\n"
OLD = "From,To,Date,Subject,Content,Direction,Folder"
NAMES = "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,DATE,SUBJECT,CONTENT,FOLDER"
FULL = (
    "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER,"
    "ATTACHMENTS,IS MESSAGE DRAFT,IS CONVERSATION DRAFT"
)
SECRET = "the words of a letter"


def read(path: Path, me: str | None = None, **files: str) -> tuple[Import, list[Event]]:
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    found = read_archive(path, member="m1", imported_at=NOW, me=me)
    return found, [event for event in found.events() if isinstance(event.data, MessageSent | MessageReceived)]


def told(events: list[Event]) -> list[tuple[str, str, str]]:
    return [
        ("sent" if isinstance(event.data, MessageSent) else "received", event.data.contact_id, event.time.isoformat())
        for event in events
        if isinstance(event.data, MessageSent | MessageReceived)
    ]


def row(sender: str, to: str, day: str = "2025-06-01", **cells: str) -> str:
    """A row of the present form; a conversation is named by its two people."""
    conversation = cells.get("conversation", "-".join(sorted((sender[-4:], to[-4:]))))
    marks = f"{cells.get('draft', '')},{cells.get('conversation_draft', '')}"
    at = f"{day} 14:03:22 UTC"
    words, folder = f"{SECRET},\nover lines", cells.get("folder", "INBOX")
    return f'"{conversation}",,Name,{sender},Name,"{to}",{at},Hi,"{words}",{folder},,{marks}'


def test_the_form_of_today_tells_direction_and_people_by_their_addresses(tmp_path: Path) -> None:
    rows = [row(ME, ANNA), row(ANNA, ME, "2025-06-02"), row(BEN, ME, "2025-06-03")]
    _, events = read(tmp_path, messages="\n".join([FULL, *rows]))
    assert told(events) == [
        ("sent", "anna-adler", "2025-06-01T14:03:22+00:00"),
        ("received", "anna-adler", "2025-06-02T14:03:22+00:00"),
        ("received", "ben-baum", "2025-06-03T14:03:22+00:00"),
    ]


def test_every_field_may_be_quoted(tmp_path: Path) -> None:
    plain = [FULL.split(","), f",,Max,{ME},Anna,{ANNA},2025-06-01 14:03:22 UTC,,Hello,INBOX,,No,No".split(",")]
    text = "\n".join(",".join(f'"{cell}"' for cell in cells) for cells in plain)
    assert [one[:2] for one in told(read(tmp_path, me=ME, messages=text)[1])] == [("sent", "anna-adler")]


def test_the_oldest_form_has_a_direction_and_names_that_connections_know(tmp_path: Path) -> None:
    rows = [
        'Max Muster,Anna Adler,"12/11/18, 3:05 PM",,Hi,OUTGOING,SENT',
        'Ben Baum,Max,"12/12/18, 3:05 PM",,Hi,INCOMING,',
    ]
    found, events = read(tmp_path, Connections=CONNECTIONS, Messages="\n".join([OLD, *rows]))
    assert told(events) == [
        ("sent", "anna-adler", "2018-12-11T23:05:00+00:00"),
        ("received", "ben-baum", "2018-12-12T23:05:00+00:00"),
    ]
    assert found.report()["rows_imported"] == 4


def test_without_addresses_of_recipients_their_own_messages_tell_who_they_are(tmp_path: Path) -> None:
    rows = [
        f"c1,,Max,{ME},Anna Adler,2022-06-01 14:03:22 UTC,,Hi,INBOX",
        f"c1,,Anna Adler,{ANNA},Max,2022-06-02 14:03:22 UTC,,Hi,INBOX",
        f"c2,,Max,{ME},Somebody New,2022-06-03 14:03:22 UTC,,Hi,INBOX",
        f"c3,,Max,{ME},Ben Baum,2022-06-04 14:03:22 UTC,,Hi,INBOX",
    ]
    found, events = read(tmp_path, me=ME, Connections=CONNECTIONS, messages="\n".join([NAMES, *rows]))
    assert [one[:2] for one in told(events)] == [
        ("sent", "anna-adler"),
        ("received", "anna-adler"),
        ("sent", "ben-baum"),
    ]
    assert found.report()["set_aside"] == {"messages with somebody whom no profile or name tells": 1}
    assert list(found.events())[-1].data.TYPE == "rapport.import.completed"
    assert found.report()["set_aside"] == {"messages with somebody whom no profile or name tells": 1}, "counted anew"


def test_two_people_of_one_name_are_never_taken_for_one(tmp_path: Path) -> None:
    twins = f"{CONNECTIONS}Ben,Baum,{IN}another-ben,4-Apr-21\n"
    _, events = read(tmp_path, Connections=twins, Messages=f'{OLD}\nMax,Ben Baum,"12/11/18, 3:05 PM",,Hi,OUTGOING,SENT')
    assert events == []


def test_drafts_spam_and_crowds_are_set_aside_and_counted(tmp_path: Path) -> None:
    crowd = ",".join(f"{IN}somebody-{number}" for number in range(11))
    rows = [
        row(ME, ANNA, draft="Yes"), row(ME, ANNA, conversation_draft="TRUE"), row(ME, ANNA, folder="DRAFTS"),
        row(BEN, ME, folder="SPAM"), row(ME, crowd), row(ME, CORA, draft="No"),
    ]  # fmt: skip
    found, events = read(tmp_path, messages="\n".join([FULL, *rows]), me=ME)
    assert [one[:2] for one in told(events)] == [("sent", "cora-conti")]
    assert found.report()["set_aside"] == {"drafts": 3, "messages to a crowd": 1, "spam": 1}
    assert found.report()["rows_imported"] == 1


def test_a_message_to_a_few_is_one_to_each(tmp_path: Path) -> None:
    _, events = read(tmp_path, me=ME, messages=f"{FULL}\n{row(ME, f'{ANNA},{ME},{BEN}')}")
    assert [one[:2] for one in told(events)] == [("sent", "anna-adler"), ("sent", "ben-baum")]
    assert len({event.id for event in events}) == 2


def test_a_sender_who_hides_is_nobody(tmp_path: Path) -> None:
    hidden = "c1,,LinkedIn Member,,Max,,2022-06-01 14:03:22 UTC,,Hi,INBOX,,,"
    found, events = read(tmp_path, me=ME, messages=f"{FULL}\n{hidden}\n{row(ANNA, ME)}")
    assert len(events) == 1
    assert found.report()["hidden_rows"] == 1


def test_the_member_is_the_one_who_stands_in_every_message(tmp_path: Path) -> None:
    found, events = read(tmp_path, messages="\n".join([FULL, row(ANNA, ME), row(BEN, ME), row(ME, CORA)]))
    assert found.owner == "max-muster"
    assert [one[0] for one in told(events)] == ["received", "received", "sent"]


def test_whose_archive_it_is_has_to_be_said_when_nothing_tells(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"messages.csv: none of its 1 rows can be read; line 2: SENDER.*--me"):
        read(tmp_path, messages=f"{FULL}\n{row(ANNA, ME)}")
    assert len(read(tmp_path, me="max-muster")[1]) == 1


def test_invitations_tell_whose_messages_they_are(tmp_path: Path) -> None:
    invited = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"
    invites = f'{invited}\nMax,Cora,"1/2/20, 2:37 PM",,OUTGOING,{ME},{CORA}\n'
    assert told(read(tmp_path, Invitations=invites, messages=f"{FULL}\n{row(ANNA, ME)}")[1])[0][0] == "received"


def test_no_word_of_a_message_is_imported(tmp_path: Path) -> None:
    found, events = read(tmp_path, me=ME, messages=f"{FULL}\n{row(ME, ANNA)}")
    assert len(events) == 1
    for event in found.events():
        assert SECRET.encode() not in b"".join(part for _, part in codec.encode(event)[2]) + codec.encode(event)[1]


def test_importing_twice_gives_the_same_ids_and_a_row_that_stands_twice_is_one(tmp_path: Path) -> None:
    text = "\n".join([FULL, row(ME, ANNA), row(ME, ANNA), row(ANNA, ME)])
    once = read(tmp_path, me=ME, messages=text)[1]
    again = read(tmp_path, me=ME, messages=text + "\n" + row(BEN, ME))[1]
    assert len(once) == 2
    assert [event.id for event in again[:2]] == [event.id for event in once]


@pytest.mark.parametrize("day", ["soon", "", "2025-02-30", "2027-01-01"])
def test_a_time_that_is_none_is_refused_with_its_column(tmp_path: Path, day: str) -> None:
    found, events = read(tmp_path, me=ME, messages="\n".join([FULL, row(ME, ANNA, day), row(ME, BEN)]))
    assert [one["line"] for one in found.report()["rows_rejected"]] == [2]
    assert found.report()["rows_rejected"][0]["reason"].startswith("DATE: ")
    assert len(events) == 1


def test_a_cell_of_more_than_64_kb_costs_its_row_alone(tmp_path: Path) -> None:
    large = row(ME, ANNA).replace(SECRET, "x" * 70_000)
    found, events = read(tmp_path, me=ME, messages="\n".join([FULL, large, row(ME, BEN)]))
    assert "64 KB" in found.report()["rows_rejected"][0]["reason"]
    assert [one[1] for one in told(events)] == ["ben-baum"]
