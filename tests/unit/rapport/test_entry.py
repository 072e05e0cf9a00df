"""What a terminal, a pipe and a keyboard do to a command: an exit code, and at most one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rapport.entry import interrupted
from tests.e2e.processes import environment

ROOT = Path(__file__).parents[3]
SECONDS_MAX = 120.0
NAME = "Żółw 🐢 Zoë"
SAYING = "from rapport import entry; entry.ready_streams(); entry.run(lambda _: {}, None)"
CTRL_C_AT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
class Keyboard:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Keyboard())
from rapport import entry
entry.main({arguments!r})
"""
"""Ctrl-C in the very moment in which a module begins to load."""


def _ran(code: str, redirected: str = "", **surroundings: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Python with the shell's redirections."""
    return subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" {redirected}', sys.executable, code],
        cwd=ROOT, env=environment(surroundings), capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip


@pytest.mark.deep
@pytest.mark.parametrize(
    ("module", "arguments"), [("rapport.commands.agenda", ["--version"]), ("rapport.terminal.lines", ["send", "-"])]
)
def test_ctrl_c_ends_a_command_quietly_while_modules_load(module: str, arguments: list[str]) -> None:
    """Broken by calling `rapport.cli.main` instead: a traceback while the commands load."""
    ran = _ran(CTRL_C_AT.format(module=module, arguments=arguments), "</dev/null")
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


def test_ctrl_c_that_comes_out_as_another_error_is_still_ctrl_c() -> None:
    wrapped = RuntimeError("Error calling __set_name__")
    wrapped.__cause__ = KeyboardInterrupt()
    assert interrupted(wrapped)
    assert interrupted(BaseExceptionGroup("several", [ValueError(), KeyboardInterrupt()]))
    assert not interrupted(ValueError())


def test_another_error_is_not_hidden() -> None:
    ran = _ran("from rapport import entry; entry.run(lambda _: 1 / 0, None)")
    assert ran.returncode == 1
    assert "ZeroDivisionError" in ran.stderr


@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [
        (">/dev/full", 1, "rapport: No space left on device\n"),
        (">/dev/full 2>&1", 1, ""),
        (">&- 2>&- <&-", 0, ""),
        ("| head -n 1 >/dev/null; exit 7", 7, ""),
    ],
)
@pytest.mark.parametrize("count", [1, 1_000_000])
def test_an_output_that_takes_nothing_is_said_in_one_line_at_most(
    count: int, redirected: str, code: int, said: str
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no such device here")
    ran = _ran(SAYING.format(f"print('x' + chr(10)) or print('y' * {count})"), redirected)
    assert (ran.returncode, ran.stderr) == (code, said)


@pytest.mark.deep
def test_a_closed_input_is_named() -> None:
    ran = _ran("from rapport import entry; entry.main(['send', '-'])", "<&-")
    assert (ran.returncode, ran.stderr) == (1, "rapport: stdin is closed: there is nothing to read\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_without_a_letter_gets_it_as_json_writes_it(encoding: str) -> None:
    say = f"print(__import__('json').dumps({NAME!r}, ensure_ascii=False))"
    ran = subprocess.run(
        [sys.executable, "-c", SAYING.format(say)],
        cwd=ROOT, env=environment({"PYTHONIOENCODING": encoding}), capture_output=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.decode(encoding)) == NAME
    assert (NAME in ran.stdout.decode(encoding)) == (encoding == "utf-8")
