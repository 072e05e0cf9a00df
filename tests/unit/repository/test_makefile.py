"""What `make` hands on to the commands behind it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INSIDE = "demo --external --mailpit http://mailpit:8025"


def _recipe(*arguments: str) -> str:
    """What make would run: a dry run prints it."""
    command = ["make", "--dry-run", *arguments]
    plain = {"PATH": os.environ["PATH"]}  # else the variables of a `make test` around this would be handed on, too
    told = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True).stdout
    return " ".join(told.split())


@pytest.mark.parametrize(
    ("given", "ran"),
    [
        ([], "run --build --rm demo"),
        (["SCENE=persistence"], f"run --build --rm demo {INSIDE} --scene persistence"),
        (["ARGS=--verbose"], f"run --build --rm demo {INSIDE} --verbose"),
        (["SCENE=let-it-go", "ARGS=--verbose"], f"run --build --rm demo {INSIDE} --scene let-it-go --verbose"),
    ],
)
def test_the_demo_in_containers_gets_its_scene_and_arguments(given: list[str], ran: str) -> None:
    assert _recipe("demo", "TARGET=compose", *given).endswith(ran)


@pytest.mark.parametrize(
    ("terminal", "said"),
    [("0", "setup: 2 packages\n"), ("1", "\rsetup:   1 packages\rsetup:   2 packages, installing ...\n")],
)
def test_set_up_counts_in_place_on_a_terminal_and_says_one_line_elsewhere(terminal: str, said: str) -> None:
    pip = "Collecting rich==15 (from -r x)\n  Downloading rich\nCollecting typer==1\nInstalling collected packages: rich\n"
    command = ["awk", "-v", f"terminal={terminal}", "-f", str(ROOT / ".ci" / "setup.awk")]
    assert subprocess.run(command, input=pip.encode(), capture_output=True, check=True).stdout == said.encode()


def test_the_embedded_demo_gets_its_scene_and_may_stay() -> None:
    assert _recipe("demo", "SCENE=persistence", "STAY=1", "ARGS=--verbose").endswith(
        "rapport demo --scene persistence --stay --verbose"
    )
