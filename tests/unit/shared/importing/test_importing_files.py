"""One bad file costs itself, one odd row decides nothing, and what only looks like talk is none."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts import MessageReceived, MessageSent
from shared.importing import ArchiveError, Import, read_archive

ARCHIVES = Path(__file__).parent / "archives"
NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
GOOD = "First Name,Last Name,URL,Connected On\nIna,Fenn,https://www.linkedin.com/in/ina-fenn,12 Mar 2025\n"
IN = "https://www.linkedin.com/in/"
INVITED = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"
MESSAGES = "CONVERSATION ID,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,CONTENT,FOLDER"


def read(path: Path, me: str | None = None) -> Import:
    found = read_archive(path, member="m1", imported_at=NOW, me=me)
    list(found.events())
    return found


def told(found: Import) -> list[tuple[type, str]]:
    return [
        (type(f.data), f.data.contact_id) for f in found.events() if isinstance(f.data, MessageSent | MessageReceived)
    ]


def message(conversation: str, sender: str, to: str, folder: str = "INBOX", day: int = 1) -> str:
    return f"{conversation},N,{IN}{sender},N,{IN}{to},2025-06-{day:02} 14:03:22 UTC,x,{folder}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Name,Day\nAnna,4-Apr-21\n", "no header row within"),
        (
            b"From,To,Sent At,Message,Direction\nMax,Ina,soon,,OUTGOING\n",
            "none of its 1 rows can be read; line 2: Sent",
        ),
        (b"From,To,Sent At,Message,Direction\nMax,,soon,,OUTGOING\n", "none of its 1 rows can be read"),
        (b"\x81\xe9\n", "is neither UTF-8 nor Windows-1252"),
    ],
)
def test_a_bad_file_is_named_and_the_others_are_imported(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "Connections.csv").write_text(GOOD)
    (tmp_path / "Invitations.csv").write_bytes(content)
    report = read(tmp_path).report()
    (refused,) = report["files_refused"]
    assert refused["file"] == "Invitations.csv"
    assert refused["reason"].startswith(reason)
    assert report["files"] == ["Connections.csv"]
    assert report["events"]["contact.connected"] == 1


def test_where_no_file_can_be_read_the_archive_is_refused_and_each_is_named(tmp_path: Path) -> None:
    (tmp_path / "Connections.csv").write_text("nothing\n")
    (tmp_path / "Invitations.csv").write_text("nothing\n")
    with pytest.raises(ArchiveError, match=r"Connections.csv: no header.*Invitations.csv: no header"):
        read(tmp_path)


def test_a_link_and_a_damaged_or_oddly_packed_entry_cost_themselves_alone(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Connections.csv").write_text(GOOD)
    (folder / "messages.csv").symlink_to(tmp_path / "elsewhere")
    assert read(folder).report()["files_refused"] == [{"file": "messages.csv", "reason": "is a link, not a file"}]
    target = tmp_path / "export.zip"
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("Connections.csv", GOOD)
        packed.writestr("messages.csv", MESSAGES + "\n" + message("k1", "max", "ina"))
        packed.writestr("Invitations.csv", INVITED, compress_type=zipfile.ZIP_BZIP2)
    target.write_bytes(target.read_bytes().replace(b"14:03:22", b"15:03:22", 1))
    report = read(target, me="max").report()
    assert {file["file"]: file["reason"] for file in report["files_refused"]} == {
        "messages.csv": "is damaged",
        "Invitations.csv": "is packed in a way that exports do not use",
    }
    assert report["events"]["contact.connected"] == 1


def test_whose_archive_it_is_has_to_be_said_with_spam_and_without(tmp_path: Path) -> None:
    text = (ARCHIVES / "no-owner" / "messages.csv").read_text()
    spam = f"k9,,Somebody,{IN}some-body,Max Muster,2022-03-16 11:00:00 UTC,,Buy,SPAM\n"
    for content in (text, text + spam):
        (tmp_path / "Connections.csv").write_text(GOOD)
        (tmp_path / "messages.csv").write_text(content)
        with pytest.raises(ArchiveError, match=r"messages.csv: none of its \d rows can be read; line 2: .*--me"):
            read(tmp_path)
        assert len(told(read(tmp_path, me="max-muster"))) == 3


def test_one_row_of_spam_or_of_others_decides_nothing(tmp_path: Path) -> None:
    rows = [message("k1", "ina", "max"), message("k2", "jon", "max"), message("k3", "max", "kim")]
    odd = [message("k4", "spam", "kim", "SPAM"), message("k5", "lea", "moe")]
    (tmp_path / "messages.csv").write_text("\n".join([MESSAGES, *odd, *rows]))
    assert read(tmp_path).owner == "max"
    invites = [f'N,N,"1/{day}/25, 2:37 PM",,OUTGOING,{IN}max,{IN}ina' for day in (5, 6, 7)]
    other = f'N,N,"1/4/25, 2:37 PM",,OUTGOING,{IN}spam,{IN}ina'
    (tmp_path / "Invitations.csv").write_text("\n".join([INVITED, other, *invites]))
    assert read(tmp_path).owner == "max"


def test_two_conversations_that_share_two_people_tell_nothing(tmp_path: Path) -> None:
    rows = [message("k1", "ina", "max"), message("k2", "jon", f"max,{IN}ina").replace(f"{IN}max,", f'"{IN}max,')]
    rows[1] = rows[1].replace(f",{IN}ina,2025", f',{IN}ina",2025')
    (tmp_path / "messages.csv").write_text("\n".join([MESSAGES, *rows]))
    with pytest.raises(ArchiveError, match="--me"):
        read(tmp_path)


def test_the_importer_is_believed_before_a_guess_and_refused_against_the_invites(tmp_path: Path) -> None:
    rows = [message("k1", "ina", "max"), message("k2", "jon", "max")]
    (tmp_path / "messages.csv").write_text("\n".join([MESSAGES, *rows]))
    assert read(tmp_path, me="ina").owner == "ina"
    invite = f'N,N,"1/5/25, 2:37 PM",,OUTGOING,{IN}max,{IN}ina'
    (tmp_path / "Invitations.csv").write_text(f"{INVITED}\n{invite}\n")
    with pytest.raises(ArchiveError, match="me: is another profile"):
        read(tmp_path, me="ina")


def test_messages_to_oneself_and_of_pages_are_no_talk(tmp_path: Path) -> None:
    rows = [
        message("k1", "max", "max"), message("k2", "ina", "max", day=2),
        message("k3", "acme", "max", day=3).replace("/in/acme", "/company/4711/"),
    ]  # fmt: skip
    (tmp_path / "messages.csv").write_text("\n".join([MESSAGES, *rows]))
    (tmp_path / "Connections.csv").write_text(GOOD.replace("Ina,Fenn", "N,").replace("ina-fenn", "another"))
    found = read(tmp_path, me="max")
    assert told(found) == [(MessageReceived, "ina")]
    assert found.report()["set_aside"] == {"messages to oneself": 1, "messages with a page, not a person": 1}


def test_messages_to_oneself_are_known_by_name_in_eras_without_addresses(tmp_path: Path) -> None:
    text = 'From,To,Date,Subject,Content,Direction,Folder\nMax,MAX ,"12/11/18, 3:05 PM",,Hi,OUTGOING,SENT\n'
    (tmp_path / "Messages.csv").write_text(text)
    (tmp_path / "Connections.csv").write_text(GOOD.replace("Ina,Fenn", "Max,"))
    found = read(tmp_path)
    assert told(found) == []
    assert found.report()["set_aside"] == {"messages to oneself": 1}


@pytest.mark.parametrize(
    "name",
    [
        "coach_messages.csv", "guide_messages.csv", "learning_role_play_messages.csv",
        "learning_coach_messages.csv", "LearningCoachMessages.csv", "guide_messages (1).csv",
    ],
)  # fmt: skip
def test_files_that_only_look_like_messages_are_no_talk_between_people(tmp_path: Path, name: str) -> None:
    text = "\n".join([MESSAGES, message("k1", "guide", "max"), message("k2", "coach", "max")])
    (tmp_path / "Connections.csv").write_text(GOOD)
    (tmp_path / name).write_text(text)
    found = read(tmp_path, me="max")
    assert found.report()["files"] == ["Connections.csv"]
    assert told(found) == []
    with pytest.raises(ArchiveError, match="no talk between people"):
        read(tmp_path / name, me="max")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.writestr(name, text)
        packed.writestr("messages.csv", MESSAGES + "\n" + message("k3", "ina", "max"))
    assert told(read(tmp_path / "export.zip", me="max")) == [(MessageReceived, "ina")]
