"""Lines about what comes in floods: bounded, and nothing is left uncounted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.testing import capture_logs

from services.invites.decider import DECIDER
from shared.contracts import ACTIVITY
from shared.runtime.observability.log_observer import LogObserver
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.counted_lines import KINDS_MAX, LINE_SECONDS, MANY, CountedLines
from shared.runtime.processing.unit_of_work import UnitOfWork

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Bed:
    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[dict[str, Any]] = []
        self.lines = CountedLines("bad", self._say, lambda: self.now)

    def _say(self, event: str, **fields: Any) -> None:
        self.said.append({"event": event, **fields})


def test_the_first_is_said_at_once_and_the_rest_once_a_minute_with_the_last_place() -> None:
    bed = Bed()
    for offset in range(50_000):
        bed.now = offset * 3 * LINE_SECONDS / 50_000  # three minutes of a flood
        bed.lines.note("alike", offset=offset)
        bed.lines.flush()
    bed.lines.flush(all_of_it=True)
    assert 4 <= len(bed.said) <= 5
    assert bed.said[0] == {"event": "bad", "offset": 0, "count": 1}
    assert bed.said[-1]["offset"] == 49_999
    assert sum(line["count"] for line in bed.said) == 50_000, "all are counted"


def test_kinds_are_counted_apart_up_to_a_limit_and_no_further() -> None:
    bed = Bed()
    for number in range(10 * KINDS_MAX):
        bed.lines.note(number, number=number)
    assert len(bed.said) == KINDS_MAX + 1
    bed.now += LINE_SECONDS
    bed.lines.flush()
    assert bed.said[-1] == {"event": "bad", "number": 10 * KINDS_MAX - 1, "count": 9 * KINDS_MAX - 1, "kinds": MANY}


def test_a_kind_that_ended_is_forgotten_and_said_at_once_when_it_comes_back() -> None:
    bed = Bed()
    for _ in range(2):
        bed.lines.note("alike", offset=1)
        bed.now += LINE_SECONDS
        bed.lines.flush()
    assert [line["count"] for line in bed.said] == [1, 1]


def _step(reasons: list[str], strange: list[str]) -> UnitOfWork[Any, Any]:
    work: UnitOfWork[Any, Any] = UnitOfWork(DECIDER, 3, {ACTIVITY: 0}, 0)
    for offset, reason in enumerate(reasons):
        work.bury(Record(ACTIVITY, 3, offset, b"ada", b"{}", [], 0), NOW, reason, "data.why")
    work.strange = strange
    return work


def test_the_journal_says_bad_records_by_topic_and_reason_whatever_numbers_stand_in_it() -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        journal = LogObserver("invites")
        reasons = [f"is {size} bytes, 10 are allowed" for size in range(11, 511)]
        journal.finished(_step([*reasons, "is missing"], ["rapport.invites.sent"] * 7), NOW, 0, 0)
        assert [(line["event"], line["count"]) for line in lines] == [
            ("dead letter", 1),
            ("dead letter", 1),
            ("unknown type", 1),
        ]
        journal.flush(all_of_it=True)
    assert lines[0]["reason"] == reasons[0]
    dead, strange = lines[3:]
    assert (dead["event"], dead["offset"], dead["reason"], dead["count"]) == ("dead letter", 499, reasons[-1], 499)
    assert (strange["event"], strange["type"], strange["count"]) == ("unknown type", "rapport.invites.sent", 6)
