"""What `rapport doctor` says of snapshots and of the ends of the topics, by how they stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from rapport.doctor.parts import retention as retention_checks_module
from rapport.doctor.parts.check import Check
from rapport.doctor.parts.retention import RetentionState, retention_checks, verdict
from shared.config.settings import Settings
from shared.contracts import ACTIVITY, DIGESTS, FOLLOWUPS, INVITES
from shared.contracts.topic_names import DIGESTS_SNAPSHOTS, PROJECTION_SNAPSHOTS, SNAPSHOTS
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Refused, Uncertain
from shared.runtime.snapshot_model.snapshot_form import FORM, NOTHING_COVERED, Mark, Position

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
EVERY, KEEP = timedelta(days=7), timedelta(days=30)
ALL = (ACTIVITY, INVITES, FOLLOWUPS, DIGESTS)


def mark(days: float, needed: int = 90) -> Mark:
    began = to_ms(NOW - timedelta(days=days))
    return Mark(FORM, 1, Position({}, 0, "", 0), dict.fromkeys(ALL, needed), 0, began, {})


def found(days: float = 3, oldest: float = 20) -> RetentionState:
    marks = {topic: {0: mark(days), 1: mark(days)} for topic in SNAPSHOTS}
    return RetentionState(marks, {topic: (1, NOW - timedelta(days=oldest)) for topic in ALL})


def said(checks: list[Check]) -> dict[str, tuple[bool, str]]:
    return {check.name: (check.ok, check.says) for check in checks}


async def test_without_snapshots_it_says_that_words_stay() -> None:
    [check] = await retention_checks(Settings(), NOW)
    assert check.ok
    assert "those of erased members, too" in check.says


def test_where_all_is_well_it_says_how_old_things_are() -> None:
    assert said(verdict(found(), EVERY, KEEP, NOW)) == {
        "snapshots": (True, "of all services and partitions, the oldest round of 2026-03-27 12:00"),
        "retention": (True, "30 days; the topics begin on 2026-03-10"),
    }
    [_, kept] = verdict(found(), EVERY, None, NOW)
    assert (kept.ok, "every word for ever" in kept.says) == (True, True)
    nothing = RetentionState(found().marks, {})
    assert said(verdict(nothing, EVERY, KEEP, NOW))["retention"] == (True, "30 days; the topics are empty")


def test_a_round_is_overdue_after_two_periods() -> None:
    found_state = found(days=14)
    assert verdict(found_state, EVERY, KEEP, NOW)[0].ok
    found_state.marks[DIGESTS_SNAPSHOTS][1] = mark(14.1)
    check = verdict(found_state, EVERY, KEEP, NOW)[0]
    assert not check.ok
    assert check.says == "those of digest are of 2026-03-16, and a round is due every 7 days"


def test_a_round_of_a_day_to_come_is_late() -> None:
    found_state = found(days=3)
    found_state.marks[DIGESTS_SNAPSHOTS][1] = mark(-365)
    check = verdict(found_state, EVERY, KEEP, NOW)[0]
    assert (check.ok, "those of digest are of 2027-03-30, which is yet to come" in check.says) == (False, True)


def test_a_service_that_never_wrote_any_is_named() -> None:
    found_state = found()
    found_state.marks[PROJECTION_SNAPSHOTS][0] = NOTHING_COVERED
    check = verdict(found_state, EVERY, KEEP, NOW)[0]
    assert (check.ok, check.says) == (False, "projection has none of 1 of 2 partitions")


def test_what_was_set_aside_and_holds_the_log_is_named() -> None:
    found_state = found()
    found_state.marks[DIGESTS_SNAPSHOTS][1] = replace(mark(3), held={ACTIVITY: 4})
    check = verdict(found_state, EVERY, KEEP, NOW)[1]
    assert check.ok
    assert "; digest keeps what it set aside in 1 of 2 partitions for 14 days at most" in check.says


def test_a_topic_that_keeps_too_much_names_whom_it_waits_for() -> None:
    found_state = found(oldest=44)
    assert verdict(found_state, EVERY, KEEP, NOW)[1].ok, "a round may fail, and the next one be late"
    found_state.oldest[ACTIVITY] = (1, NOW - timedelta(days=45))
    found_state.marks[DIGESTS_SNAPSHOTS][1] = mark(3, needed=4)
    check = verdict(found_state, EVERY, KEEP, NOW)[1]
    assert not check.ok
    assert check.says == f"{ACTIVITY}, partition 1, begins on 2026-02-13 and waits for digest"


@pytest.mark.parametrize(("error", "ok"), [(Refused("the snapshots have form 9"), False), (Uncertain("away"), True)])
async def test_snapshots_that_nobody_can_read_are_a_problem(
    monkeypatch: pytest.MonkeyPatch, error: Exception, ok: bool
) -> None:
    async def raises(_: Settings) -> RetentionState:
        raise error

    monkeypatch.setattr(retention_checks_module, "retention_state", raises)
    [check] = await retention_checks(Settings(snapshot_days=7), NOW)
    assert check.ok is ok
    assert str(error) in check.says
