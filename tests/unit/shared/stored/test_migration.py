"""Steps from one state version to the next: on plain values, the runtime's own left alone, one after the other."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.stored.compressed import COMPRESSED_FROM_BYTES, compressed, whole
from shared.stored.item_names import NOTES, PROFILE
from shared.stored.migration import Migration, NoMigration, gap, of_form, read_alike, way

ENCODE, DECODE = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode
LONG = "x" * COMPRESSED_FROM_BYTES


def renamed(key: str, value: Any) -> Any:
    """A field has another name, and drafts are stored no more."""
    if key == "draft/1":
        return None
    return {"n": value.pop("m"), **value} if key else value


def test_each_value_is_changed_whatever_its_length_and_what_the_runtime_keeps_is_not() -> None:
    notes = b"\xff of the runtime"
    stored = {PROFILE: {"p": 1}, "invite/1": {"m": LONG}, "draft/1": {"m": ""}}
    values = {NOTES: notes} | {key: compressed(ENCODE(value)) for key, value in stored.items()}
    assert values["invite/1"] != ENCODE(stored["invite/1"]), "it is compressed"
    made = dict(of_form(renamed).change(values))
    assert made.pop(NOTES) == notes
    assert {key: DECODE(whole(value)) for key, value in made.items()} == {PROFILE: {"p": 1}, "invite/1": {"n": LONG}}
    assert made["invite/1"] == compressed(ENCODE({"n": LONG}))
    assert values.keys() == {NOTES, *stored}, "what was given is as it was"
    assert read_alike().change(values) == values


def test_a_way_has_all_steps_in_their_order_or_is_none() -> None:
    first, second = read_alike(), of_form(renamed)
    steps: dict[int, Migration | NoMigration] = {4: first, 5: second}
    assert way(steps, 4, 6) == (first, second)
    assert way(steps, 6, 6) == ()
    assert way(steps, 3, 6) is None
    assert way(steps, 7, 6) is None, "a newer version wrote it"
    steps[5] = NoMigration("times were counted twice")
    assert way(steps, 4, 6) is None
    assert gap(steps, 4, 6) == "nothing migrates what version 5 has stored: times were counted twice"
    assert gap(steps, 3, 6) == "nothing migrates what version 3 has stored"
    assert gap(steps, 7, 6) == "a newer version has written them"
