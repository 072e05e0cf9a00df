"""What `rapport doctor` says of members' channels, by what processes have counted."""

from __future__ import annotations

import pytest

from rapport.doctor.outgoing import channels


def test_counts_of_all_processes_are_told_together() -> None:
    check = channels.verdict([{"pushes_sent": 1_000, "timers": 9}, {"pushes_sent": 2, "pushes_failed": 3}], secret=True)
    assert (check.ok, check.says) == (True, "1,002 sent, 3 failed, since its processes began")


@pytest.mark.parametrize(
    ("counts", "ok"),
    [
        ({}, True),
        ({"pushes_failed": 6, "pushes_refused": 2, "pushes_unknown": 2}, True),
        ({"pushes_failed": 6, "pushes_refused": 2, "pushes_unknown": 3}, False),
        ({"pushes_sent": 1, "pushes_failed": 11}, True),
        ({"pushes_withheld": 100}, True),
        ({"pushes_sent": 1_000, "pushes_unopened": 1}, False),
    ],
)
def test_one_member_s_channel_that_takes_nothing_is_no_problem_a_secret_that_opens_none_is(
    counts: dict[str, int], *, ok: bool
) -> None:
    check = channels.verdict([counts], secret=True)
    assert check.ok is ok
    assert ok or check.way_out


def test_without_a_secret_it_says_that_there_are_none() -> None:
    assert channels.verdict([], secret=False).says == channels.NONE_NAMED
    assert channels.verdict([], secret=True).says == "nothing was pushed since its processes began"
