"""Writes the commands with all that they take: `python -m rapport.cli_page docs/cli.md`.

What stands there is what `--help` says of each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

import typer.core
from typer.main import get_command

from rapport.cli import app
from rapport.generated_part import cells, main

REQUIRED: Final = " Required."


def part() -> str:
    """Return a table of all commands, and a section for each."""
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    sections = [_section(f"rapport {name}", command) for name, command in group.commands.items()]
    rows = [
        cells(f"`rapport {name}`", _paragraphs(command.help or "")[0])
        for name, command in sorted(group.commands.items())
    ]
    return "\n".join([cells("command", "what it does"), "|---|---|", *rows]) + "\n\n" + "\n\n".join(sections)


def _section(name: str, command: Any) -> str:
    if isinstance(command, typer.core.TyperGroup):
        return "\n\n".join(_section(f"{name} {below}", one) for below, one in command.commands.items())
    taken = list(_taken(command))
    usage = " ".join([name, *(one for one, words in taken if not one.startswith("-") or words.endswith(REQUIRED))])
    table = "\n".join(["| | |", "|---|---|", *(cells(f"`{one}`", words) for one, words in taken)])
    return "\n\n".join([f"## {name}", f"    {usage}", *_paragraphs(command.help or ""), *([table] if taken else [])])


def _taken(command: typer.core.TyperCommand) -> Iterator[tuple[str, str]]:
    """Yield the arguments and options of a command, each with its words."""
    for one in command.params:
        if isinstance(one, typer.core.TyperArgument):
            named = one.metavar or str(one.name).upper()
        else:
            assert isinstance(one, typer.core.TyperOption)
            value = "" if one.is_flag else f" {one.metavar or one.opts[0].lstrip('-').upper()}"
            named = ", ".join(one.opts) + value
        words = " ".join((one.help or "").split())
        if one.required and named.startswith("-"):
            words += REQUIRED
        if isinstance(one.default, str | int) and not isinstance(one.default, bool) and one.default != "":
            words += f" Default: `{one.default}`."
        yield named, words


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], part))
