"""The commands on the embedded system, in this process: what they print, where, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import ACTIVITY
from shared.importing import sample_archive
from tests.component.cli_bed import GOLDEN, Rapport, events_of, invite, rapport, running

__all__ = ["rapport", "running"]


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
