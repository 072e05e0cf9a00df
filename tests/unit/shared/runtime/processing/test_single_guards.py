"""Guards that a step asks one by one, each by an example: histories that reach them are rare, and long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.invites.decider import DECIDER as INVITES
from shared.contracts import ACTIVITY, DEAD_LETTERS, Event, MemberJoined
from shared.contracts.cloudevents import codec
from shared.runtime.ports.interfaces import Message, Record
from shared.runtime.processing import invariants
from shared.runtime.processing.member.incarnation import is_out
from shared.runtime.processing.member.runtime_meta import RuntimeMeta
from shared.runtime.processing.observer import Silent
from shared.runtime.processing.read_again.replay import original_of
from shared.runtime.processing.read_again.strays import look_for_strays, owes_a_look
from shared.runtime.processing.reading import FOREIGN, Poison, read_event
from shared.testing.simulation.scheduler import finish
from tests.unit.shared.runtime.processing.toy_decider import TOY, OnePartition, sent

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def joined(offset: int | None = 7, time: datetime = NOW) -> Event:
    return Event("e1", "ada", time, NOW, MemberJoined(name="Ada"), source="/test", offset=offset)


def record(topic: str = ACTIVITY) -> Record:
    key, value, headers = codec.encode(joined())
    return Record(topic, 0, 7, key, value, headers, 0)


def test_the_control_record_that_may_be_missing_is_the_last_one() -> None:
    assert invariants.unsealed(7) == 6


@pytest.mark.parametrize(
    ("taken", "number", "reached"),
    [
        ({"a": 4, "b": 3}, 2, True), ({"a": 9, "b": 9}, 3, True), ({"a": 9, "b": 2}, 2, False), ({"a": 9}, 2, False),
        ({"a": 4, "b": 3}, 1, False),
    ],
)  # fmt: skip
def test_a_snapshot_reaches_the_mark_on_each_input_and_in_what_was_said(
    taken: dict[str, int], number: int, *, reached: bool
) -> None:
    assert invariants.reaches(taken, number, {"a": 4, "b": 3}, 2) is reached


@pytest.mark.parametrize(
    ("event", "out"),
    [(joined(9), True), (joined(10), False), (joined(None), False), (joined(10, NOW - SECOND), True)],
)
def test_what_stands_before_the_place_of_a_joining_is_of_before_it_whatever_its_time(
    event: Event, *, out: bool
) -> None:
    assert is_out(RuntimeMeta(incarnation=5, joined_at=NOW, joined_from=10), event) is out
    assert is_out(RuntimeMeta(incarnation=5), event) is True, "they have not joined again"
    assert is_out(RuntimeMeta(), event) is False, "they were never erased"


def test_a_record_that_no_library_could_read_is_poison_with_its_reason() -> None:
    assert read_event(msgspec.structs.replace(record(), fault="no batch")) == Poison(
        msgspec.structs.replace(record(), fault="no batch"), "no batch"
    )


def test_what_the_machine_lacks_is_no_fault_of_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a record that is in order becomes a dead letter because a descriptor was lacking."""

    def failing(error: Exception) -> Any:
        def decode(*_: object) -> None:
            raise error

        monkeypatch.setattr(codec, "decode", decode)

    failing(OSError(24, "too many open files"))
    with pytest.raises(OSError, match="too many"):
        read_event(record())
    failing(KeyError("x"))
    assert read_event(record()) == Poison(record(), "can not be read: KeyError")


def test_what_is_read_again_is_marked_so_and_an_own_event_says_nothing_again() -> None:
    event = original_of(INVITES, record(), record())
    assert isinstance(event, Event)
    assert event.replayed
    assert not isinstance(read_event(record()), Poison)
    assert original_of(replace(INVITES, own=ACTIVITY), record(), record()) is None


def test_a_step_that_has_read_something_was_busy_and_the_next_one_is_not() -> None:
    """Else the task goes to sleep beside what waits, and counts its recoveries as failing ones."""
    one = OnePartition()
    one.tell(MemberJoined(name="Ada"))
    assert one.step() is True
    assert one.step() is False


class Begun(Silent):
    """Notes which steps have begun."""

    def __init__(self) -> None:
        self.works: list[Any] = []

    def began(self, work: Any, events: Any) -> None:
        self.works.append((work, events))


def test_a_stray_between_own_events_becomes_a_dead_letter_and_its_neighbours_do_not() -> None:
    one = OnePartition()
    one.tell(sent("a"))
    one.run()
    key, value, headers = codec.encode(joined())
    stray = one.cluster.append_plain(TOY.own, 0, Message(key, value, headers, 0))
    one.owner.observer = begun = Begun()
    one.owner.aside, one.owner.looked = 0, (stray + 1, stray + 1)
    finish(look_for_strays(one.owner))
    assert not owes_a_look(one.owner)
    (letter,) = one.cluster.committed(DEAD_LETTERS, 0)[0]
    assert FOREIGN.encode() in (letter.value or b"")
    assert [events for _, events in begun.works] == [()]
    assert finish(one.store.meta(0))["aside"] == str(stray + 1), "the next owner does not look again"


def test_what_a_failed_poll_had_taken_is_read_anew() -> None:
    """Else its records are forgotten: their positions have moved, and nobody was handed them."""
    reasons: list[str] = []

    class Feed:
        def invalidate(self, reason: str) -> None:
            reasons.append(reason)

    invariants.read_anew([Feed(), Feed()], "the poll failed")
    assert reasons == ["the poll failed"] * 2, "of every partition"
