"""An event, its code and its words, and a rule and its words, are declared once; what is forgotten is named here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rapport.composition import DECIDERS
from services.followups.apply import events as followups
from services.followups.apply import touched
from services.followups.model.state import Subject
from services.followups.rules.table import RULES
from shared import contracts
from shared.contracts import ACTIVITY, EVENTS, Event, FollowupDone, from_json_line
from shared.contracts.events import table
from shared.contracts.events.event import EventData
from shared.contracts.events.table import CODES
from shared.runtime.processing.member.shell_events import FOLDED_BY_THE_SHELL
from shared.texts.catalogue import ENGLISH

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
TEXTS = "shared/texts/en.toml"


def example(name: str) -> Event:
    return from_json_line(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))


def untouched() -> set[str]:
    """Events from outside of which no service takes notice."""
    found = set()
    for name, kind in EVENTS.items():
        event = example(name)
        deciders = [decider for decider in DECIDERS.values() if kind.TOPIC == ACTIVITY and ACTIVITY in decider.reads]
        noticed = any(
            list(decider.touches(event)) or decider.evolve_profile(decider.profile, event) != decider.profile
            for decider in deciders
        )
        if deciders and not noticed and kind not in FOLDED_BY_THE_SHELL:
            found.add(name)
    return found


def test_every_event_from_outside_is_applied_by_a_service() -> None:
    """Take `AboutContact` out of `_OF_PEOPLE` in followups, and this names what is applied nowhere."""
    missing = untouched()
    assert missing == set(), (
        f"no service takes notice of {', '.join(sorted(missing))}: let `touches` of a service name the items that it is "
        "about (services/followups/apply/touched.py does for all that is `AboutContact`)"
    )


@pytest.mark.parametrize("kind", [kind for kind in CODES.values() if kind is not FollowupDone])
def test_what_has_a_code_is_remembered_under_it(kind: type[EventData]) -> None:
    """`followup.done` is remembered as what the rule counts it as, with its own code beside."""
    event = example(kind.TYPE)
    items = [followups.evolve(key, None, event) for key in touched.touches(event)]
    assert any(isinstance(item, Subject) and item.saw(kind) is not None for item in items), (
        f"{kind.__name__} has a CODE, and no subject remembers it: `touches` in services/followups/apply/touched.py does not "
        "name the person or thing that it is about"
    )


def test_every_event_has_its_words_and_no_words_are_without_an_event() -> None:
    assert set(ENGLISH.events) == set(EVENTS), (
        f'add [events."TYPE"] to {TEXTS} for {sorted(set(EVENTS) - set(ENGLISH.events))}, and take out '
        f"{sorted(set(ENGLISH.events) - set(EVENTS))}"
    )


def test_every_rule_has_its_words_and_no_words_are_without_a_rule() -> None:
    assert set(ENGLISH.rules) == set(RULES), (
        f"add [rules.NAME] to {TEXTS} for {sorted(set(RULES) - set(ENGLISH.rules))}, and take out "
        f"{sorted(set(ENGLISH.rules) - set(RULES))}"
    )


def test_a_code_that_is_used_twice_is_refused_with_both_names() -> None:
    class First(EventData):
        TYPE = "rapport.test.first"
        CODE = "zz"

    class Second(EventData):
        TYPE = "rapport.test.second"
        CODE = "zz"

    with pytest.raises(TypeError, match="First and Second have the same CODE 'zz'"):
        table.by_code([First, Second])


def test_every_event_is_one_of_the_published_language() -> None:
    assert [kind.__name__ for kind in EVENTS.values() if getattr(contracts, kind.__name__, None) is not kind] == []
