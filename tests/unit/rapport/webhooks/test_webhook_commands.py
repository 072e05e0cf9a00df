"""`rapport webhooks` as it is typed, without Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.cli import main
from rapport.webhooks.delivering.endpoints import read_endpoints
from shared.delivery.signature import secret_bytes

URL = "https://hooks.example.org/rapport"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_WEBHOOKS", str(tmp_path / "webhooks.json"))
    return tmp_path / "webhooks.json"


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["webhooks", *arguments])
    return int(ended.value.code or 0)


def test_an_endpoint_from_its_first_day_to_its_last(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("add", "crm", URL, "--type", "rapport.followup.*") == 0
    first = capsys.readouterr().out.strip()
    assert secret_bytes(first)
    assert _run("list") == 0
    assert capsys.readouterr().out == f"crm  {URL}  rapport.followup.*\n", "no secret is among it"
    assert _run("rotate", "crm") == 0
    second = capsys.readouterr().out.strip()
    [kept] = read_endpoints(file)
    assert (kept.secret, kept.old_secret) == (second, first)
    assert _run("resume", "crm") == 0
    assert read_endpoints(file)[0].resumed is not None
    assert _run("remove", "crm") == 0
    assert _run("list") == 0
    assert "There are no webhooks." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "crm", "http://hooks.example.org/"], "url: must begin with https:// unless the receiver is private"),
        (["rotate", "crm"], "there is no endpoint 'crm': `rapport webhooks list` shows them"),
        (["replay", "crm", "--since", "2026-11-01T00:00:00Z"], "there is no endpoint 'crm'"),
    ],
)
@pytest.mark.usefixtures("file")
def test_what_is_refused_is_one_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(*arguments) == 1
    assert says in capsys.readouterr().err


@pytest.mark.usefixtures("file")
def test_an_instant_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("add", "crm", URL) == 0
    assert _run("replay", "crm", "--since", "yesterday") == 2
    assert "--since" in capsys.readouterr().err


def test_what_is_let_go_is_said_so_that_a_mistyped_id_is_seen(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("add", "crm", URL)
    capsys.readouterr()
    assert _run("skip", "crm", "rapport.followups.v1/5/4") == 0
    assert read_endpoints(file)[0].skipped == ("rapport.followups.v1/5/4",)
    assert capsys.readouterr().err.startswith("rapport.followups.v1/5/4 is posted to crm no more")
