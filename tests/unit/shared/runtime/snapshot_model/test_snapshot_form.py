"""Values and timers of a snapshot are cut into parts, and come out of them as they went in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from shared.runtime.ports.interfaces import Record, Refused
from shared.runtime.snapshot_model import snapshot_form
from shared.runtime.snapshot_model.snapshot_form import FORM, Part, Position, messages_of, part_in, timers_in, values_in

TEMPLATE = Part(FORM, "ada", "s", 0, 0, 1, "rules", Position({}, 0, "", 0), b"", 0)
VALUES = {"": b"profile", "invite/a": b"1", "invite/b": b"22"}
TIMERS = {"invite/a": 5, "invite/b": 1_750_000_000_000}


def parts_of(timers: Mapping[str, int] | None, values: Mapping[str, bytes] = VALUES) -> list[Part]:
    messages = messages_of(TEMPLATE, values, 0, timers)
    return [part_in(Record("", 0, number, one.key, one.value, (), 0)) for number, one in enumerate(messages)]


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
@pytest.mark.parametrize("timers", [TIMERS, {}, {"invite/b": 9}])
def test_however_they_are_cut(monkeypatch: pytest.MonkeyPatch, size: int, timers: Mapping[str, int]) -> None:
    monkeypatch.setattr(snapshot_form, "SNAPSHOT_CHUNK_BYTES_MAX", size)
    parts = parts_of(timers)
    assert all(len(part.chunk) + len(part.timers) == size for part in parts[:-1])
    assert values_in(parts) == VALUES
    assert timers_in(parts, VALUES) == timers


def test_what_is_not_said_is_to_be_found_out() -> None:
    assert timers_in(parts_of(None), VALUES) is None


def test_a_timer_of_what_is_not_there_has_all_of_them_found_out() -> None:
    assert timers_in(parts_of({**TIMERS, "invite/gone": 1}), VALUES) is None


def test_timers_of_other_items_are_to_be_found_out() -> None:
    assert timers_in(parts_of(TIMERS), [*VALUES, "invite/c"]) is None


def test_timers_that_can_not_be_read_are_to_be_found_out_and_values_are_refused() -> None:
    (part,) = parts_of(TIMERS)
    assert timers_in([replace(part, timers=part.timers[:-1])], VALUES) is None
    with pytest.raises(Refused, match="can not be read"):
        values_in([replace(part, chunk=part.chunk[:-1])])


def test_timers_make_no_member_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_form, "SNAPSHOT_CHUNK_BYTES_MAX", sum(len(part.chunk) for part in parts_of(None)))
    monkeypatch.setattr(snapshot_form, "SNAPSHOT_PARTS_MAX", 1)
    assert timers_in(parts_of(TIMERS), VALUES) is None
    with pytest.raises(snapshot_form.TooLarge):
        parts_of(None, {**VALUES, "invite/c": b"333333333333"})
