"""Each method of a member in memory, by itself: what is loaded, applied, taken back, woken and written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace as with_

from shared.contracts import Event, EventData, InviteWithdrawn, MemberErased, MemberJoined, MemberPreferencesSet, Parked
from shared.decider import Evaluation, Missing
from shared.runtime.ports.instants import to_ms
from shared.runtime.processing.member.incarnation import is_out
from shared.runtime.processing.member.member_state import NOTES, PROFILE, MemberState
from shared.runtime.processing.member.runtime_meta import NOTHING_NOTED, RuntimeMeta, noted_in, stored_of
from shared.runtime.processing.member.shell_events import Unparked
from shared.runtime.processing.member.stored_form import StoredForm
from tests.unit.shared.runtime.processing.toy_decider import T0, TOY, Mood, Thing, ignored, sent

ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(Thing)
FORM = StoredForm(TOY)
KEY, OTHER = "invite/a", "invite/b"
SECOND = timedelta(seconds=1)
SENT, GONE = sent("a"), InviteWithdrawn(invite_id="a", contact_id="ada")
IGNORED, SETTING = ignored("a").data, MemberPreferencesSet(zone="Europe/Paris")
Member = MemberState[Mood, Thing]


def told(data: EventData, at: datetime = T0, event_id: str = "", number: int | None = None) -> Event:
    source = "/test" if number is None else "/rapport/invites"
    event_id = event_id or f"{data.TYPE}@{at}/{getattr(data, 'invite_id', '')}"
    return Event(event_id, "m1", at, at, data, source=source, number=number)


def member(*keys: str) -> Member:
    """A member of whom these items were looked for, and nothing is known."""
    state = MemberState(TOY, "m1")
    state.add(dict.fromkeys(keys), FORM)
    return state


def test_what_was_loaded_is_known_and_is_nothing_to_write() -> None:
    state = MemberState(TOY, "m1")
    notes = RuntimeMeta(parked={OTHER: "toy"})
    stored = {
        PROFILE: ENCODER.encode(Mood(changes=3)),
        NOTES: stored_of(notes, b"8 bytes."),
        KEY: ENCODER.encode(Thing()),
    }
    state.add({**stored, OTHER: None}, FORM)
    assert (state.profile, state.view.profile, state.notes, state.recent) == (Mood(3), Mood(3), notes, b"8 bytes.")
    assert state.items == {KEY: Thing(), OTHER: None}
    assert not state.dirty


def test_what_a_step_has_changed_is_newer_than_what_it_loads() -> None:
    state = member(KEY)
    state.apply(told(SENT))
    state.apply(told(SETTING))
    recent = state.recent
    older = {
        PROFILE: ENCODER.encode(Mood(9)),
        NOTES: stored_of(NOTHING_NOTED, b""),
        KEY: ENCODER.encode(Thing(spoken=9)),
    }
    state.add(older, FORM)
    assert (state.profile, state.items[KEY], state.recent) == (Mood(1), Thing(), recent)


def test_what_an_erased_member_loads_is_gone() -> None:
    state = member()
    state.apply(told(MemberErased()))
    state.add({PROFILE: ENCODER.encode(Mood(9)), KEY: ENCODER.encode(Thing())}, FORM)
    assert (state.profile, state.items[KEY], state.wiped) == (Mood(), None, True)


def test_the_same_member_at_the_beginning_of_another_step_has_nothing_to_write() -> None:
    state = member(KEY)
    state.apply(told(SENT))
    state.apply(told(SETTING))
    again = state.again()
    assert (again.profile, again.items, again.notes, again.recent) == (
        state.profile, state.items, state.notes, state.recent
    )  # fmt: skip
    assert (again.view.profile, again.view.item(KEY)) == (Mood(1), Thing())
    assert state.dirty
    assert not again.dirty
    assert not again.apply(told(SENT)), "it remembers which events it has seen"


def test_only_what_was_not_loaded_is_missing() -> None:
    state = member(KEY)
    state.need([KEY])
    with pytest.raises(Missing) as missing:
        state.need([KEY, OTHER])
    assert missing.value.keys == {OTHER}


def test_events_count_again_from_the_very_instant_of_joining_again() -> None:
    state = member(KEY)
    assert not is_out(state.notes, told(SENT))
    state.apply(told(MemberErased()))
    assert is_out(state.notes, told(SENT, T0 + SECOND)), "nobody has joined again"
    state.apply(told(MemberJoined(name="Ada"), T0 + 2 * SECOND))
    assert is_out(state.notes, told(SENT, T0 + SECOND))
    assert not is_out(state.notes, told(SENT, T0 + 2 * SECOND))


def test_the_same_event_again_changes_nothing_and_another_one_with_the_same_words_does() -> None:
    state = member(KEY)
    assert state.apply(told(SETTING, event_id="one"))
    assert not state.apply(told(SETTING, event_id="one"))
    assert state.apply(told(SETTING, event_id="two"))
    assert state.profile == Mood(changes=2)


def test_a_product_may_number_its_events_and_the_same_id_again_changes_nothing_all_the_same() -> None:
    state = member(KEY)
    first = with_(told(SETTING, event_id="one", number=7), offset=1)
    assert state.apply(first)
    assert not state.apply(with_(first, number=8, offset=2))


def test_what_a_service_says_needs_no_mark_and_says_whether_it_changed_anything() -> None:
    state = member(KEY)
    state.apply(told(SENT))
    recent = state.recent
    assert state.apply(told(IGNORED, number=1))
    assert not state.apply(told(IGNORED, number=2))
    assert state.apply(told(SETTING, number=3)), "the profile alone"
    assert state.recent == recent


def test_an_event_that_lacks_one_of_its_items_changes_none() -> None:
    state = member(KEY)
    with pytest.raises(Missing):
        state.apply(told(SENT), [KEY, OTHER])
    assert not state.dirty
    assert state.items == {KEY: None}


def test_related_items_of_before_and_after_are_decided_after_the_one_that_changed() -> None:
    decider = replace(TOY, related=lambda key, thing: ["late"] if thing.ignored else ["early"])
    state = MemberState(decider, "m1")
    state.add({KEY: ENCODER.encode(Thing())}, FORM)
    state.apply(told(IGNORED, number=1))
    assert list(state.pending) == [KEY, "early", "late"]


@pytest.mark.parametrize(("alike", "pending"), [(True, [KEY]), (False, [KEY, OTHER])])
def test_what_reads_an_item_is_not_decided_where_both_states_are_alike_to_it(alike: bool, pending: list[str]) -> None:
    decider = replace(TOY, related=lambda key, thing: [OTHER], reads_alike=lambda before, after: alike)
    known, fresh = MemberState(decider, "m1"), MemberState(decider, "m2")
    known.add({KEY: ENCODER.encode(Thing())}, FORM)
    known.apply(told(IGNORED, number=1))
    assert list(known.pending) == pending
    fresh.add({KEY: None}, FORM)
    fresh.apply(told(SENT))
    assert list(fresh.pending) == [KEY, OTHER], "what was not known before is never alike"


def test_what_is_taken_back_is_as_it_was_and_not_written() -> None:
    state = member(KEY, OTHER)
    state.apply(told(SENT))
    before = state.before([KEY, OTHER])
    state.apply(told(IGNORED, number=1))
    state.apply(told(sent("b")))
    state.apply(told(SETTING))
    state.back_to(before)
    assert (state.profile, state.view.profile) == (Mood(), Mood())
    assert state.items == {KEY: Thing(), OTHER: None}
    assert state.change(FORM).puts.keys() - {PROFILE, NOTES} == {KEY}, "it was changed before"
    assert not state.change(FORM).deletes


def test_a_wake_is_a_whole_millisecond_and_never_too_early() -> None:
    at = T0 + timedelta(microseconds=1)
    state = MemberState(replace(TOY, evaluate=lambda view, key, _: Evaluation((), at)), "m1")
    state.add({KEY: ENCODER.encode(Thing()), OTHER: None}, FORM)
    state.wake(KEY)
    state.wake(OTHER)
    assert state.wakes == {KEY: to_ms(T0) + 1, OTHER: None}
    with pytest.raises(Missing):
        state.wake("invite/c")


def test_what_is_parked_has_no_wake_until_an_operator_asks_for_it() -> None:
    state = MemberState(replace(TOY, evaluate=lambda view, key, _: Evaluation((), T0)), "m1")
    state.add({KEY: ENCODER.encode(Thing())}, FORM)
    assert state.apply(told(Parked(item=KEY, rules=TOY.rules, reason="too large"), number=1))
    assert list(state.pending) == [KEY]
    state.wake(KEY)
    assert (state.is_parked(KEY), state.wakes[KEY]) == (True, None)
    assert not state.apply(told(Parked(item=KEY, rules=TOY.rules, reason="too large"), number=2)), (
        "it is parked already"
    )
    assert state.apply(told(Unparked(item=KEY)))
    state.wake(KEY)
    assert (state.is_parked(KEY), state.wakes[KEY]) == (False, to_ms(T0))
    assert not state.apply(told(Unparked(item=KEY))), "nothing is parked"


def test_what_another_service_has_parked_is_its_own_affair() -> None:
    state = member(KEY)
    parked = told(Parked(item=KEY, rules=TOY.rules, reason="too large"), number=1)
    assert not state.apply(msgspec.structs.replace(parked, source="/rapport/digest"))
    assert not state.is_parked(KEY)


def test_a_commit_writes_what_changed_and_nothing_else() -> None:
    state = MemberState(TOY, "m1")
    state.add({KEY: ENCODER.encode(Thing(spoken=1)), OTHER: None, "invite/c": ENCODER.encode(Thing())}, FORM)
    state.apply(told(GONE))
    state.apply(told(sent("b")))
    state.apply(told(SETTING))
    change = state.change(FORM)
    assert (change.deletes, change.wipe, change.sweep) == ([KEY], False, True)
    assert change.puts.keys() == {OTHER, PROFILE, NOTES}
    assert DECODER.decode(change.puts[OTHER]) == Thing()
    assert msgspec.msgpack.decode(change.puts[PROFILE], type=Mood) == Mood(changes=1)
    assert noted_in(change.puts[NOTES]) == (state.notes, state.recent)


def test_an_erasure_leaves_nothing_to_write_of_what_came_before_it() -> None:
    state = member(KEY)
    state.apply(told(SENT))
    state.apply(told(SETTING))
    state.wake(KEY)
    state.apply(told(MemberErased(), T0 + SECOND))
    change = state.change(FORM)
    assert (change.wipe, change.sweep, change.wakes, change.deletes) == (True, None, {}, [])
    assert change.puts.keys() == {NOTES}
    assert not state.pending
    assert noted_in(change.puts[NOTES])[1] == b""
