"""Bad variants on trial: what the checker finds when one guard is off, and that it finds nothing when it is on."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos import ending
from tests.chaos.bed import laid
from tests.chaos.crew import Style
from tests.chaos.scenarios import CALM_SECONDS_MAX, SCENARIOS
from tests.chaos.trial import say
from tests.chaos.variants import GUARDS

MEMBERS: Final = 120
STUCK_SECONDS: Final = 12.0
"""A run with a guard off may never come to rest: it is judged when nothing has moved for so long."""
KINDS: Final = {
    "said against the rules": "is not what the rules say",
    "numbers twice or missing": "has number|own events, the log has",
    "a wake before an answer was read": "was said at|an answer was acknowledged",
    "said or mailed twice": r" \d+ times$",
    "mails lost or unknown": "is lost|are unknown",
    "out of place": "lies before the one before it",
    "the store is not the log": "differs from the log|the store wakes|owes",
    "left unsaid": ": unsaid|did not fire",
    "a dead letter is missing": "no dead letter",
    "a dead letter without need": "and the record can be read",
    "parked without need": "was parked",
    "a worker that does not end": "did not end well",
    "webhooks lost": "never came",
    "webhooks out of order": "came before one that was said earlier",
    "never at rest": "did not come to rest",
}

BESIDES: Final = ("a worker that does not end", "never at rest")
"""What may follow from a guard that is off, but would prove nothing alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the two runs of one variant showed."""

    name: str
    caught: Counter[str]
    """Violations by kind, with the guard off."""
    control: Sequence[str]
    """Violations with the guard on."""
    seconds: float

    @property
    def good(self) -> bool:
        """Whether the checker saw what is wrong, and only that."""
        return any(kind not in BESIDES for kind in self.caught) and not self.control


async def variants(names: Iterable[str], seed: int, keep: Path | None) -> int:
    """Try each variant and print what came of it; return the exit code."""
    outcomes = []
    for name in names:
        began = time.monotonic()
        say(f"{name}: {GUARDS[name].about}; {SCENARIOS[name].story}")
        off = await _run(name, seed, keep and keep / name, guarded=False)
        for violation in off[:3]:
            say(f"  caught: {violation}")
        on = await _run(name, seed, keep and keep / f"{name}-control", guarded=True)
        for violation in on[:10]:
            say(f"  VIOLATION with the guard on: {violation}")
        outcomes.append(Outcome(name, Counter(map(kind_of, off)), on, time.monotonic() - began))
        say(_line(outcomes[-1]))
    if len(outcomes) > 1:
        say("")
        for outcome in outcomes:
            say(_line(outcome))
    return 0 if all(outcome.good for outcome in outcomes) else 1


async def _run(name: str, seed: int, keep: Path | None, *, guarded: bool) -> Sequence[str]:
    scenario = SCENARIOS[name]
    off = () if guarded else (name,)
    style = Style(
        scenario.services,
        seed,
        scenario.sleeps,
        off,
        sabotaged=scenario.sabotaged,
        failing_polls=scenario.failing_polls,
        session_timeout_ms=ending.SESSION_TIMEOUT_MS if scenario.ends or scenario.webhooks else 0,
        ends=scenario.ends,
        webhooks=scenario.webhooks,
    )
    with ending.few_partitions() if scenario.ends or scenario.webhooks else nullcontext():
        members = ending.MEMBERS if scenario.ends else MEMBERS
        async with laid(style, seed=seed, rate=scenario.rate, members=members, keep=keep) as bed:
            await bed.start(scenario.workers)
            await scenario.play(bed, guarded)
            findings = await bed.judge(CALM_SECONDS_MAX, math.inf if guarded else STUCK_SECONDS)
    return findings.violations


def kind_of(violation: str) -> str:
    """Return which kind of violation it is, in words for the table."""
    return next((kind for kind, sign in KINDS.items() if re.search(sign, violation)), "else")


def _line(outcome: Outcome) -> str:
    caught = ", ".join(f"{kind} {count}" for kind, count in outcome.caught.most_common()) or "NOTHING"
    control = f"{len(outcome.control)} VIOLATIONS" if outcome.control else "kept"
    verdict = "caught" if outcome.good else "NOT CAUGHT" if not outcome.control else "CONTROL FAILS"
    return f"{outcome.name:16} {verdict}: {caught}; with the guard: {control} ({outcome.seconds:.0f} s)"
