"""The last dead letters, as a gateway looks at them: of the records that nobody has ticked off, and no more than so many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.doctor.parts import letters as letters_check
from rapport.operating import letters
from rapport.system import dead_letter_reader
from rapport.system.dead_letter_reader import read_letters
from shared.config.settings import Settings
from shared.contracts import ACTIVITY, DEAD_LETTERS, DeadLetter, DeadLetterDiscarded, discard_record
from shared.runtime.ports.interfaces import Record

ACCESS: Any = None
DEAD = [(service, offset) for offset in range(4) for service in ("digest", "followups", "invites")]
"""Four records, each set aside by three services."""
TICKED = (2, 3)


def written() -> list[Record]:
    """The topic: all letters first, and at last what was ticked off."""
    found = []
    for at, (service, offset) in enumerate(DEAD):
        letter = DeadLetter(service=service, topic=ACTIVITY, partition=0, offset=offset, reason="is not JSON")
        found.append(Record(DEAD_LETTERS, 0, at, b"", letter.model_dump_json().encode(), [], at))
    for at, offset in enumerate(TICKED, len(found)):
        discard = DeadLetterDiscarded(topic=ACTIVITY, partition=0, offset=offset)
        found.append(Record(DEAD_LETTERS, 0, at, *discard_record(discard, datetime(2026, 3, 2, tzinfo=UTC)), at))
    return found


@pytest.fixture(autouse=True)
def topic(monkeypatch: pytest.MonkeyPatch) -> None:
    async def existing_records(
        _: object, topics: Sequence[str], last: int | None = None
    ) -> AsyncIterator[Sequence[Record]]:
        for record in written() if topics == [DEAD_LETTERS] else []:
            yield [record]

    monkeypatch.setattr(dead_letter_reader, "existing_records", existing_records)


@pytest.mark.parametrize(("last", "offsets"), [(1, {1}), (2, {0, 1}), (3, {0, 1}), (None, {0, 1, 2, 3})])
async def test_open_ones_count_by_record_and_ticked_ones_do_not(last: int | None, offsets: set[int]) -> None:
    found = await read_letters(ACCESS, last)
    assert {one.letter.offset for one in found} == offsets
    assert len(found) == 3 * len(offsets), "each with all services that have set it aside"
    assert {one.letter.offset for one in found if one.discarded} == offsets & {*TICKED}


async def test_one_is_found_by_its_place_whether_or_not_it_was_ticked_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "LETTERS_LOOKED_AT_MAX", 1)
    found = await letters._chosen(ACCESS, [f"{ACTIVITY}/0/{offset}" for offset in (0, 3, 9)])
    assert [(one.letters[0].letter.offset, one.discarded, len(one.services)) for one in found] == [
        (0, False, 3), (3, True, 3),
    ]  # fmt: skip


async def test_where_there_may_be_more_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, *counts = await letters.letter_lines(ACCESS)
    assert ([one.place for one in lines], counts) == ([f"{ACTIVITY}/0/1", f"{ACTIVITY}/0/0"], [2, 0])
    monkeypatch.setattr(letters, "LETTERS_LOOKED_AT_MAX", 1)
    lines, *counts = await letters.letter_lines(ACCESS)
    assert ([one.place for one in lines], counts) == ([f"{ACTIVITY}/0/1"], [1, 1])
    settings = Settings.model_validate({"kafka": "k:1"})
    says = [(await letters_check.dead_letters_check(settings, last)).says.partition(" ->")[0] for last in (None, 9, 1)]
    assert says == ["2 records", "2 records", "of the newest 1: 1 record"]
