"""The table of all rules, for people: what each service says of its own, put together as one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple


class RuleRow(NamedTuple):
    """One rule as the page tells it."""

    name: str
    starts: str
    """What it starts with."""
    offsets: str
    """When it falls due, seen from there, as the code has it."""
    counts: str
    """From where the offsets count."""
    ends: str
    text: str
    pushed: bool = False
    fresh: bool = False
    """It starts only with what is told soon after it happened."""


_HEAD: Final = """# All rules

Written by `make docs` from the code: a test holds it to that. Every rule is on or off by its name
(`rapport.member.preferences_set`, `rules`), fires at most once per cycle, and reads what is known again when it falls due.
Times are the member's wall time. Where it has offsets of the member's own, they stand in the same place as the default:
`offsets_days`, or `offsets_hours` for those in hours.

Beside what ends a rule by itself, each of *followups* ends with "dismissed", with "done", which counts as what it asked for,
when it is switched off, and when the person is muted or removed.

*pushed*: has an hour, so it is pushed, at most `per_day` a day; all others wait for the digest, unless the member says
otherwise (`push`). *fresh*: starts only with a fact that is told within {fresh} days after it happened, so that an import of
ten thousand connections does not make ten thousand reminders.
"""
_COLUMNS: Final = ("rule", "starts with", "offsets", "from", "ends with", "text")


def page(services: Iterable[tuple[str, Sequence[RuleRow]]], *, fresh_days: int) -> str:
    """Return the page: a table for each service."""
    parts = [_HEAD.format(fresh=fresh_days)]
    for service, rows in services:
        table = [_line(_COLUMNS), "|---" * len(_COLUMNS) + "|", *(_line(_cells(row)) for row in rows)]
        parts.append(f"## {service}\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


def _cells(row: RuleRow) -> tuple[str, ...]:
    marks = [mark for mark, holds in (("pushed", row.pushed), ("fresh", row.fresh)) if holds]
    name = f"`{row.name}`" + (f" *{', '.join(marks)}*" if marks else "")
    return name, row.starts, row.offsets, row.counts, row.ends, row.text


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
