"""One owned partition, one task: recover, then live; recover again after any error. The only `try` around it."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from shared.projection import Projection
from shared.runtime import projecting
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Refused, Uncertain
from shared.runtime.ports.limits import BACKOFF_SECONDS_MAX, REFUSED_SECONDS
from shared.runtime.processing.observer import REFUSED, START
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.recovery.recover import recover
from shared.runtime.step import step

BACKOFF_SECONDS = 0.1
"""After the second uncertain outcome in a row; the first is followed by a recovery at once."""


async def run(owner: PartitionTask[Any, Any], why: str = START) -> None:
    """Own the partition until it is released or the task is cancelled; `why` is the reason for the first recovery.

    Between two steps it stands as long as its gate is closed.
    """
    uncertain = 0
    recovers, steps = (
        (projecting.recover, projecting.step) if isinstance(owner.decider, Projection) else (recover, step)
    )
    while await _goes_on(owner):
        seconds = 0.0
        try:
            began = perf_counter()
            await recovers(owner)
            owner.observer.recovered(owner.partition, why, perf_counter() - began)
            while await _goes_on(owner):
                if await steps(owner):  # a recovery alone is no sign that the work goes on: it may fail again at once
                    uncertain = 0
            return
        except Refused as refusal:
            owner.refused = str(refusal)
            owner.counts["refused"] += 1
            owner.observer.refused(owner.partition, str(refusal))
            seconds, why = REFUSED_SECONDS, REFUSED
        except Exception as error:  # noqa: BLE001 - whatever it is, a recovery finds out anew what is true
            owner.counts["uncertain"] += 1
            owner.uncertain.append(f"{type(error).__name__}: {error}")
            why = error.kind if isinstance(error, Uncertain) else UncertainKind.OTHER
            owner.observer.uncertain(owner.partition, why, error)
            if uncertain:
                seconds = min(BACKOFF_SECONDS * 2**uncertain, BACKOFF_SECONDS_MAX)
            uncertain = min(uncertain + 1, 16)
        owner.reset()
        await _pause(owner, seconds)


async def _goes_on(owner: PartitionTask[Any, Any]) -> bool:
    await owner.gate.passed()
    return not owner.released


async def _pause(owner: PartitionTask[Any, Any], seconds: float) -> None:
    """Wait so long, or until the owner is to stand or to end. Records, reports and what rang before do not end it."""
    until = perf_counter() + seconds
    while (left := until - perf_counter()) > 0 and not owner.released and not owner.gate.closed:
        if not await owner.feed.wait(None, left):
            return
