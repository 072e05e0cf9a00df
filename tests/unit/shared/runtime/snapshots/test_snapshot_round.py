"""Below which offsets nothing is needed once a round of snapshots is over."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts import ACTIVITY, INVITES, REPLAY
from shared.runtime.ports.interfaces import Message, Record
from shared.runtime.ports.limits import SNAPSHOT_BESIDE_BYTES_MIN
from shared.runtime.snapshot_model.needed import needed_from
from shared.runtime.snapshot_model.snapshot_form import FORM, Part, Position, messages_of, part_in
from shared.runtime.snapshot_model.snapshot_state import Round
from shared.runtime.snapshots import snapshot_round


def turn(checkpoint: str = "28 digest") -> Round:
    position = Position({ACTIVITY: 20, REPLAY: 5, INVITES: 30}, 7, checkpoint, 0)
    return Round(position, datetime(2026, 3, 2, tzinfo=UTC), deque())


def test_all_but_the_last_own_event_and_the_requests_may_go() -> None:
    assert needed_from(turn(), {}, INVITES, 30) == {ACTIVITY: 20, INVITES: 28}


@pytest.mark.parametrize(("aside", "needed"), [(0, 0), (12, 12), (28, 28), (30, 28)])
def test_what_was_not_looked_through_for_strays_stays(aside: int, needed: int) -> None:
    assert needed_from(turn(), {}, INVITES, aside)[INVITES] == needed
    assert needed_from(turn(), {INVITES: 9}, INVITES, aside)[INVITES] == max(needed, 9), "what was gone is gone"


def test_who_has_said_nothing_needs_nothing_of_it() -> None:
    assert needed_from(turn(checkpoint=""), {}, INVITES, 30)[INVITES] == 30


def test_what_a_request_has_named_stays() -> None:
    named = turn()
    named.named[ACTIVITY] = 3
    assert needed_from(named, {}, INVITES, 30)[ACTIVITY] == 3


@pytest.mark.parametrize(("size", "beside"), [(10, False), (SNAPSHOT_BESIDE_BYTES_MIN, True)])
async def test_a_large_member_is_packed_beside_the_event_loop(
    monkeypatch: pytest.MonkeyPatch, size: int, beside: bool
) -> None:
    threads: list[int] = []

    def noting(*arguments: Any) -> list[Message]:
        threads.append(threading.get_ident())
        return messages_of(*arguments)

    monkeypatch.setattr(snapshot_round, "messages_of", noting)
    template = Part(FORM, "ada", "s", 0, 0, 1, "", Position({}, 0, "", 0), b"", 0)
    values = {"": bytes(size)}
    packed = await snapshot_round._packed(template, values, 0)
    assert [part_in(Record("", 0, 0, one.key, one.value, (), 0)).member for one in packed] == ["ada"] * len(packed)
    assert (threads != [threading.get_ident()]) is beside
