"""Commands run as users run them: the program, its output, and a system of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rapport.cli import main
from shared.contracts import from_json_line
from shared.embedded import System

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
