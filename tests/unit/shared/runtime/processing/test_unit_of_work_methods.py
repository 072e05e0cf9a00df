"""Each method of one step in the making, by itself: what to load, what to say, what to take back, what to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts import ACTIVITY, INVITES, Event, EventData, InviteSent, MemberPreferencesSet, Parked
from shared.contracts.cloudevents import codec
from shared.decider import Decider, Evaluation, Missing, View
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from shared.runtime.ports.limits import PARKED_REASON_CHARS_MAX
from shared.runtime.processing import unit_of_work
from shared.runtime.processing.member.member_state import NOTES, PROFILE
from shared.runtime.processing.member.runtime_meta import RuntimeMeta
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork, Unpublishable
from tests.unit.shared.runtime.processing.toy_decider import T0, TOY, Mood, Thing, expired, ignored, sent, too_large

T1 = T0 + timedelta(days=1)
NOW = EvaluationTime(T0)
AT_A_WAKE = EvaluationTime(T0, T0)
ECHO_SPOKE = MemberPreferencesSet(zone="Europe/Paris")


def told(data: EventData, member: str = "m1") -> Event:
    return Event(f"{data.TYPE}/{getattr(data, 'invite_id', '')}", member, T0, T0, data, source="/test")


def work(decider: Decider[Any, Any] = TOY, *keys: str) -> UnitOfWork[Any, Any]:
    """A step of which these items of `m1` were loaded, and nothing is known."""
    made = UnitOfWork(decider, 3, {ACTIVITY: 7, INVITES: 0}, 10)
    made.add({"m1": dict.fromkeys([PROFILE, NOTES, *keys])})
    return made


def fails(*_: object) -> Any:
    raise ZeroDivisionError("a rule that fails")


def starves(*_: object) -> Any:
    raise OSError(24, "Too many open files")


def timed(timer: datetime | None) -> Callable[[View[Any, Any], str, datetime | None], Evaluation]:
    """Return what publishes as the toy does, and sets this timer."""
    return lambda view, key, at: Evaluation(TOY.evaluate(view, key, at).publish, timer)


def parked_of(made: UnitOfWork[Any, Any]) -> list[tuple[str, str]]:
    return [(event.data.item, event.data.reason) for event, _ in made.events if isinstance(event.data, Parked)]


def test_what_an_event_touches_is_to_be_loaded_with_its_member() -> None:
    made = UnitOfWork(replace(TOY, beside=("invite/near",)), 3, {}, 0)
    assert made.want(told(sent("a"))) == ("invite/a",)
    assert made.want(told(ECHO_SPOKE, "m2")) == ()
    assert made.unloaded(made.wanted) == {
        "m1": sorted([PROFILE, NOTES, "invite/near", "invite/a"]),
        "m2": sorted([PROFILE, NOTES, "invite/near"]),
    }
    made.add({"m1": dict.fromkeys([PROFILE, NOTES, "invite/near", "invite/a"])})
    assert made.unloaded({"m1": ["invite/a", "invite/b"]}) == {"m1": ["invite/b"]}
    assert made.unloaded({"m1": ["invite/a"]}) == {}


def test_a_decider_that_stumbles_over_an_event_touches_nothing_and_fails_when_it_is_applied() -> None:
    made = work(replace(TOY, touches=fails))
    assert made.want(told(sent("a"))) is None
    assert made.wanted == {"m1": set()}
    with pytest.raises(ZeroDivisionError):
        made.apply(told(sent("a")))
    with pytest.raises(OSError, match="Too many"):
        work(replace(TOY, touches=starves)).want(told(sent("a")))


def test_an_answer_to_what_nobody_knew_when_it_came_is_counted_and_applied() -> None:
    answers = frozenset({InviteSent})
    made = work(replace(TOY, answers=answers, misses=lambda view, event: view.item("invite/a") is None), "invite/a")
    assert made.apply(told(sent("a")))
    assert [event.data for event in made.missed] == [sent("a")]
    assert made.members["m1"].items["invite/a"] == Thing()


def test_a_record_is_the_same_dead_letter_however_often_it_is_met() -> None:
    record = Record(ACTIVITY, 3, 6, b"m1", b"{broken", (), to_ms(T0))
    made = work()
    made.bury(record, T0, "no JSON", "data")
    made.bury(record, T0, "no JSON", "data")
    first, second = made.dead
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)
    assert made.buried == [(record, "no JSON", "data")] * 2


def test_all_of_several_events_are_said_with_numbers_that_follow() -> None:
    made = work(TOY, "invite/a")
    made.emit(made.members["m1"], "invite/a", [ignored("a"), expired("a")], AT_A_WAKE)
    events = [event for event, _ in made.events]
    assert [(event.id, event.number) for event in events] == [(f"{INVITES}/3/11", 11), (f"{INVITES}/3/12", 12)]
    assert made.number == 12
    assert made.members["m1"].items["invite/a"] == Thing(ignored=True, expired=True)
    assert made.members["m1"].spoken == {"invite/a": events}


@pytest.mark.parametrize("second", [ignored("a"), too_large()], ids=["changes nothing", "is too large"])
def test_where_one_of_several_events_can_not_be_said_all_are_taken_back(second: Any) -> None:
    """Without `back_to` in `UnitOfWork.say` the item stays ignored, and a commit would write it."""
    made = work(TOY, "invite/a", f"invite/{second.data.invite_id}")
    made.apply(told(sent("a")))
    before = made.changes({}).members["m1"].puts
    with pytest.raises(Unpublishable):
        made.emit(made.members["m1"], "invite/a", [ignored("a"), second], NOW)
    assert (made.events, made.number, made.members["m1"].spoken) == ([], 10, {})
    assert made.members["m1"].items["invite/a"] == Thing()
    assert made.changes({}).members["m1"].puts == before


def test_a_profile_is_taken_back_with_the_events_that_changed_it() -> None:
    made = work(TOY, "invite/echo", "invite/a")
    made.members["m1"].profile = made.members["m1"].view.profile = Mood(changes=1)
    made.members["m1"].items["invite/echo"] = Thing(ignored=True)
    (echo,) = TOY.evaluate(made.members["m1"].view, "invite/echo", None).publish
    made.members["m1"].items["invite/a"] = Thing(ignored=True)
    with pytest.raises(Unpublishable, match="changes nothing"):
        made.emit(made.members["m1"], "invite/echo", [echo, ignored("a")], NOW)
    assert made.members["m1"].profile == made.members["m1"].view.profile == Mood(changes=1)


def test_what_is_said_of_an_item_that_was_not_loaded_asks_for_it_first() -> None:
    made = work(TOY, "invite/a")
    with pytest.raises(Missing) as missing:
        made.emit(made.members["m1"], "invite/a", [ignored("a"), ignored("b")], NOW)
    assert missing.value.keys == {"invite/b"}
    assert (made.events, made.members["m1"].items) == ([], {"invite/a": None})


@pytest.mark.parametrize(("meanwhile", "times"), [((), 2), ((sent("a"),), 3)], ids=["nothing", "an event"])
def test_what_waits_for_an_item_is_encoded_once_and_asked_again_if_something_was_applied_meanwhile(
    meanwhile: Sequence[EventData], times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave out `awaits.clear()` in `MemberState.apply`, and what was found before the other event is published."""
    asked: list[str] = []
    encoded: list[Event] = []

    def speaks_of_another(view: View[Any, Any], key: str, at: datetime | None) -> Evaluation:
        asked.append(key)
        other = view._items.get("invite/b")
        return Evaluation((ignored("b"),)) if key == "invite/a" and not (other and other.ignored) else Evaluation()

    def counted(event: Event) -> Any:
        encoded.append(event)
        return encode(event)

    encode = codec.encode
    monkeypatch.setattr(codec, "encode", counted)
    made = work(replace(TOY, evaluate=speaks_of_another), "invite/a")
    made.members["m1"].items["invite/a"] = Thing()
    made.members["m1"].look_at("invite/a")
    assert made.look(NOW) == {"m1": {"invite/b"}}
    made.add({"m1": {"invite/b": None}})
    for data in meanwhile:
        made.apply(told(data))
    assert made.look(NOW) == {}
    assert [event.data for event, _ in made.events] == [event.data for event in encoded] == [ignored("b").data]
    assert asked.count("invite/a") == times


def test_what_is_parked_is_asked_nothing() -> None:
    made = work(replace(TOY, evaluate=starves), "invite/a")
    made.members["m1"].items["invite/a"] = Thing()
    made.members["m1"].notes = RuntimeMeta(parked={"invite/a": TOY.rules})
    made.members["m1"].look_at("invite/a")
    made.look(NOW)
    assert (made.events, made.members["m1"].wakes) == ([], {"invite/a": None})


def test_what_can_not_be_said_parks_its_item_alone() -> None:
    made = work(TOY, "invite/bad", "invite/a")
    made.apply(told(sent("bad")))
    made.apply(told(sent("a")))
    assert made.look(NOW) == {}
    assert parked_of(made) == [("invite/bad", "rapport.invite.ignored changes nothing that is known")]
    assert made.members["m1"].is_parked("invite/bad")
    assert made.members["m1"].items["invite/a"] == Thing(ignored=True, expired=True)
    assert [event.number for event, _ in made.events] == [11, 12, 13]


def test_a_rule_that_fails_is_parked_without_its_words_and_a_machine_that_lacks_something_is_not_its_fault() -> None:
    made = work(replace(TOY, evaluate=fails), "invite/a")
    made.apply(told(sent("a")))
    made.look(NOW)
    assert parked_of(made) == [("invite/a", "the rule failed: ZeroDivisionError")]
    made = work(replace(TOY, evaluate=starves), "invite/a")
    made.apply(told(sent("a")))
    with pytest.raises(OSError, match="Too many"):
        made.look(NOW)


def test_read_back_nothing_is_evaluated_and_whatever_may_speak_has_a_timer_of_now() -> None:
    for spoken_of, timer in (("invite/a", to_ms(T0)), ("invite/b", None)):
        made = work(replace(TOY, evaluate=fails, effects=frozenset(), speaks=spoken_of.__eq__), "invite/a")
        made.apply(told(sent("a")))
        assert made.look(NOW, deciding=False) == {}
        assert (made.events, made.members["m1"].wakes) == ([], {"invite/a": timer})
        assert not made.members["m1"].pending


def test_read_back_the_timers_of_who_has_effects_are_computed_and_one_that_fails_wakes_nothing() -> None:
    assert TOY.effects
    for evaluate, timer in ((fails, None), (timed(T1), to_ms(T1))):
        made = work(replace(TOY, evaluate=evaluate), "invite/a")
        made.apply(told(sent("a")))
        assert made.look(NOW, deciding=False) == {}
        assert (made.events, made.members["m1"].wakes) == ([], {"invite/a": timer})


def test_what_asks_for_more_waits_until_it_is_loaded_and_is_parked_when_that_has_no_end() -> None:
    made = work(TOY, "invite/deep", "invite/a")
    made.apply(told(sent("deep")))
    made.apply(told(sent("a")))
    assert made.look(NOW) == {"m1": {"invite/deep+"}}
    assert list(made.members["m1"].pending) == ["invite/deep"]
    assert made.members["m1"].items["invite/a"] == Thing(ignored=True, expired=True), "its neighbour does not wait"
    made.add({"m1": {"invite/deep+": None}})
    assert made.look(NOW) == {}
    assert not parked_of(made)
    made = work(TOY, "invite/deep")
    made.apply(told(sent("deep")))
    made.look(NOW)
    made.give_up(NOW)
    assert parked_of(made) == [("invite/deep", "asks for more and more items")]
    assert not made.members["m1"].pending


def test_an_item_that_goes_on_talking_is_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_of_work, "ASKED_MAX", 3)
    made = work(TOY, "invite/echo")
    made.members["m1"].profile = made.members["m1"].view.profile = Mood(changes=100)
    made.members["m1"].items["invite/echo"] = Thing(ignored=True)
    made.members["m1"].look_at("invite/echo")
    made.look(NOW)
    assert parked_of(made) == [("invite/echo", "has more than 3 things to say")]
    assert len(made.events) == 4


@pytest.mark.parametrize(("wake", "stuck"), [(T0, True), (None, False)])
def test_only_what_woke_and_is_due_at_that_very_instant_still_is_stuck(wake: Any, stuck: Any) -> None:
    made = work(replace(TOY, evaluate=timed(wake)), "invite/a")
    made.members["m1"].items["invite/a"] = Thing(ignored=True)
    made.members["m1"].look_at("invite/a")
    made.look(AT_A_WAKE)
    made.park_stuck(AT_A_WAKE, [("m1", "invite/a")])
    assert [item for item, _ in parked_of(made)] == (["invite/a"] if stuck else [])


def test_what_woke_and_spoke_is_not_stuck() -> None:
    made = work(replace(TOY, evaluate=timed(T0)), "invite/a")
    made.apply(told(sent("a")))
    made.look(AT_A_WAKE)
    made.park_stuck(AT_A_WAKE, [("m1", "invite/a")])
    assert not parked_of(made)


def test_a_reason_is_cut_to_what_an_event_may_have() -> None:
    def says(*_: object) -> Any:
        raise Unpublishable("x" * 1000)

    made = work(replace(TOY, evaluate=says), "invite/a")
    made.apply(told(sent("a")))
    made.look(NOW)
    assert parked_of(made) == [("invite/a", "x" * PARKED_REASON_CHARS_MAX)]


def test_a_commit_writes_cursors_the_number_and_the_members_that_changed() -> None:
    made = work(TOY, "invite/a")
    made.add({"m2": dict.fromkeys([PROFILE, NOTES])})
    made.apply(told(sent("a")))
    made.look(NOW)
    changes = made.changes({"own_end": "5"})
    assert changes.meta == {"number": "12", f"off:{ACTIVITY}": "7", f"off:{INVITES}": "0", "own_end": "5"}
    assert changes.members.keys() == {"m1"}
    assert changes.members["m1"].puts.keys() == {"invite/a", NOTES}
