"""How wakes are counted: fired or quiet, late or not, and what was due before anybody could know of it is not late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from services.invites.decider import DECIDER
from shared.contracts import (
    ACTIVITY,
    Contact,
    Event,
    InviteSent,
    PushFailed,
    PushSending,
    PushSent,
    PushUnknown,
    PushWithdrawing,
    PushWithdrawn,
)
from shared.runtime.observability import metric_labels
from shared.runtime.observability.log_observer import LogObserver
from shared.runtime.observability.metrics import BACKDATED_MAX, LATE_SECONDS, Meters, Metrics
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.instants import from_ms, to_ms
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
STALE = timedelta(days=90)


class Bed:
    def __init__(self) -> None:
        self.meters = Meters()
        self.metrics = Metrics(self.meters, DECIDER.name)

    def sent(self, sent: datetime, now: datetime) -> UnitOfWork[Any, Any]:
        """A step that applies an invite, at the instant `now`."""
        work = self._work()
        work.add({"ada": {"invite/i": None}})
        data = InviteSent(invite_id="i", contact=Contact(id="zoe", name="Zoe"))
        work.read[ACTIVITY] += 1
        work.apply(Event("sent", "ada", sent, now, data, "/test"))
        self._settle(work, EvaluationTime(now))
        self.metrics.finished(work, now, 0.001, 0.001)
        return work

    def wake(self, before: UnitOfWork[Any, Any], now: datetime) -> None:
        """A step that wakes the invite, as the step before has left it, at the instant `now`."""
        ((key, wake),) = [(key, wake) for key, wake in before.members["ada"].wakes.items() if wake is not None]
        assert wake is not None
        work = self._work()
        work.members["ada"].items.update(before.members["ada"].items)
        work.woken = [(wake, "ada", key)]
        work.members["ada"].look_at(key)
        self._settle(work, EvaluationTime(now, at=max(now, from_ms(wake))))
        self.metrics.finished(work, now, 0.001, 0.001)

    def sample(self, name: str, **labels: str) -> float:
        return self.meters.registry.get_sample_value(name, {"service": DECIDER.name, **labels}) or 0.0

    def _work(self) -> UnitOfWork[Any, Any]:
        work: UnitOfWork[Any, Any] = UnitOfWork(DECIDER, 0, {ACTIVITY: 0}, 0)
        work.add({"ada": {"": None, "!": None}})
        return work

    def _settle(self, work: UnitOfWork[Any, Any], moment: EvaluationTime) -> None:
        while missing := work.look(moment):
            work.add({member: dict.fromkeys(keys) for member, keys in missing.items()})


@pytest.mark.parametrize(("late", "counted"), [(timedelta(seconds=0.3), 0), (timedelta(seconds=LATE_SECONDS), 1)])
def test_a_wake_is_late_by_the_time_from_its_instant_to_its_commit(late: timedelta, counted: int) -> None:
    bed = Bed()
    bed.wake(bed.sent(NOW, NOW), NOW + STALE + late)
    assert bed.sample("rapport_timers_fired_total", rule="none") == 1
    assert bed.sample("rapport_timers_late_total", rule="none") == counted
    assert bed.sample("rapport_lateness_seconds_sum") == pytest.approx(late.total_seconds(), abs=0.002)


def test_a_wake_that_was_due_before_its_event_was_told_is_late_only_by_what_came_after() -> None:
    bed = Bed()
    bed.wake(bed.sent(NOW - timedelta(days=400), NOW), NOW + timedelta(seconds=0.2))
    assert bed.sample("rapport_timers_fired_total", rule="none") == 1
    assert bed.sample("rapport_timers_late_total", rule="none") == 0
    assert bed.sample("rapport_lateness_seconds_sum") == pytest.approx(0.2, abs=0.002)


def test_a_wake_that_says_nothing_is_quiet_and_not_late() -> None:
    bed = Bed()
    work = bed._work()
    work.woken = [(to_ms(NOW), "ada", "gone")]
    bed.metrics.finished(work, NOW + STALE, 0.001, 0.001)
    assert bed.sample("rapport_timers_quiet_total") == 1
    assert bed.sample("rapport_lateness_seconds_count") == 0


def test_what_is_remembered_of_backdated_wakes_is_bounded() -> None:
    bed = Bed()
    work = bed._work()
    work.members["ada"].wakes.update({str(number): 0 for number in range(BACKDATED_MAX + 100)})
    bed.metrics.finished(work, NOW, 0.001, 0.001)
    assert len(bed.metrics._backdated) == BACKDATED_MAX


def test_what_became_of_pushes_is_counted_and_what_no_channel_took_has_a_line() -> None:
    bed, work = Bed(), UnitOfWork(DECIDER, 0, {}, 0)
    about: Any = {"followup_id": "r/1", "rule": "own_reminder", "due_id": "d", "channel": "ntfy", "attempt": 1}
    failed = PushFailed(**about, reason="answers 503", permanent=False)
    back = [
        PushWithdrawing(**about, message_id="1"),
        PushWithdrawing(**about, message_id="2"),
        PushWithdrawn(**about, message_id="1"),
    ]
    said = [PushSending(**about), PushSent(**about), failed, PushUnknown(**about), *back]
    work.events = [(Event(f"p-{at}", "ada", NOW, NOW, data, "/test"), None) for at, data in enumerate(said)]  # type: ignore[misc]
    bed.metrics.finished(work, NOW, 0.001, 0.001)
    results = {one: bed.sample("rapport_pushes_total", result=one) for one in metric_labels.PUSH_RESULTS}
    assert {one: count for one, count in results.items() if count} == {
        "sent": 1, "failed": 1, "unknown": 1, "withdrawing": 2, "withdrawn": 1,
    }  # fmt: skip
    structlog.reset_defaults()
    with capture_logs() as lines:
        LogObserver(DECIDER.name).finished(work, NOW, 0.001, 0.001)
    told = [(line["type"], line["channel"], line["reason"]) for line in lines if line["event"] == "push"]
    assert told == [(failed.TYPE, "ntfy", "answers 503"), (PushUnknown.TYPE, "ntfy", None)]


@pytest.mark.parametrize(
    ("kind", "fence"),
    [
        (UncertainKind.FENCED_AT_LOAD, "store-load"),
        (UncertainKind.FENCED_AT_COMMIT, "store-commit"),
        (UncertainKind.LOG_FENCED, "log"),
        (UncertainKind.GROUP, "group"),
    ],
)
def test_a_step_that_a_fence_has_stopped_is_counted_by_the_fence(kind: UncertainKind, fence: str) -> None:
    bed = Bed()
    bed.metrics.uncertain(0, kind, ValueError())
    assert bed.sample("rapport_uncertain_outcomes_total", kind=kind) == 1
    assert bed.sample("rapport_fenced_total", fence=fence) == 1
