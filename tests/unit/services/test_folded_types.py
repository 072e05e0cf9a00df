"""A decider that passes events over by their header loses nothing: they would have changed nothing it knows."""

import json
from pathlib import Path
from typing import Any

import pytest

from rapport.composition import DECIDERS
from shared.contracts import EVENTS, from_json_line
from shared.decider import Decider
from shared.runtime.processing.member.shell_events import FOLDED_BY_THE_SHELL

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
PASSED_OVER = [
    (decider, name)
    for decider in DECIDERS.values()
    if decider.applies is not None
    for name, kind in EVENTS.items()
    if kind.TOPIC in decider.reads and kind not in decider.applies | FOLDED_BY_THE_SHELL
]


@pytest.mark.parametrize(
    ("decider", "name"), PASSED_OVER, ids=lambda part: part if isinstance(part, str) else part.name
)
def test_an_event_that_is_passed_over_would_have_changed_nothing(decider: Decider[Any, Any], name: str) -> None:
    event = from_json_line(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))
    assert list(decider.touches(event)) == []
    assert decider.evolve_profile(decider.profile, event) == decider.profile


def test_some_events_are_passed_over() -> None:
    assert PASSED_OVER
