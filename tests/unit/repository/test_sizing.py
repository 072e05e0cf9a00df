"""The model behind docs/sizing.md: its page is not stale, its figures are measured ones, and it grows as it must."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rapport.composition import SERVICES
from rapport.generated_part import with_part
from tests.bench.bed import ROOT
from tests.bench.sizing import MILLION, PARTITIONS_STEP, SHARES, Network, cost, measured, part

PAGE = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
FIGURES = measured((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))


def test_the_page_is_not_stale() -> None:
    assert with_part(PAGE, part()) == PAGE, "run `make docs`: a figure or the model says something else now"


def test_every_service_is_counted() -> None:
    assert SHARES.keys() == SERVICES.keys()


def test_a_figure_that_is_not_measured_is_named() -> None:
    with pytest.raises(ValueError, match="has no figure"):
        measured("| followups: CPU of an event, us | 190.0 (1 to 2) |")


def test_ten_times_the_members_take_ten_times_as_much() -> None:
    small, large = cost(100 * MILLION, FIGURES), cost(1_000 * MILLION, FIGURES)
    assert large.store_gb == pytest.approx(10 * small.store_gb)
    assert large.log_gb == pytest.approx(10 * small.log_gb)
    assert 8 <= large.processes["followups"] / small.processes["followups"] <= 10


def test_the_busiest_hour_fits_into_the_processes_and_each_has_partitions() -> None:
    net = Network()
    taken = cost(100 * MILLION, FIGURES, net)
    used = taken.events_per_second * (1 + net.timers_each) * FIGURES.followups_us / 1e6
    assert used <= net.use * taken.processes["followups"]
    assert taken.partitions >= 2 * max(taken.processes.values())
    assert taken.partitions % PARTITIONS_STEP == 0


def test_a_longer_log_and_busier_members_cost_more() -> None:
    usual = cost(MILLION, FIGURES)
    assert cost(MILLION, FIGURES, replace(Network(), kept_days=730)).log_gb == pytest.approx(2 * usual.log_gb)
    assert (
        cost(MILLION, FIGURES, replace(Network(), events_each=500)).processes["followups"]
        > usual.processes["followups"]
    )
