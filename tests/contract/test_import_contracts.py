"""Each import contract has been seen to fail: a contract that checks nothing looks like one that holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

OFFENCES = {
    "pure": ("services/invites/offence.py", "import asyncio"),
    "apart": ("services/invites/offence.py", "import services.digest"),
    "shared": ("shared/contracts/offence.py", "import services.invites"),
    "root": ("shared/runtime/offence.py", "import rapport"),
    "shell": ("shared/runtime/offence.py", "import shared.testing"),
    "runtime": ("shared/runtime/processing/offence.py", "import shared.runtime.snapshots"),
    "commands": ("rapport/terminal/offence.py", "import rapport.commands.run"),
    "gateway": ("services/gateway/reading/offence.py", "import services.gateway.personal"),
    "api": ("services/gateway/api/events/offence.py", "import services.gateway.api.routes"),
}

CIRCLES = """
import grimp
graph = grimp.build_graph("rapport", "services", "shared", cache_dir=None)
reached = {name: graph.find_downstream_modules(name) for name in graph.modules}
circles = {tuple(sorted({name, *(other for other in reached[name] if name in reached[other])})) for name in graph.modules}
for circle in sorted(circles):
    if len(circle) > 1:
        print(*circle)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for package in ("rapport", "services", "shared"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    return subprocess.run(
        [*command, "--no-cache", "--no-logo", "--contract", contract],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.deep
@pytest.mark.parametrize("contract", OFFENCES)
def test_an_import_that_the_contract_forbids_is_found(copy: Path, contract: str) -> None:
    name, line = OFFENCES[contract]
    offence = copy / name
    offence.write_text(f"{line}\n")
    try:
        found = lint(copy, contract)
    finally:
        offence.unlink()
    assert found.returncode == 1, found.stdout + found.stderr
    assert "BROKEN" in found.stdout
    assert ".".join(offence.relative_to(copy).with_suffix("").parts) in found.stdout


def circles(folder: Path) -> list[str]:
    """Return the files of each circle of imports, those for type checkers alone included."""
    found = subprocess.run(
        [sys.executable, "-c", CIRCLES],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


def test_no_file_imports_in_a_circle(copy: Path) -> None:
    assert circles(copy) == []


@pytest.mark.parametrize(
    "line", ["import {other}", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {other}"]
)
def test_a_circle_of_two_files_is_found(copy: Path, line: str) -> None:
    names = ["shared.texts.one", "shared.texts.two"]
    paths = [copy / f"{name.replace('.', '/')}.py" for name in names]
    for path, other in zip(paths, reversed(names), strict=True):
        path.write_text(line.format(other=other) + "\n")
    try:
        assert circles(copy) == [" ".join(names)]
    finally:
        for path in paths:
            path.unlink()


def test_every_contract_of_the_project_is_among_them() -> None:
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(OFFENCES)
