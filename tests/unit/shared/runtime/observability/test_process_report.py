"""What a process says of a service in the store is what is read of it, and what a tally counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from services.invites.decider import DECIDER
from shared.contracts import DigestFailed, EventData, MemberErased, Parked
from shared.runtime.observability.health import PartitionSeen
from shared.runtime.observability.reported import process_report
from shared.runtime.observability.reported.process_report import (
    OTHER_FORM,
    PARTITIONS_MAX,
    REASON_CHARS_MAX,
    REASONS_MAX,
    text_of,
)
from shared.runtime.observability.reported.tally import STEPS_MAX, Tally, Took
from shared.runtime.processing.unit_of_work import UnitOfWork
from tests.unit.shared.runtime.observability.test_seeing_states import GOOD

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def step(tally: Tally, publish: float, commit: float, said: Sequence[EventData] = ()) -> None:
    work: UnitOfWork[Any, Any] = UnitOfWork(DECIDER, 0, {}, 0)
    work.events = [(SimpleNamespace(data=data), None) for data in said]  # type: ignore[misc]  # what a tally looks at
    work.woken = [(0, "ada", "invite/i1")]
    tally.finished(work, NOW, publish, commit)


def failed(*, permanent: bool) -> DigestFailed:
    return DigestFailed(digest_id="d", period="2026-W48", attempt=1, reason="no", permanent=permanent)


def test_a_tally_counts_what_was_said_and_times_the_last_steps() -> None:
    bare, tally = Tally(), Tally()
    assert (bare.publish, bare.commit, bare.counts) == (None, None, {})
    step(tally, 9.0, 0.001)
    assert [tally.publish] == [None], "a step that says nothing publishes nothing"
    parked = Parked(item="invite/i1", rules="1", reason="the rule failed")
    step(tally, 0.002, 0.003, [parked, failed(permanent=True), failed(permanent=False), MemberErased()])
    assert tally.publish == Took(2.0, 2.0, 1)
    assert tally.commit == Took(1.0, 3.0, 2)
    assert tally.counts == {"timers": 2, "dead_letters": 0, "parked": 1, "mails_refused": 1, "mails_failed": 1}
    for number in range(STEPS_MAX):
        step(tally, 0.0, number / 1000)
    assert tally.commit == Took(STEPS_MAX / 2 - 1, STEPS_MAX * 0.99 - 1, STEPS_MAX), "older ones are forgotten"


def test_a_report_is_read_as_it_was_said() -> None:
    tally = Tally()
    step(tally, 0.002, 0.003, [failed(permanent=False)])
    seen = replace(GOOD, partitions={3: PartitionSeen(True, 7.04, 12), 0: PartitionSeen(False, 0.0, None)}, effects=2)
    text = f"100 {text_of(['a reason'], seen, tally)}".encode()
    found = process_report._read(b"host/1/ab", text, 104)
    assert (found.process, found.reasons, found.seconds_ago, found.effects) == ("host/1/ab", ("a reason",), 4, 2)
    assert found.partitions == {3: PartitionSeen(True, 7.0, 12), 0: PartitionSeen(False, 0.0, None)}
    assert (found.publish, found.commit, found.counts["mails_failed"]) == (tally.publish, tally.commit, 1)
    bare = process_report._read(b"host/1/ab", f"100 {text_of([], None, Tally())}".encode(), 99)
    assert (bare.partitions, bare.publish, bare.seconds_ago) == ({}, None, 0)


def test_a_report_of_reasons_alone_is_read_too() -> None:
    """An older process, beside newer ones in an upgrade, says no more."""
    found = process_report._read(b"host/1/ab", b'100 ["polls fail"]', 100)
    assert (found.reasons, found.partitions) == (("polls fail",), {})


@pytest.mark.parametrize(
    "said", ["x {}", "100 {}", "100 7", "100 nonsense", '100 {"partitions": [[0, true, 1, 2, "more"]]}', "100 \udcff"]
)
def test_a_report_of_another_version_is_a_reason_and_costs_no_other_report(said: str) -> None:
    """In an upgrade a newer process may say more: without the guard, doctor and the operators' page end at it."""
    found = process_report._read(b"host/1/ab", said.encode(errors="surrogateescape"), 100)
    assert (found.process, found.reasons, found.seconds_ago) == ("host/1/ab", (OTHER_FORM,), 0)


def test_a_report_is_bounded() -> None:
    seen = replace(GOOD, partitions={n: PartitionSeen(True, 1e6, 10**9) for n in range(PARTITIONS_MAX + 1)})
    text = text_of(["x" * 10_000] * 100, seen, Tally())
    assert len(text) < 100_000
    found = process_report._read(b"p", f"1 {text}".encode(), 1)
    assert (len(found.partitions), len(found.reasons)) == (PARTITIONS_MAX, REASONS_MAX)
    assert {len(reason) for reason in found.reasons} == {REASON_CHARS_MAX}
