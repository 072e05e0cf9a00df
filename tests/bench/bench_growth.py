"""What a member's history costs: CPU of an event of each service with few large members, as a multiple of many small ones.

Run it: `python -m tests.bench.bench_growth [SERVICE] [EVENTS] [PAIRS]`. Both read equally many events of one backlog, and
*digest* reads what *followups* publishes, too. They take turns in one process, so that what else the machine does concerns
both; the median of the pairs is told, and their range.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from statistics import median
from typing import Final

from rapport.composition import DECIDERS
from shared.contracts import ACTIVITY
from shared.contracts.cloudevents import codec
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from tests.bench.bench_decider import END, Partition
from tests.bench.network import Network
from tests.bench.whole_member import Kept

LARGE: Final = 2_000
"""Events of a large member."""
SMALL: Final = 50
EVENTS: Final = 20_000
PAIRS: Final = 5
STEP_RECORDS: Final = 1_600
say = sys.stdout.write
Steps = list[list[Record]]


def steps(service: str, events: int, each: int) -> Steps:
    """Return what a service reads of so many events of members of one partition with so many each, step by step."""
    told = []
    for place, event in enumerate(Network(events // each, partition=0).events(events, END)):
        key, value, headers = codec.encode(event)
        told.append(Record(ACTIVITY, 0, place, key, value, tuple(headers), to_ms(event.logged)))
    read = [told[start : start + STEP_RECORDS] for start in range(0, len(told), STEP_RECORDS)]
    for name, decider in DECIDERS.items():
        if name == service:
            break
        if decider.own in DECIDERS[service].reads:
            read = _with_published(Kept(decider), told, read)
    return read


def _with_published(before: Kept, told: Sequence[Record], read: Steps) -> Steps:
    """Return the steps, each with what a service before publishes on the same part of the backlog."""
    after = []
    for number, records in enumerate(read):
        published = len(before.told)
        before.read(told[number * STEP_RECORDS : (number + 1) * STEP_RECORDS])
        after.append([*records, *before.told[published:]])
    return after


def cpu(service: str, read: Steps) -> float:
    """Return the CPU of a record, in microseconds."""
    partition = Partition(DECIDERS[service])
    for records in read:
        partition.read(records)
    return 1e6 * sum(partition.spent.values()) / sum(map(len, read))


def named(service: str) -> str:
    """Return the name of the figure."""
    return f"{service}: CPU of an event with {LARGE:,} events a member, as a multiple of that with {SMALL}"


def figures(service: str, events: int = EVENTS, pairs: int = PAIRS) -> dict[str, str]:
    """Return the ratio by the name of its figure."""
    large, small = steps(service, events, LARGE), steps(service, events, SMALL)
    gc.freeze()
    both = []
    for _ in range(pairs):
        both.append((cpu(service, large), cpu(service, small)))
        gc.collect()
    ratios = sorted(one / other for one, other in both)
    best = min(one for one, _ in both), min(other for _, other in both)
    shown = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); {best[0]:.1f} and {best[1]:.1f} us at best"
    return {named(service): shown}


def main() -> None:
    """Measure and print."""
    service = sys.argv[1] if len(sys.argv) > 1 else "digest"
    events, pairs = (int(one) for one in (*sys.argv[2:], *(str(EVENTS), str(PAIRS))[len(sys.argv[2:]) :]))
    for name, value in figures(service, events, pairs).items():
        say(f"{name}: {value}\n")


if __name__ == "__main__":
    main()
