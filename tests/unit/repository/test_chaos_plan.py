"""What `make chaos` deals, and that its page tells of all of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.chaos import variants
from tests.chaos.plan import DECK, DISTANCE_SECONDS, Fault, schedule
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.trial import FAULTS_MIN, SECONDS
from tests.chaos.variant_trial import KINDS, kind_of
from tests.chaos.variants import GUARDS

PAGE = (Path(__file__).parents[3] / "docs" / "chaos.md").read_text(encoding="utf-8")
SEEDS = range(200)


def faults_of(seed: int, seconds: float = SECONDS) -> list[Fault]:
    return [one for one in schedule(seed, seconds) if isinstance(one, Fault)]


def test_the_schedule_is_a_function_of_the_seed() -> None:
    assert schedule(7, SECONDS) == schedule(7, SECONDS)
    assert schedule(7, SECONDS) != schedule(8, SECONDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_deals_more_faults_than_a_short_trial_needs(seed: int) -> None:
    assert len(faults_of(seed)) > FAULTS_MIN, "one may meet a worker that is down already"


def test_every_kind_comes_in_a_long_trial() -> None:
    assert {fault.kind for fault in faults_of(1, 600)} == set(DECK)


@pytest.mark.parametrize("family", DISTANCE_SECONDS)
def test_a_server_is_never_restarted_so_often_that_it_is_given_up(family: str) -> None:
    for seed in SEEDS:
        at = [fault.at for fault in faults_of(seed, 300) if fault.kind.startswith(family)]
        assert all(later - earlier >= DISTANCE_SECONDS[family] for earlier, later in pairwise(at))


def test_every_guard_that_can_be_off_has_its_scenario() -> None:
    assert set(SCENARIOS) == set(GUARDS)


@pytest.mark.parametrize("name", GUARDS)
def test_what_a_guard_that_is_off_takes_away_is_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of methods stand as text: fails where one was given another name."""
    taken = []
    monkeypatch.setattr(variants, "put", lambda place, its, value: taken.append(getattr(place, its)))
    GUARDS[name].switch_off()
    assert taken


def test_violations_are_told_apart() -> None:
    assert kind_of("invites 3: number 4 (rapport.invite.ignored) is not what the rules say at its place") in KINDS
    assert kind_of("invites 3: ('m', 'retracted', 'i1') 2 times") == "said or mailed twice"
    assert kind_of("something nobody has seen yet") == "else"


def test_the_page_names_every_fault_and_every_variant() -> None:
    assert [kind for kind in DECK if kind not in PAGE] == []
    assert [name for name in GUARDS if f"`{name}`" not in PAGE] == []
