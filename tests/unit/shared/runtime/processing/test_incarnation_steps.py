"""What a partition does with what was begun before its member was erased: an effect under way, and one that is to begin."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts import INVITES, Event, MemberErased, MemberJoined
from shared.decider import View
from shared.runtime.processing import invariants
from shared.testing.simulation.scheduler import finish
from tests.unit.shared.runtime.processing.toy_decider import OnePartition, Thing, expired, sent


def begun_twice() -> tuple[OnePartition, Event, Event]:
    """Return a partition that began the same effect before an erasure and after it, and both events."""
    one = OnePartition()
    for data in (sent("mail"), MemberErased(), MemberJoined(name="Mo"), sent("mail")):
        one.tell(data)
        one.run()
    before, after = (event for event, _ in one.effects.begun)
    assert (before.incarnation, after.incarnation) == (0, 2)
    return one, before, after


@pytest.mark.parametrize("guarded", [True, False])
def test_an_outcome_of_before_an_erasure_settles_nothing_of_after_it(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, before, after = begun_twice()
    if not guarded:
        monkeypatch.setattr(invariants, "is_earlier", lambda said, state: False)
    one.owner.report(before, expired("mail"))
    one.run()
    assert ("expired mail" in one.heard()) == (not guarded)
    assert one.owner.counts["reports_lost"] == guarded
    if guarded:
        one.owner.report(after, expired("mail"))
        one.run()
        assert one.heard() == ["retracted mail", "retracted mail", "expired mail"]


@pytest.mark.parametrize("guarded", [True, False])
def test_an_effect_that_has_not_begun_when_its_member_is_erased_finds_nobody(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, before, after = begun_twice()
    if not guarded:
        monkeypatch.setattr(invariants, "is_earlier", lambda said, state: False)
    seen: View[Any, Any] = finish(one.owner.look(before, ["invite/mail"]))
    assert isinstance(seen.item("invite/mail"), Thing) == (not guarded)
    assert finish(one.owner.look(after, ["invite/mail"])).item("invite/mail") is not None


def test_events_say_on_the_topic_in_which_incarnation_they_were_said() -> None:
    one, *_ = begun_twice()
    records, _ = one.cluster.committed(INVITES, 0)
    assert [dict(record.headers).get("ce_incarnation") for record in records] == [None, b"2"]
