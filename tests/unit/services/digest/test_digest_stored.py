"""The short form in which the store has a person, a reason and what waits: exactly as its page says, and read again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.digest.decider import DECIDER
from services.digest.model.state import Favour, Followup, Item, OpenFollowups, Person, QuietRule, Reason, Text
from shared.runtime.processing.member.stored_form import StoredForm
from tests.unit.services.digest.digest_world import utc

T0 = utc("2026-11-20 00:00")
T1 = T0 + timedelta(days=1)
FIRST, SECOND = (round(at.timestamp() * 1000).to_bytes(6, "big") + name for at, name in ((T0, b"e1"), (T1, b"e2")))
FORM = StoredForm(DECIDER)


@pytest.mark.parametrize(
    ("item", "stored"),
    [
        (Person(), [0]),
        (Person(name=Text(T0, "e1", "Ada"), profile=Text(T0, "e1", "https://a.example")),
         [0, [FIRST], "Ada", None, None, "https://a.example"]),
        (Person(name=Text(T0, "e1", "Ada"), note=Text(T1, "e2", "Collects clocks.")),
         [0, [FIRST, SECOND], "Ada", None, [1, "Collects clocks."]]),
        (Person(headline=Text(T0, "e1", "")), [0, [FIRST], None, [0, ""]]),
        (Person(received=(Favour(T0, "e1", "A list."),), given=(Favour(T1, "e2", "A review."),)),
         [0, [], None, None, None, None, [[T0, "e1", "A list."]], [[T1, "e2", "A review."]]]),
        (Reason(), [1]),
        (Reason(Text(T0, "e1", "Clocks"), Text(T0, "e1", "mine"), "c1"), [1, [FIRST], "Clocks", 1, "c1"]),
        (Reason(side=Text(T0, "e1", "theirs")), [1, [FIRST], None, 2]),
        (Reason(Text(T0, "e1", "Clocks"), Text(T1, "e2", "mine"), "c1"),
         [1, [FIRST, SECOND], "Clocks", [1, "mine"], "c1"]),
        (OpenFollowups(), [2]),
        (OpenFollowups({}, {"thank": QuietRule(7, T0)}), [2, [], [], {"thank": [7, T0]}]),
    ],
)  # fmt: skip
def test_an_item_is_stored_as_its_page_says(item: Item, stored: list[Any]) -> None:
    packed = DECIDER.pack("key", item)
    assert msgspec.msgpack.encode(packed) == msgspec.msgpack.encode(stored)
    assert FORM.item("key", FORM.of_item("key", item)) == item


def test_what_waits_is_stored_field_by_field() -> None:
    day = T0.replace(tzinfo=None)
    item = OpenFollowups({"a": Followup(1, T0, "thank", on_day=day), "b": Followup(2, ended_at=T1)})
    marker, ids, columns = DECIDER.pack("open", item)  # type: ignore[misc]  # a list
    assert (marker, ids, columns[0], columns[1]) == (2, ["a", "b"], [1, 2], [T0, None])
    assert FORM.item("open", FORM.of_item("open", item)) == item
