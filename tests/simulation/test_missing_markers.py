"""Kafka leaves out control records of commits that it has acknowledged, where a partition has no leader at that moment.

Owners find it at the next recovery or by the place of their next event, and end what was left open. One thing can not be
mended from outside: a process that dies in the very transaction that follows; its abort takes back the one before, too.
What somebody else puts on the topic meanwhile gets its dead letter, and stops nobody.
"""

from __future__ import annotations

from typing import Any

import pytest

from shared.runtime import step
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.read_again import strays
from shared.testing.fakes.fake_log import FakeWriter
from shared.testing.simulation import actor
from shared.testing.simulation.plan import USUAL, Plan
from tests.simulation.scenes import SCENES

pytestmark = pytest.mark.deep

HISTORIES = 40
STRAYS = {**USUAL, "stray": 4}
"""Strays on the own topic, too: one may stand where the control record belongs, and then nothing shows that it is missing."""
PLANS = {
    "alone": Plan(usual=STRAYS, faults={"unseal": 8}, swarm=False),
    "and the store goes back": Plan(usual=STRAYS, faults={"unseal": 8, "restore": 3, "empty": 1}, swarm=False),
    "and processes die": Plan(
        usual=STRAYS,
        faults={"unseal": 8, "die": 6},
        places=("store.commit", "log.commit.reply", "store.load"),
        swarm=False,
    ),
}
TAKEN_BACK = "the last event known to the store does not stand in the log"


def problems(name: str, plan: Plan) -> list[str]:
    """Live through the histories; return the first problem of each that has one."""
    found, left_out = [], 0
    for seed in range(HISTORIES):
        world = SCENES[name].world(seed, plan)
        found += world.live()[:1]
        left_out += world.counts["unseal"]
    assert left_out > HISTORIES
    return found


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("name", sorted(SCENES))
def test_what_kafka_left_out_is_ended_and_nothing_is_lost(name: str, plan: str) -> None:
    found = problems(name, PLANS[plan])
    assert [one for one in found if TAKEN_BACK not in one] == []
    assert len(found) <= HISTORIES / 20


def test_without_the_end_a_recovery_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        """Write no control record."""

    monkeypatch.setattr(FakeWriter, "seal", nothing)
    assert problems("invites", PLANS["alone"])


def test_without_a_look_at_the_end_the_partition_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "unsealed", lambda own_end: -2)
    assert any("lies outside of the log" in one for one in problems("invites", PLANS["alone"]))


def test_read_on_from_the_end_that_is_stored_a_number_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.runtime.recovery.recover.read_on_from", lambda checkpoint, own_end, bounds: own_end)
    assert any("has number" in one for one in problems("followups", PLANS["alone"]))


def test_without_a_look_between_own_events_a_stray_in_the_place_of_a_control_record_is_never_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strays, "owes_a_look", lambda owner: False)
    monkeypatch.setattr(step, "owes_a_look", lambda owner: False)
    monkeypatch.setattr(actor, "owes_a_look", lambda owner: False)
    assert any("no dead letter" in one for one in problems("followups", PLANS["alone"]))


def test_taken_for_sealed_by_the_place_alone_an_abort_takes_back_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sealed(owner: PartitionTask[Any, Any], first: int) -> bool:
        return first != invariants.unsealed(owner.own_end)

    monkeypatch.setattr(PartitionTask, "_is_sealed", sealed)
    assert any(TAKEN_BACK in one for one in problems("followups", PLANS["alone"]))
