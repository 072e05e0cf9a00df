"""What 1, 10 and 100 million members cost: a model of processes, partitions, memory and disk, from what was measured.

The figures come from the table of docs/benchmarks.md and from `shares.py`; what a network does is assumed, and named. It
writes the table of docs/sizing.md: `make docs`.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from typing import Final

from rapport.generated_part import main as write
from tests.bench.bed import ROOT

MILLION: Final = 1_000_000
DAY_SECONDS: Final = 86_400
SIZES: Final = (MILLION, 10 * MILLION, 100 * MILLION)
SHARES: Final = {"invites": 0.1, "followups": 1.0, "digest": 0.4, "projection": 0.42}
"""CPU of each service for one event of the product, *followups* as 1: the largest of three runs of `tests.bench.shares`,
which had 0.05 to 0.10, 0.22 to 0.40 and 0.22 to 0.42."""
PUBLISHED_BYTES: Final = 548
"""What the services publish for one event of the product, in the log: `python -m tests.bench.shares`."""
PROJECTION_BYTES: Final = 10_000
"""The most that the projection keeps of a member with 50 invites and 50 contacts; a test holds it."""
PROCESS_MB: Final = 200
"""Assumed of a process of any service, resident: `make race` saw 123 MB of *invites* and 149 MB of *followups*."""
PARTITIONS_STEP: Final = 12
STORE_OVERHEAD: Final = 1.5
"""Fragments, and what is written while an append-only file is rewritten."""
REPLICAS: Final = 3


@dataclass(frozen=True, slots=True)
class Network:
    """What is assumed of a networking product."""

    events_each: float = 2.0
    """Events of a member a day, on average over all members."""
    timers_each: float = 0.5
    """Timers that fire for an event: one costs about as much as an event (`python -m tests.bench.bench_decider`)."""
    peak: float = 4.0
    """The busiest hour, as a multiple of an average one."""
    use: float = 0.5
    """How much of a core a process may use in that hour."""
    kept_days: int = 365
    """How long the log is kept: `RAPPORT_RETENTION_DAYS`."""
    with_invites: float = 0.2
    """Part of the members who have 50 pending invites and 50 contacts; the others have a tenth of that."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What docs/benchmarks.md says."""

    followups_us: float
    """CPU of *followups* for an event, in µs, Kafka and store included."""
    member_bytes: float
    """A member with 50 pending invites and 50 contacts in the stores of three services."""
    event_bytes: float
    """An event of the product on Kafka's disk, told one by one."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a network of some size takes."""

    events_per_second: float
    """In the busiest hour."""
    processes: dict[str, int]
    partitions: int
    store_gb: float
    log_gb: float
    memory_gb: float
    """Of the processes, without store and Kafka."""


def measured(page: str) -> Measured:
    """Read the figures from the page. Raises ValueError when one of them is not there."""
    return Measured(
        _figure(page, r"\| followups: CPU of an event, us \| ([\d.,]+)"),
        _figure(page, r"\| a member with 50 pending invites and 50 contacts: [^|]*\| ([\d.,]+)"),
        _figure(page, r"\| an event on rapport\.activity\.v1, [^|]*\| \d+ / ([\d.,]+)"),
    )


def _figure(page: str, pattern: str) -> float:
    found = re.search(pattern, page)
    if not found:
        raise ValueError(f"docs/benchmarks.md has no figure {pattern}")
    return float(found[1].replace(",", ""))


def cost(members: int, figures: Measured, network: Network | None = None) -> Cost:
    """Return what so many members take."""
    net = network or Network()
    per_day = members * net.events_each
    at_peak = per_day * net.peak / DAY_SECONDS
    processes = {
        name: max(2, math.ceil(at_peak * (1 + net.timers_each) * share * figures.followups_us / 1e6 / net.use))
        for name, share in SHARES.items()
    }
    partitions = PARTITIONS_STEP * max(1, math.ceil(2 * max(processes.values()) / PARTITIONS_STEP))
    each = (figures.member_bytes + PROJECTION_BYTES) * (net.with_invites + (1 - net.with_invites) / 10)
    log = per_day * net.kept_days * (figures.event_bytes + PUBLISHED_BYTES) * REPLICAS
    return Cost(
        at_peak,
        processes,
        partitions,
        members * each * STORE_OVERHEAD / 1e9,
        log / 1e9,
        sum(processes.values()) * PROCESS_MB / 1e3,
    )


def part() -> str:
    """Return the table of docs/sizing.md."""
    figures = measured((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))
    costs = {members: cost(members, figures) for members in SIZES}
    rows = [
        "| members | " + " | ".join(f"{members // MILLION} million" for members in costs) + " |",
        "|---|" + "---|" * len(costs),
        _row("events a second in the busiest hour", [f"{one.events_per_second:,.0f}" for one in costs.values()]),
        *(_row(f"processes of {name}", [f"{one.processes[name]:,}" for one in costs.values()]) for name in SHARES),
        _row("memory of these processes, GB", [f"{one.memory_gb:,.1f}" for one in costs.values()]),
        _row("partitions of each topic, at least", [f"{one.partitions:,}" for one in costs.values()]),
        _row("memory of the stores, GB", [f"{one.store_gb:,.0f}" for one in costs.values()]),
        _row(f"log, a year, {REPLICAS} copies, GB", [f"{one.log_gb:,.0f}" for one in costs.values()]),
    ]
    return "\n" + "\n".join(rows) + "\n\n"


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(write(sys.argv[1:], part))
