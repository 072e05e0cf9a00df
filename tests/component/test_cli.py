"""The commands on the embedded system, in this process: what they print, where, and with which exit code."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from rapport.cli import main
from shared.contracts import ACTIVITY, from_json_line, partition_for
from shared.embedded import System
from shared.importing import sample_archive
from shared.runtime.ports.interfaces import Changes, MemberChange
from shared.runtime.processing.member_state import NOTES
from shared.runtime.processing.runtime_meta import RuntimeMeta, stored_of
from shared.runtime.redis.store import RedisStore, connect

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Rapport = Callable[..., Ran]


@pytest.fixture
def rapport(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Rapport:
    """The command line, with nothing running."""
    for name in ("RAPPORT_KAFKA", "RAPPORT_REDIS", "RAPPORT_SMTP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(tmp_path / "nothing"))

    def ran(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, said.out, said.err)

    return ran


@pytest.fixture
def running(rapport: Rapport, embedded: System, monkeypatch: pytest.MonkeyPatch) -> Rapport:
    """The command line beside the embedded system, found by its data folder."""
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(embedded.folder))
    return rapport


def invite(member: str, event_id: str, **changed: Any) -> str:
    event = {
        "id": event_id,
        "source": "/test",
        "type": "rapport.invite.sent",
        "time": "2026-01-05T09:00:00Z",
        "memberid": member,
        "data": {"invite_id": "i1", "contact": {"id": "bob", "name": "Bob"}},
    }
    return json.dumps(event | changed)


def events_of(rapport: Rapport, member: str) -> list[dict[str, Any]]:
    """All that stands on the activity topic of a member, each a CloudEvent that can be read again."""
    ran = rapport("tail", "activity", "--from-start", "--exit-at-end", "--json")
    assert ran.code == 0
    events = [json.loads(line) for line in ran.out.splitlines()]
    mine = [event for event in events if event.get("memberid") == member]
    for event in mine:
        from_json_line(event)
    return mine


def test_refused_lines_are_named_and_their_neighbours_are_published(running: Rapport, tmp_path: Path) -> None:
    member = f"m-{uuid4()}"
    lines = [
        invite(member, "1"),
        "no json",
        "",
        invite(member, "2", data={"invite_id": 7, "contact": {"id": "bob", "name": "Bob"}}),
        invite(member, "3", type="rapport.followup.done"),
        invite(member, "4", type="rapport.digest.skipped", data={"period": "2026-W01", "reason": "empty"}),
        invite(member, "5"),
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines))
    ran = running("send", file)
    assert ran.code == 1
    said = ran.err.splitlines()
    assert said[0].startswith("line 2: event: is not JSON")
    assert said[1].startswith("line 4: data.invite_id: ")
    assert [line.split(":")[0] for line in said[:-1]] == ["line 2", "line 4", "line 5", "line 6"]
    assert said[-1] == "2 sent, 4 refused"
    assert [event["id"] for event in events_of(running, member)] == ["1", "5"]


def test_a_name_that_nobody_knows_is_told_and_the_event_is_sent(running: Rapport, tmp_path: Path) -> None:
    member, data = f"m-{uuid4()}", {"invite_id": "i1", "contact": {"id": "bob", "name": "Bob", "nick": "Bo"}}
    file = tmp_path / "events.jsonl"
    file.write_text(invite(member, "1") + "\n" + invite(member, "2", data=data))
    ran = running("send", file)
    assert (ran.code, ran.err.splitlines()) == (
        0, ["line 2: data.contact.nick is not known, and means nothing", "2 sent, 0 refused"],
    )  # fmt: skip
    assert [event["id"] for event in events_of(running, member)] == ["1", "2"]


def test_an_event_of_a_service_is_refused(running: Rapport, tmp_path: Path) -> None:
    golden = json.loads((GOLDEN / "rapport.invite.expired.json").read_text())
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(golden))
    ran = running("send", file)
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "line 1: type: stands on rapport.invites.v1 alone, which its service writes",
        "0 sent, 1 refused",
    ]


def test_a_line_that_is_too_long_is_refused_and_the_next_is_sent(running: Rapport, tmp_path: Path) -> None:
    member = f"m-{uuid4()}"
    file = tmp_path / "events.jsonl"
    file.write_text('"' + "x" * 3_000_000 + '"\n' + invite(member, "1") + "\n")
    ran = running("send", file)
    assert (ran.code, ran.err.splitlines()[-1]) == (1, "1 sent, 1 refused")
    assert [event["id"] for event in events_of(running, member)] == ["1"]


def test_importing_twice_gives_the_same_events_with_the_same_ids(running: Rapport) -> None:
    member = f"m-{uuid4()}"
    first = running("import", "linkedin", sample_archive(), "--member", member, "--json")
    second = running("import", "linkedin", sample_archive(), "--member", member, "--json")
    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out
    count = sum(json.loads(first.out)["events"].values())
    by_id: dict[str, list[Any]] = {}
    for event in events_of(running, member):
        if event["type"] != "rapport.import.completed":
            by_id.setdefault(event["id"], []).append(event)
    assert len(by_id) == count - 1
    assert all(len(events) == 2 and events[0] == events[1] for events in by_id.values())


def test_a_dry_run_needs_nothing_running_and_prints_one_report(rapport: Rapport) -> None:
    ran = rapport("import", "linkedin", sample_archive(), "--member", "ada", "--dry-run", "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    assert set(report) == {"files", "rows_read", "rows_imported", "rows_rejected", "hidden_rows", "events"}
    assert report["events"]["invite.sent"] > 0


def test_an_archive_that_is_not_there_is_one_line_on_stderr(rapport: Rapport, tmp_path: Path) -> None:
    ran = rapport("import", "linkedin", tmp_path / "none.zip", "--member", "ada", "--dry-run", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1


CONNECTIONS = (
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    "Zoe,Moreau,https://www.linkedin.com/in/zoe-moreau,,Soil,Head,05 Jan 2026\n"
)


@pytest.mark.parametrize("dry", [("--dry-run",), ()], ids=["dry", "published"])
def test_one_bad_file_of_an_archive_is_a_warning_and_the_rest_is_imported(
    running: Rapport, tmp_path: Path, dry: tuple[str, ...]
) -> None:
    (tmp_path / "Connections.csv").write_text(CONNECTIONS, encoding="utf-8")
    (tmp_path / "messages.csv").write_bytes(b"\x00\x01 no table at all \x00")
    ran = running("import", "linkedin", tmp_path, "--member", f"m-{uuid4()}", *dry)
    assert ran.code == 0
    assert "warning: messages.csv is left out: " in ran.err
    assert "1  contact.connected" in ran.out


def test_an_archive_of_which_nothing_can_be_read_ends_with_one(rapport: Rapport, tmp_path: Path) -> None:
    for name in ("Connections.csv", "messages.csv"):
        (tmp_path / name).write_bytes(b"\x00\x01 no table at all \x00")
    ran = rapport("import", "linkedin", tmp_path, "--member", "ada", "--dry-run", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("rapport: ")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("tail", "activity"),
        ("show", "ada"),
        ("export", "ada"),
        ("why", "ada", "f-1"),
        ("agenda", "ada"),
        ("rebuild", "invites", "--yes"),
    ],
)
def test_without_a_system_a_command_says_what_to_start(rapport: Rapport, command: tuple[str, ...]) -> None:
    ran = rapport(*command)
    assert ran.code == 1
    assert ran.err == "rapport: nothing is running: start `rapport run` or set RAPPORT_KAFKA\n"


@pytest.mark.parametrize("command", [("tail", "gossip"), ("rebuild", "gossip", "--yes"), ("send",), ("gossip",)])
def test_wrong_usage_exits_with_two(rapport: Rapport, command: tuple[str, ...]) -> None:
    assert rapport(*command).code == 2


def test_doctor_finds_a_running_system_sound(running: Rapport) -> None:
    ran = running("doctor", "--json")
    found = json.loads(ran.out)
    problems = {check["name"]: check["says"] for check in found["checks"] if not check["ok"]}
    differs = problems.pop("topics")
    assert "activity.v1 message.timestamp.type is CreateTime, not LogAppendTime" in differs, "made for virtual clocks"
    assert differs.count(ACTIVITY) == differs.count(" is "), "all else is as it should be"
    assert problems.keys() <= {"invites", "followups", "digest"}, "nobody is at work here; other tests left records"
    assert (ran.code, found["ok"]) == (1, False)
    assert {"kafka", "topics", "store", "persistence", "mail"} <= {check["name"] for check in found["checks"]}


def test_doctor_names_the_way_out_of_each_problem(rapport: Rapport) -> None:
    ran = rapport("doctor", "--json")
    found = json.loads(ran.out)
    problems = {check["name"]: check for check in found["checks"] if not check["ok"]}
    assert (ran.code, found["ok"]) == (1, False)
    assert {"kafka", "store", "mail"} <= set(problems)
    assert all(check["way_out"] for check in problems.values())


def test_a_rebuild_empties_the_store_of_one_service_and_fences_its_owners(running: Rapport, embedded: System) -> None:
    async def written(service: str) -> None:
        store = RedisStore(connect(embedded.redis), service)
        await store.acquire(3, "ours:0", "test")
        await store.commit(3, "ours:0", "ours:1", Changes({"own_end": "7"}, {"ada": MemberChange(puts={"": b"\x80"})}))
        await store.close()

    async def found(service: str) -> tuple[dict[str, str], list[str]]:
        store = RedisStore(connect(embedded.redis), service)
        try:
            return dict(await store.meta(3)), await store.members(3)
        finally:
            await store.close()

    for service in ("invites", "followups"):
        asyncio.run(written(service))
    assert running("rebuild", "followups", "--yes").code == 0
    meta, members = asyncio.run(found("followups"))
    assert (set(meta), members) == ({"head"}, [])
    assert meta["head"] != "ours:1"
    meta, members = asyncio.run(found("invites"))
    assert (meta["own_end"], members) == ("7", ["ada"])
    assert running("rebuild", "invites", "--yes").code == 0


def test_a_backup_is_a_file_of_its_own_and_never_takes_the_place_of_another(running: Rapport, tmp_path: Path) -> None:
    copy = tmp_path / "store.rdb"
    assert running("backup", copy).code == 0
    assert copy.read_bytes().startswith(b"VALKEY")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600, "it holds all that is known of everybody"
    nowhere = tmp_path / "nowhere" / "store.rdb"
    ran = running("backup", nowhere)
    assert (ran.code, ran.err) == (1, f"rapport: no copy: {nowhere}.part: No such file or directory\n")
    held = copy.read_bytes()
    ran = running("backup", copy)
    assert (ran.code, ran.err) == (1, f"rapport: {copy} exists: a copy never takes the place of another one\n")
    assert (copy.read_bytes(), list(tmp_path.glob("*.part"))) == (held, [])


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"-NOPERM this user has no permissions to run the 'sync' command\r\n", "NOPERM this user has no permissions"),
        (b"\n\n$9000\r\nREDIS0011", "the connection ended after 9 of 9,000 bytes"),
        (b"$9000\r\n<html>", "is no copy of a Redis or Valkey"),
        (b"", "the connection ended before the copy began"),
    ],
)
def test_a_server_that_gives_no_whole_copy_leaves_no_file(
    rapport: Rapport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reply: bytes, reason: str
) -> None:
    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            while b"SYNC" not in (said := connection.recv(4096)):
                connection.sendall(b"+OK\r\n" * said.count(b"*"))
            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as apart:
        served = apart.submit(serve, listening)
        monkeypatch.setenv("RAPPORT_REDIS", f"redis://127.0.0.1:{listening.getsockname()[1]}/0")
        ran = rapport("backup", tmp_path / "store.rdb")
        served.result()
    assert (ran.code, list(tmp_path.iterdir())) == (1, [])
    assert ran.err.startswith("rapport: no copy: ")
    assert reason in ran.err


def test_a_member_of_whom_nothing_is_known_is_told_apart(running: Rapport) -> None:
    ran = running("show", f"m-{uuid4()}", "--json")
    assert ran.code == 1
    assert all(not of["known"] for of in json.loads(ran.out)["services"].values())


def test_nothing_is_known_of_a_member_who_was_erased_until_they_join_again(running: Rapport, embedded: System) -> None:
    member, erased = f"m-{uuid4()}", datetime(2026, 3, 1, tzinfo=UTC)
    _note(embedded, member, RuntimeMeta(incarnation=5, erased_at=erased))
    ran = running("show", member)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("rapport: nothing is known of this member")
    _note(embedded, member, RuntimeMeta(incarnation=5, erased_at=erased, joined_at=erased + timedelta(days=1)))
    assert running("show", member).code == 0


def test_all_that_is_kept_of_a_member_is_exported(running: Rapport, tmp_path: Path) -> None:
    member, file = f"m-{uuid4()}", tmp_path / "invite.jsonl"
    ran = running("export", member)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith("rapport: nothing is kept of this member\n")
    file.write_text(invite(member, "e1"), encoding="utf-8")
    assert running("send", file).code == 0
    ran = running("export", member)
    assert ran.code == 0
    kept = json.loads(ran.out)
    assert [one["event"]["id"] for one in kept["topics"][ACTIVITY]] == ["e1"]
    assert set(kept["services"]) == {"invites", "followups", "digest", "projection"}


def _note(embedded: System, member: str, notes: RuntimeMeta) -> None:
    async def noted() -> None:
        store, partition = RedisStore(connect(embedded.redis), "digest"), partition_for(member, 12)
        await store.acquire(partition, "ours:0", "test")
        change = MemberChange(puts={NOTES: stored_of(notes, b"")})
        await store.commit(partition, "ours:0", "ours:1", Changes(members={member: change}))
        await store.close()

    asyncio.run(noted())
