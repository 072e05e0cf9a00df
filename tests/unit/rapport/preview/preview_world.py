"""`rapport preview` as tests call it, and the events that small stories are told with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rapport.cli import main

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
USAGE = 2


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def said(self) -> str:
        """What it said of what is wrong, without the frame that wraps its lines."""
        return " ".join(self.err.replace("│", " ").split())


Preview = Callable[..., Ran]
Events = Callable[..., Path]


def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> Preview:
    """Return the command, with nothing running, at `NOW`."""
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(folder / "nothing"))
    monkeypatch.setattr("rapport.system.endpoints.present", lambda: NOW)

    def ran(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["preview", *map(str, arguments)])
        said = capsys.readouterr()
        return Ran(ended.value.code if isinstance(ended.value.code, int) else 0, said.out, said.err)

    return ran


def files(folder: Path) -> Events:
    """Return what writes events, or lines as they are, into a file."""

    def written(*lines: dict[str, Any] | str, name: str = "events.jsonl") -> Path:
        file = folder / name
        texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return file

    return written


def event(kind: str, time: str, member: str = "ada", **data: Any) -> dict[str, Any]:
    name = f"{member}/{kind}/{time}/{len(json.dumps(data))}"
    full = {"id": name, "source": "/test", "type": f"rapport.{kind}", "time": time, "memberid": member}
    return {**full, "data": data}


JOINED = event("member.joined", "2026-01-05T09:00:00Z", name="Ada", email="ada@example.org", zone="Europe/Paris")
BOB = {"id": "bob", "name": "Bob Bell"}
INVITED = event("invite.sent", "2026-01-06T10:00:00Z", invite_id="i1", contact=BOB)
REMIND = event("followup.requested", "2026-01-07T09:00:00Z", followup_id="r", what="Call home", due="2026-02-03T09:30")


def times(ran: Ran, kind: str) -> list[str]:
    return [event["time"] for event in ran.json["events"].get(f"rapport.{kind}", [])]
