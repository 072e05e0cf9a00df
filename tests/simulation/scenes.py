"""The services as the simulation plays them: a decider, what its members live through, what becomes of mails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal

from services.digest.decider import DECIDER as DIGEST
from services.followups.decider import DECIDER as FOLLOWUPS
from services.invites.decider import DECIDER as INVITES
from shared.contracts import Event
from shared.decider import Decider, NewEvent
from shared.testing.simulation.plan import PLAN, Plan
from shared.testing.world import World
from tests.simulation import draws, member_events, pushes, sabotage, weeks

Clocks = Literal["right", "wrong", "wrong, and timestamps with them"]
CLOCKS: Final[tuple[Clocks, ...]] = ("right", "right", "wrong", "right", "wrong, and timestamps with them")
"""Of the seeds in turn."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One service to simulate."""

    decider: Decider[Any, Any]
    draws: Sequence[draws.Draw]
    outcome: Callable[[Random, Event], NewEvent | None] | None = None
    may_park: Callable[[str], bool] = lambda key: False

    def world(self, seed: int, plan: Plan = PLAN, *, clocks: Clocks | None = None) -> World:
        """Return the world of a seed. `clocks`: those of the products, and what stands in their records as timestamps.

        None: mostly right ones, as the seed says. Members are erased and join again in every history.
        """
        clocks = clocks or CLOCKS[seed % len(CLOCKS)]
        shifts = draws.SHIFTS_DAYS if clocks == "right" else draws.WRONG_SHIFTS_DAYS
        tell = member_events.drawing(self.draws, shifts=shifts)
        world = World(seed, self.decider, tell, plan=plan, outcome=self.outcome, may_park=self.may_park)
        if clocks == "wrong, and timestamps with them":
            world.traffic.stamp = member_events.stamped_by_the_product
        return world


SABOTAGED = Scene(
    sabotage.SABOTAGED,
    [*draws.ABOUT_INVITES, *sabotage.DRAWS],
    may_park=lambda key: sabotage.kind_of(key) is not None,
)
SCENES = {
    "invites": Scene(INVITES, draws.ABOUT_INVITES),
    "followups": Scene(FOLLOWUPS, member_events.ABOUT_FOLLOWUPS),
    "digest": Scene(DIGEST, [*member_events.ABOUT_DIGESTS, *weeks.DRAWS], member_events.outcome_of),
}
PUSHES: Final = Scene(DIGEST, pushes.DRAWS, member_events.outcome_of)
"""Members with channels."""


def taken_back(seed: int) -> World:
    """Return the world of one member whose reminders end after they have reached the channel."""
    tell = member_events.drawing(pushes.ENDING, shifts=(0,), members=("m1",), erasures=0.004)
    return World(seed, DIGEST, tell, plan=pushes.ENDED, outcome=member_events.outcome_of)
