"""Laws of what the projection knows: the same from any reading of the topics, and of bounded size."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from services.gateway.projection.apply import services
from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.people import Item
from shared.contracts import ACTIVITY, EVENTS, Event
from shared.contracts.topic_names import EVENT_TOPICS
from shared.runtime.processing.member.shell_events import FOLDED_BY_THE_SHELL
from tests.depth import examples
from tests.unit.services.gateway.member_events import drawn, golden, known_by, woven

EVENTS_MAX = 60
UNSHOWN = {
    "rapport.followup.shown", "rapport.import.completed", "rapport.pursuit.opened", "rapport.pursuit.step_taken",
    "rapport.pursuit.closed", "rapport.invite.why_asked",
}  # fmt: skip
"""What no page shows."""


@settings(max_examples=examples(200), deadline=None)
@given(some.randoms(use_true_random=False))
def test_the_order_between_topics_does_not_matter(rng: Random) -> None:
    topics = drawn(rng, EVENTS_MAX)
    assert known_by(woven(rng, topics)) == known_by(woven(rng, topics))


@settings(max_examples=examples(200), deadline=None)
@given(some.randoms(use_true_random=False))
def test_what_is_told_again_changes_nothing(rng: Random) -> None:
    topics = drawn(rng, EVENTS_MAX)
    assert known_by(woven(rng, topics, again=0.4)) == known_by(woven(rng, topics))


@settings(max_examples=examples(100), deadline=None)
@given(some.randoms(use_true_random=False))
def test_a_product_may_tell_in_any_order(rng: Random) -> None:
    told = drawn(rng, EVENTS_MAX // 4).get(ACTIVITY, [])
    assert known_by(told) == known_by(rng.sample(told, len(told)))


def test_without_the_numbers_a_repetition_opens_what_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    due, over = numbered("rapport.followup.due", 1), numbered("rapport.followup.completed", 2)
    assert known_by([due, over, due]) == known_by([due, over])
    follow = services.follow
    forgetful = lambda known, event: follow(msgspec.structs.replace(known, number=0), event)  # noqa: E731
    monkeypatch.setattr("services.gateway.projection.decider.follow", forgetful)
    assert known_by([due, over, due])[1]["followups"].open  # type: ignore[union-attr]


def numbered(name: str, number: int) -> Event:
    return msgspec.structs.replace(golden(name), number=number)


@pytest.mark.parametrize("name", sorted(set(EVENTS)))
def test_every_event_is_shown_or_said_not_to_be(name: str) -> None:
    event = golden(name)
    changes = known_by([event]) != known_by([])
    assert changes == ((name not in UNSHOWN and type(event.data) not in FOLDED_BY_THE_SHELL) or "joined" in name)


@pytest.mark.parametrize("name", sorted(set(EVENTS)))
def test_what_is_stored_is_read_again(name: str) -> None:
    profile, items = known_by([golden(name)])
    encoded = {key: msgspec.msgpack.encode(item) for key, item in items.items()}
    decoded = {key: msgspec.msgpack.decode(value, type=Item) for key, value in encoded.items()}
    assert decoded == items
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(profile), type=type(profile)) == profile


def test_each_item_is_written_by_one_topic_alone() -> None:
    """So no order between topics can matter: the law above holds by how it is built."""
    writers: dict[str, set[str]] = {}
    for name, kind in EVENTS.items():
        for key in PROJECTION.touches(golden(name)):
            writers.setdefault(key.partition("/")[0], set()).add(kind.TOPIC)
    assert all(len(topics) == 1 for topics in writers.values()), writers
    assert set(PROJECTION.reads) == EVENT_TOPICS
