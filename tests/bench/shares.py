"""What each service spends on one event of the product, as a multiple of what *followups* spends: for `sizing.py`.

Run it: `python -m tests.bench.shares [EVENTS]`. All of them read one backlog in one process, in memory; *digest* and the
projection read what *followups* publishes, too. Their bytes in the log are counted, as well.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import process_time
from typing import Any, Final

from rapport.composition import SERVICES
from shared.contracts import ACTIVITY
from shared.decider import Decider
from shared.runtime.ports.interfaces import Record
from tests.bench.bench_decider import Partition
from tests.bench.bench_growth import steps
from tests.bench.network import EVENTS_PER_MEMBER

EVENTS: Final = 6_000
PASSES: Final = 2
RECORD_BYTES: Final = 20
"""Offset, timestamp and lengths of a record in a batch."""
say = sys.stdout.write


def seconds(decider: Decider[Any, Any], read: Sequence[Sequence[Record]]) -> float:
    """Return the CPU of the quickest of some passes."""
    passes = []
    for _ in range(PASSES):
        partition, begun = Partition(decider), process_time()
        for records in read:
            partition.read(records)
        passes.append(process_time() - begun)
    return min(passes)


def shares(events: int = EVENTS) -> dict[str, float]:
    """Return the CPU of each service, *followups* as 1."""
    last = steps("digest", events, EVENTS_PER_MEMBER)
    spent = {
        name: seconds(decider, steps(name, events, EVENTS_PER_MEMBER) if name in ("invites", "followups") else last)
        for name, decider in SERVICES.items()
    }
    return {name: value / spent["followups"] for name, value in spent.items()}


def log_bytes(events: int = EVENTS) -> tuple[float, float]:
    """Return bytes in the log for each event of the product, and for what the services publish for it."""
    read = [record for records in steps("digest", events, EVENTS_PER_MEMBER) for record in records]
    told = sum(_size(record) for record in read if record.topic == ACTIVITY)
    published = sum(_size(record) for record in read if record.topic != ACTIVITY)
    return told / events, published / events


def _size(record: Record) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return RECORD_BYTES + len(record.key or b"") + len(record.value or b"") + headers


def main() -> None:
    """Measure and print."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    for name, share in shares(events).items():
        say(f"{name}: {share:.2f}\n")
    for name, size in zip(("the product's event", "what is published for it"), log_bytes(events), strict=True):
        say(f"{name}: {size:.0f} bytes\n")


if __name__ == "__main__":
    main()
