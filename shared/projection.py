"""A projection: what is applied and never decided. A decider that has no topic of its own, because it says nothing.

It keeps what others read. The shell runs it as it runs the others (`shared.runtime.projecting`), without all that exists
for what is published: no transaction, no numbers, no checkpoint, no timers, no sweeps, no dead letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.topic_names import snapshots_of
from shared.decider import NOTHING, Decider, Evaluation, I, P, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Decider[P, I]):
    """A decider of which only what is known counts. `evolve` joins, or counts by the numbers of services, as in all."""

    own: str = ""
    """None: whoever asks which topics there are asks `topics`."""
    rules: str = ""
    evaluate: Callable[[View[P, I], str, datetime | None], Evaluation] = lambda view, key, at: NOTHING

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that stand behind what is known."""
        return self.reads

    @property
    def snapshots(self) -> str:
        """The compacted topic of its snapshots, where there are any: the only one that it writes."""
        return snapshots_of(f"rapport.{self.name}.v1")
