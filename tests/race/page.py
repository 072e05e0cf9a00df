"""What the race showed, as a table, and its place in docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Mapping, Sequence
from statistics import median

from tests.bench.bed import ROOT, Runs
from tests.race.heat import Heat
from tests.race.job import CANCELLED, DUE, SCHEDULED
from tests.race.runners import ALL, FOLLOWUPS_RUNNER, INVITES_RUNNER

PAGE = ROOT / "docs" / "benchmarks.md"
COLUMNS = 124
BEGIN, END = "<!-- race -->", "<!-- end of race -->"
PHASES = (SCHEDULED, CANCELLED, DUE)


def line(heat: Heat) -> str:
    """Return one heat in one line."""
    cpu = ", ".join(f"{kind} {heat.cpu_us[kind]:.0f} us" for kind in heat.cpu_us)
    return f"{cpu}; lost {heat.lost}, twice {heat.twice}; {heat.resident_mb:.0f} MB"


def table(heats: Mapping[str, Sequence[Heat]], events: int) -> list[str]:
    """Return the figures as lines of Markdown: medians with their ranges, then ratios of medians, then the machine."""
    rows = [
        "| runner | promises | CPU schedule, us | CPU cancel, us | CPU timer, us | timers a second | MB | lost / twice |",
        "|---|---|---|---|---|---|---|---|",
    ]
    guarantees = {runner.name: runner.guarantee for runner in ALL}
    for name, runs in heats.items():
        cpu = (_shown([heat.cpu_us[kind] for heat in runs if kind in heat.cpu_us]) for kind in PHASES)
        pace = _shown([heat.per_second[DUE] for heat in runs])
        held = _shown([heat.resident_mb for heat in runs])
        wrong = f"{sum(heat.lost for heat in runs)} / {sum(heat.twice for heat in runs)}"
        rows.append(f"| {name} | {guarantees[name]} | {' | '.join(cpu)} | {pace} | {held} | {wrong} |")
    rows += ["", *_ratios(heats), "", *textwrap.wrap(_machine(heats, events), COLUMNS)]
    return rows


def _shown(values: Sequence[float]) -> str:
    return Runs(list(values)).shown() if values else "says nothing"


def _ratios(heats: Mapping[str, Sequence[Heat]]) -> list[str]:
    ours = (FOLLOWUPS_RUNNER.name, INVITES_RUNNER.name)
    others = [name for name in heats if name not in ours]
    rows = [f"| CPU as a multiple of | {' | '.join(others)} |", f"|---|{'---|' * len(others)}"]
    for mine in (name for name in ours if name in heats):
        for kind in (kind for kind in PHASES if kind in heats[mine][0].cpu_us):
            cells = (f"{_middle(heats[mine], kind) / _middle(heats[other], kind):.1f}" for other in others)
            rows.append(f"| {mine}, {kind} | {' | '.join(cells)} |")
    return rows


def _middle(runs: Sequence[Heat], kind: str) -> float:
    return median(heat.cpu_us[kind] for heat in runs)


def _machine(heats: Mapping[str, Sequence[Heat]], events: int) -> str:
    rounds = max(len(runs) for runs in heats.values())
    load = " / ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{rounds} rounds, {events:,} invites lying there, {events // 3:,} cancelled, {events // 3:,} due at one instant;"
        f" median (range). {os.cpu_count()} cores ({platform.machine()}), load over 1, 5 and 15 minutes at the end {load};"
        f" Python {platform.python_version()}."
    )


def write(rows: Sequence[str]) -> None:
    """Put the table into the page. Raises ValueError where the page has no place for it."""
    text = PAGE.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError(f"{PAGE.name} has no {BEGIN} with its end")
    PAGE.write_text("\n".join([before + BEGIN, *rows, END + after]), encoding="utf-8")
