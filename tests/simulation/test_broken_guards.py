"""Each guard of the shell is broken on purpose, alone, and the simulation sees the promises fail without it.

Where nothing but a special accident shows what a guard is for, `test_broken_guards_by_hand.py` plays that accident. The
very seed that fails without a guard passes with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from services.invites.decider import DECIDER as INVITES
from shared.contracts import Event
from shared.decider import Decider
from shared.runtime.ports.interfaces import Bounds, Log, Store, Writer
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.unit_of_work import UnitOfWork
from shared.runtime.recovery.restore import Reader
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_log import FakeLog, FakeWriter
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.simulation.plan import FAULTS, USUAL, Plan
from shared.testing.world import World
from tests.simulation import draws, member_events, sabotage
from tests.simulation.falling import falls, history_of
from tests.simulation.scenes import SABOTAGED

pytestmark = pytest.mark.deep

STALE_SEEDS = 100
RESTORED: Plan = Plan(
    drops_stale=False,
    polls=0.1,
    usual={**USUAL, "fetch": 25, "deliver": 12},
    faults={"restore": 6, "empty": 3, "rebalance": 1},
    swarm=False,
)
"""The consumer's batches are long under way, and the store goes back meanwhile."""
PUBLISHING: Plan = Plan(
    faults={**FAULTS, "die": 12, "lose": 12}, places=("log.begin", "log.append", "log.append.reply", "log.commit")
)
"""Processes die between deciding and publishing."""


def nothing(*_: object) -> None:
    """Check nothing."""


def test_without_the_check_of_the_fencing_token_at_load_events_contradict_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(invariants, "same_fencing_token", nothing)
    assert falls(history_of("followups"), monkeypatch, first=55, says="is not what the rules say")


def test_without_the_check_of_the_fencing_token_at_commit_a_sleeper_overwrites(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit takes whatever fencing token the store has for the expected one."""
    monkeypatch.setattr(FakeStore, "_under", lambda self, partition, expected: self._at(partition))
    assert falls(history_of("digest"), monkeypatch, says="the store differs from the log")


def test_with_a_fencing_token_that_two_recoveries_share_a_sleeper_passes_for_the_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(invariants, "new_fencing_token", lambda: "head:0")
    assert falls(history_of("followups"), monkeypatch, first=136, says="the store differs from the log")


def test_without_the_counter_in_the_fencing_token_a_store_that_went_back_goes_unseen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(invariants, "next_fencing_token", lambda fencing_token: fencing_token)
    assert falls(history_of("invites"), monkeypatch, first=206, says="the store differs from the log")


def test_without_a_look_at_the_marks_one_stray_record_refuses_the_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "is_foreign", lambda topic, headers: False)
    assert "can not have said" in falls(history_of("invites"), monkeypatch)


def test_without_a_dead_letter_of_it_a_stray_record_is_passed_over_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is foreign on the own topic counts as set aside already."""
    monkeypatch.setattr(Reader, "_is_new", lambda self, record: False)
    assert "no dead letter" in falls(history_of("followups"), monkeypatch)


async def _fence_the_store_only(
    store: Store, log: Log, partition: int, fencing_token: str, owner: str
) -> tuple[Mapping[str, str], Writer]:
    """Make a producer that shuts nobody out: all owners share one epoch."""
    assert isinstance(log, FakeLog)
    meta, name = await store.acquire(partition, fencing_token, owner), f"{log.own}-{partition}"
    epoch = next((one for one in range(1, 3) if _is_epoch(log.cluster, name, one)), None) or log.cluster.new_epoch(name)
    return meta, FakeWriter(log.cluster, name, epoch, partition, log._faults)


def _is_epoch(cluster: FakeCluster, name: str, epoch: int) -> bool:
    return name in cluster._producers and cluster.is_newest(name, epoch)


def test_without_the_fence_of_the_log_what_a_sleeper_has_open_stops_the_partition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That comes first here. That a sleeper publishes is shown on Kafka, by chaos (`VARIANT=no-log-fence`)."""
    monkeypatch.setattr(invariants, "fence", _fence_the_store_only)
    assert falls(history_of("followups"), monkeypatch, says="a transaction is open")


def test_ends_that_are_asked_for_before_the_fences_miss_what_a_sleeper_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two fences comes first makes no difference that can be seen: both stand before the ends are asked
    for, and that is the order which counts."""
    fence, bounds = invariants.fence, FakeLog.bounds
    asked: dict[int, Mapping[str, Bounds]] = {}

    async def ask_then_fence(store: Store, log: Log, *more: Any) -> tuple[Mapping[str, str], Writer]:
        assert isinstance(log, FakeLog)
        early = await bounds(log, list(log.cluster.topics), 0)
        fenced = await fence(store, log, *more)
        asked[id(log)] = early
        return fenced

    async def as_asked(log: FakeLog, topics: Sequence[str], partition: int) -> Mapping[str, Bounds]:
        return asked.pop(id(log), None) or await bounds(log, topics, partition)

    monkeypatch.setattr(invariants, "fence", ask_then_fence)
    monkeypatch.setattr(FakeLog, "bounds", as_asked)
    assert falls(history_of("followups"), monkeypatch, first=15, says="the append landed at")


def test_decided_again_instead_of_read_back_events_are_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "read_back_from", lambda own_end, end: end)
    assert falls(history_of("followups"), monkeypatch, says=" has number ")


def test_without_completeness_an_answer_loses_to_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "complete", lambda positions, ends: True)
    assert "was said at" in falls(history_of("invites"), monkeypatch)


def test_without_a_look_at_the_incarnation_a_service_that_is_behind_brings_back_who_was_erased(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(invariants, "is_earlier", lambda said, current: False)
    assert falls(history_of("digest"), monkeypatch, says="the store differs from the log")


def test_a_service_that_names_no_incarnation_says_nothing_after_an_erasure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "published_in", lambda incarnation: 0)
    assert falls(history_of("followups"), monkeypatch, says="unsaid")


def test_a_batch_that_was_fetched_before_a_seek_loses_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed drops such batches itself; here it does not, and the owner's own check stands alone.

    Alone it is not enough in every history (a later fetch may have moved the position past the batch): those are left out.
    """
    make = history_of("invites", RESTORED)
    kept = [seed for seed in range(STALE_SEEDS) if not make(seed).live()]
    assert len(kept) > STALE_SEEDS / 2
    monkeypatch.setattr(invariants, "is_stale", lambda position, last: False)
    assert any(make(seed).live() for seed in kept)


def test_a_poll_that_fails_forgets_what_it_had_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its positions have moved past records that nobody was handed; the guard has them read anew."""
    monkeypatch.setattr(invariants, "read_anew", nothing)
    assert falls(history_of("invites"), monkeypatch, says="the store differs from the log")


def test_without_parking_one_rule_that_fails_stops_its_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "parks", lambda: False)
    assert "never settles" in falls(SABOTAGED.world, monkeypatch)


class Starved(World):
    """*invites* on a machine that lacks something now and then; who judges lacks nothing."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, INVITES, member_events.drawing(draws.ABOUT_INVITES))
        self._decider = sabotage.starved(Random(seed))

    @property
    def deciders(self) -> list[Decider[Any, Any]]:
        return [replace(INVITES, rules=self._decider.rules)]


def test_a_machine_that_lacks_something_for_a_moment_parks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the machine is `Uncertain`: the owner recovers. Taken for the rule's fault, its item is parked."""
    for seed in range(20):
        assert not (violations := Starved(seed).live()), violations
    monkeypatch.setattr(invariants, "blames", lambda error: True)
    assert falls(Starved, monkeypatch, says="differs from the log")


def test_a_mail_that_leaves_before_it_is_announced_may_leave_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    finish = PartitionTask.finish

    async def begin_then_publish(
        owner: PartitionTask[Any, Any], work: UnitOfWork[Any, Any], meta: Mapping[str, str] | None = None
    ) -> None:
        effects, owner.effects = owner.effects, None
        events: list[Event] = [event for event, _ in work.events if type(event.data) in owner.decider.effects]
        for event in events if effects else ():
            assert effects is not None
            effects.start(event, owner)
        try:
            await finish(owner, work, meta)
        finally:
            owner.effects = effects

    monkeypatch.setattr(PartitionTask, "finish", begin_then_publish)
    assert " left " in falls(history_of("digest", PUBLISHING), monkeypatch, first=351)
