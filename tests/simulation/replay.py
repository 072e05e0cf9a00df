"""Plays simulated histories: `python -m tests.simulation.replay --decider invites --seed 7 --trace`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

import pytest

from shared.testing.simulation import plan
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import make_small

PLANS = {name: getattr(plan, name) for name in ("PLAN", "SNAPSHOTS", "RETENTION", "TROUBLED")}


def main() -> int:
    """Play one seed, or `--histories` seeds from it on; print what is wrong and end with 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decider", choices=sorted(SCENES), default="invites")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--histories", type=int, default=1)
    parser.add_argument("--plan", choices=PLANS, help="what it is drawn from, in place of what the seed says")
    parser.add_argument("--trace", action="store_true", help="print every action")
    arguments = parser.parse_args()
    make_small(pytest.MonkeyPatch())
    began, failed = time.monotonic(), 0
    counts: Counter[str] = Counter()
    for seed in range(arguments.seed, arguments.seed + arguments.histories):
        world = SCENES[arguments.decider].world(seed, PLANS.get(arguments.plan) or plan.plan_of(seed))
        world.tracing = arguments.trace
        violations = world.live()
        counts.update(world.counts)
        failed += bool(violations)
        sys.stdout.write("".join(f"{line}\n" for line in [*world.trace, *violations]))
    seconds = time.monotonic() - began
    sys.stdout.write(f"{arguments.histories} histories, {failed} with violations, {seconds:.1f} s, {dict(counts)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
