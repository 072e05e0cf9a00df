"""What the commands write where nobody sits at a terminal: whole lines in a pipe, and each answer on a line of its own."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.component.cli_bed import (
    Rapport,
    invite,
    rapport,  # noqa: F401 - a fixture
    running,  # noqa: F401 - a fixture
)

QUESTION = "Throw away what followups has stored, and read it back from Kafka? [y/N]:"


@pytest.fixture
def told(running: Rapport, tmp_path: Path) -> tuple[str, str]:  # noqa: F811 - the fixture
    """A member, and a long word of theirs that stands on the activity topic."""
    member, why = f"m-{uuid4()}", f"{'long ' * 60}end"
    file = tmp_path / "events.jsonl"
    data = {"invite_id": "i1", "contact": {"id": "bob", "name": "Bob"}, "why": why}
    file.write_text(invite(member, "1", data=data))
    assert running("send", file).code == 0
    return member, why


def test_tail_prints_whole_lines_into_a_pipe_and_cuts_them_for_people(
    running: Rapport,  # noqa: F811 - the fixture
    told: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member, why = told
    tail = ("tail", "activity", "--from-start", "--exit-at-end")
    [whole] = [line for line in running(*tail).out.splitlines() if member in line]
    assert why in whole
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    [cut] = [line for line in running(*tail).out.splitlines() if member in line]
    assert why not in cut
    assert "…" in cut


@pytest.mark.parametrize(("answer", "code", "after"), [("y\n", 0, "followups: the store of "), ("n\n", 1, "")])
def test_the_question_of_a_rebuild_ends_its_line_where_nobody_types_the_answer(
    running: Rapport,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    after: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    ran = running("rebuild", "followups")
    question, *rest = ran.err.splitlines()
    assert (ran.code, question) == (code, QUESTION)
    assert "".join(rest[:1]).startswith(after)
    assert ran.out.strip() == "", "what is printed is for programs"
