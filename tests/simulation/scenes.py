"""The services as the simulation plays them: a decider, what its members live through, what becomes of mails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal

from services.digest.decider import DECIDER as DIGEST
from services.followups.decider import DECIDER as FOLLOWUPS
from services.invites.decider import DECIDER as INVITES
from shared.contracts import Event
from shared.decider import Decider, NewEvent
from shared.testing.plan import PLAN, Plan
from shared.testing.world import World
from tests.simulation import sabotage, tellers, weeks

Clocks = Literal["right", "wrong", "wrong, and timestamps with them"]


@dataclass(frozen=True, slots=True)
class Scene:
    """One service to simulate."""

    decider: Decider[Any, Any]
    draws: Sequence[tellers.Draw]
    outcome: Callable[[Random, Event], NewEvent | None] | None = None
    may_park: Callable[[str], bool] = lambda key: False
    erasures: bool = False
    """Whether members are erased in every second history. Only where one topic is read: between topics a log has no
    order, so an event of the member's next life that overtakes the erasure on another topic is forgotten with it."""

    def world(self, seed: int, plan: Plan = PLAN, *, clocks: Clocks = "right") -> World:
        """Return the world of a seed. `clocks`: those of the products, and what stands in their records as timestamps."""
        erasures = self.erasures and seed % 2 == 0
        shifts = tellers.SHIFTS_DAYS if clocks == "right" else tellers.WRONG_SHIFTS_DAYS
        tell = tellers.teller(self.draws, erasures=erasures, shifts=shifts)
        if erasures:  # a replay stands on a topic of its own
            plan = replace(plan, usual={name: weight for name, weight in plan.usual.items() if name != "replay"})
        world = World(seed, self.decider, tell, plan=plan, outcome=self.outcome, may_park=self.may_park)
        if clocks == "wrong, and timestamps with them":
            world.traffic.stamp = tellers.stamped_by_the_product
        return world


SABOTAGED = Scene(
    sabotage.SABOTAGED,
    [*tellers.ABOUT_INVITES, *sabotage.DRAWS],
    may_park=lambda key: sabotage.kind_of(key) is not None,
)
SCENES = {
    "invites": Scene(INVITES, tellers.ABOUT_INVITES, erasures=True),
    "followups": Scene(FOLLOWUPS, tellers.ABOUT_FOLLOWUPS),
    "digest": Scene(DIGEST, [*tellers.ABOUT_DIGESTS, *weeks.DRAWS], tellers.mail_outcome),
}
