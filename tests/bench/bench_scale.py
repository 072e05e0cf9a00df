"""What an event costs for a member with 30,000 contacts beside one with 30, and what a changed preference costs them.

Run `python -m tests.bench.bench_scale [CONTACTS]`. It starts a Valkey of its own. Both members live the same weeks with
the same few people, in turns; the log is in memory, so all CPU is the shell's, the rules' and the store client's.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping
from time import perf_counter

from shared.contracts import MemberPreferencesSet
from shared.runtime.redis.store import RedisStore, connect
from tests.bench.bench_store import valkey
from tests.bench.crowd import Crowd, known, live

FEW, MANY = 30, 30_000
WISHES = (
    ("zone", MemberPreferencesSet(zone="America/New_York")),
    ("offsets", MemberPreferencesSet.model_validate({"rules": {"stay_in_touch": {"offsets_days": [3]}}})),
    ("quiet hours", MemberPreferencesSet.model_validate({"quiet_hours": {"from": "22:00", "to": "07:00"}})),
)
say = sys.stdout.write
Figures = Mapping[str, Mapping[str, float]]


async def events(crowd: Crowd) -> Figures:
    """Return, by service, what an event cost: calls and bytes of the store, and microseconds of CPU."""
    told = await live(crowd)
    names = ("calls", "loaded", "loaded_bytes", "written_bytes")
    return {
        service: {"cpu_us": crowd.cpu[service] / told, **{name: store.counts[name] / told for name in names}}
        for service, store in crowd.stores.items()
    }


async def measure(port: int, contacts: int, *, cadence: bool) -> tuple[Crowd, Figures]:
    """Live with so many contacts, in a store that held nothing before."""
    client = connect(f"redis://127.0.0.1:{port}")
    await client.flushall()
    crowd = await known(lambda service: RedisStore(client, service), contacts, cadence=cadence)
    return crowd, await events(crowd)


async def sweeps(crowd: Crowd, contacts: int) -> None:
    """Change preferences of the member and say what it cost to walk all contacts."""
    for name, wish in WISHES:
        crowd.restart_counts()
        crowd.tell(wish)
        began = perf_counter()
        await crowd.settle()
        seconds = perf_counter() - began
        counts: Counter[str] = sum((store.counts for store in crowd.stores.values()), Counter())
        largest = max(store.counts["largest_commit"] for store in crowd.stores.values())
        cpu = sum(crowd.cpu.values()) / 1e6
        said = (
            f"{counts['commits']} commits, {largest} items in the largest, {cpu:.2f} s of CPU, {seconds:.2f} s in all"
        )
        say(f"  another {name}, {contacts:,} contacts: {said}\n")


def figures(many: int = MANY) -> dict[str, str]:
    """Return what an event costs with many contacts, as a multiple of what it costs with few, by name."""
    with valkey() as port:
        _, few = asyncio.run(measure(port, FEW, cadence=False))
        _, lots = asyncio.run(measure(port, many, cadence=False))
    return {
        f"{service}: CPU of an event with {many:,} contacts, as a multiple of that with {FEW}": (
            f"{cost['cpu_us'] / few[service]['cpu_us']:.2f}"
        )
        for service, cost in lots.items()
    }


async def compare(port: int, many: int, *, cadence: bool) -> None:
    """Print both members beside each other."""
    say(f"{'each contact with a cadence' if cadence else 'contacts who are only known'}:\n")
    _, few = await measure(port, FEW, cadence=cadence)
    crowd, lots = await measure(port, many, cadence=cadence)
    for service, figures in lots.items():
        parts = [f"{name} {few[service][name]:,.1f} -> {value:,.1f}" for name, value in figures.items()]
        ratio = figures["cpu_us"] / few[service]["cpu_us"]
        say(f"  {service}, an event, {FEW} -> {many:,} contacts: {', '.join(parts)}; CPU x {ratio:.2f}\n")
    await sweeps(crowd, many)


def main() -> None:
    """Measure and print."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with valkey() as port:
        for cadence in (False, True):
            asyncio.run(compare(port, many, cadence=cadence))


if __name__ == "__main__":
    main()
