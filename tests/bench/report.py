"""All benchmarks, one after the other: `make bench`. Prints a table; with `--write` it goes into docs/benchmarks.md.

The numbers of runs are small, so that all of it takes some minutes; each benchmark alone takes larger ones.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from redis import Redis

from shared.runtime.ports.limits import RECENT_MAX
from tests.bench import (
    bench_availability,
    bench_events,
    bench_growth,
    bench_import,
    bench_monday,
    bench_scale,
    bench_size,
    bench_start,
    bench_store,
    bench_wakes,
    whole_member,
)
from tests.bench.bed import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
PAGE_COLUMNS = 124
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
FOLLOWUPS_EVENTS = 100_000
GOALS = {
    "invites: events a second, by the clock": ">= 20,000",
    "invites: part of the bare loop's speed, by CPU, %": ">= 60",
    f"a pending invite with its wake, {bench_store.INVITES} a member, {bench_store.KEY_BYTES}-byte keys: bytes": "<= 110",
    whole_member.NAME: "<= 0.5",
    f"{bench_wakes.PER_SECOND:,} wakes due a second: instant late by, ms, p50 / p99": "p99 <= 25",
    f"import of {bench_import.CONNECTIONS:,} connections, s": "<= 10",
    bench_growth.named("digest"): "<= 1.15",
}
say = sys.stdout.write


def figures() -> Iterator[tuple[str, str]]:
    """Yield each figure with its name, as soon as it is there."""
    yield from bench_events.figures("invites").items()
    yield from bench_events.figures("followups", FOLLOWUPS_EVENTS).items()
    yield from bench_wakes.figures().items()
    yield from _store()
    yield "start of a process to ready, s", bench_start.measure().shown("{:.1f}")
    yield from _import()
    yield from bench_scale.figures().items()
    yield from bench_size.figures().items()
    yield from bench_growth.figures("digest").items()
    yield from bench_monday.figures().items()
    yield from bench_availability.figures().items()


def _store() -> Iterator[tuple[str, str]]:
    with bench_store.valkey() as port, Redis(port=port) as client:
        for name, value in bench_store.SETTINGS.items():
            client.config_set(name, value)
        yield from whole_member.shown(asyncio.run(whole_member.bytes_each(port))).items()
        for invites, key_bytes in bench_store.SHAPES:
            size, _, _ = asyncio.run(bench_store.measure(port, invites, key_bytes))
            yield _pending(invites, key_bytes), f"{size:.1f}"
        yield (
            f"the ids of a member's last {RECENT_MAX} events, in each service: bytes",
            (f"{asyncio.run(bench_store.remembered(port)):.0f}"),
        )


def _pending(invites: int, key_bytes: int) -> str:
    return f"a pending invite with its wake, {invites} a member, {key_bytes}-byte keys: bytes"


def _import() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "export.zip"
        bench_import.build(archive, bench_import.CONNECTIONS)
        begun = perf_counter()
        bench_import.import_all(archive)
    yield f"import of {bench_import.CONNECTIONS:,} connections, s", f"{perf_counter() - begun:.1f}"


def environment(load_before: float) -> str:
    """Say where the figures come from, and how busy the machine was before they were measured and after."""
    load = " / ".join(f"{one:.1f}" for one in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in ("aiokafka", "faststream", "pydantic", "redis"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), load {load_before:.1f} before, and over 1, 5 and 15 minutes at the"
        f" end {load};"
        f" Python {platform.python_version()}, {packages}; {bench_events.PAIRS} pairs of runs, median (range)."
    )


def main() -> None:
    """Measure, print, and write if asked to."""
    load_before = os.getloadavg()[0]
    rows = ["| figure | measured | goal |", "|---|---|---|"]
    for name, value in figures():
        say(f"{name}: {value}\n")
        sys.stdout.flush()
        rows.append(f"| {name} | {value} | {GOALS.get(name, '')} |")
    rows += ["", *textwrap.wrap(environment(load_before), PAGE_COLUMNS)]
    if "--write" in sys.argv:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text("\n".join([before + BEGIN, *rows, END + after]), encoding="utf-8")


if __name__ == "__main__":
    main()
