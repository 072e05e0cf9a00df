"""Dead letters for the operators' page: the last ones, one with its record, and what is done about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rapport.system.dead_letter_entries import Entry, discard, entries
from rapport.system.dead_letter_reader import in_full, original, read_letters, request_for, request_replays
from services.gateway.port import LetterInFull, LetterLine, Replayed
from shared.runtime.kafka.connection import KafkaAccess

LETTERS_SHOWN_MAX: Final = 100
LETTERS_LOOKED_AT_MAX: Final = 2_000
"""Of each partition of their topic the last ones, and of all open records: they must not fill a gateway's memory."""
TEXT_CHARS_MAX: Final = 4_000
"""Of a key, a header, or a value that the page shows."""
HEADERS_MAX: Final = 40
REASON_CHARS_MAX: Final = 400


async def letter_lines(access: KafkaAccess) -> tuple[list[LetterLine], int, int]:
    """Return the last `LETTERS_SHOWN_MAX` that were not ticked off, the newest first; how many were found, and of how many.

    Of how many: so many newest ones alone; 0: of all that were looked at.
    """
    found = [one for one in entries(await read_letters(access, LETTERS_LOOKED_AT_MAX)) if not one.discarded]
    newest = LETTERS_LOOKED_AT_MAX if len(found) >= LETTERS_LOOKED_AT_MAX else 0
    return [_line(one) for one in found[: -LETTERS_SHOWN_MAX - 1 : -1]], len(found), newest


async def letter_in_full(access: KafkaAccess, place: str) -> LetterInFull | None:
    """Return one by the place of its record, ticked off or not; None where there is none."""
    if not (found := await _chosen(access, [place])):
        return None
    first = found[0].letters[0]
    in_detail = in_full(first, await original(access, first.letter))
    return LetterInFull(_line(found[0]), _wrong(in_detail), tuple(_rows(in_detail)))


async def replay(access: KafkaAccess, places: Sequence[str]) -> Replayed:
    """Have the records at these places read again by every service that has set them aside."""
    found = await _chosen(access, places)
    asked, left = await request_replays(
        access, [request_for(letter.letter) for entry in found for letter in entry.letters]
    )
    found_ids = {entry.id for entry in found}
    gone = [(place, "there is no dead letter about it") for place in places if place not in found_ids]
    return Replayed(tuple(asked), (*left.items(), *gone))


async def tick_off(access: KafkaAccess, places: Sequence[str]) -> int:
    """Tick records off; return how many it were."""
    found = [one for one in await _chosen(access, places) if not one.discarded]
    if found:
        await discard(access, found)
    return len(found)


async def _chosen(access: KafkaAccess, places: Sequence[str]) -> list[Entry]:
    return entries(await read_letters(access, LETTERS_LOOKED_AT_MAX, set(places)))


def _line(entry: Entry) -> LetterLine:
    return LetterLine(
        entry.id, entry.logged, cut(entry.reason, REASON_CHARS_MAX), tuple(entry.services),
        cut(entry.letters[0].named, REASON_CHARS_MAX), entry.replayed,
    )  # fmt: skip


def _wrong(in_detail: dict[str, Any]) -> str:
    wrong = in_detail["now"].get("unreadable") or {}
    return ": ".join(str(wrong[name]) for name in ("field", "reason") if wrong.get(name))


def _rows(in_detail: dict[str, Any]) -> list[tuple[str, str]]:
    record = in_detail.get("record") or {
        "key": in_detail["key_prefix"],
        "value": in_detail["value_prefix"],
        "headers": {},
    }
    headers = list(record["headers"].items())
    more = [("and", f"{len(headers) - HEADERS_MAX:,} more headers")] if len(headers) > HEADERS_MAX else []
    rows = [("key", record["key"] or ""), *headers[:HEADERS_MAX], *more, ("value", record["value"] or "")]
    return [(cut(name, 100), cut(text or "", TEXT_CHARS_MAX)) for name, text in rows]


def cut(text: str, chars_max: int) -> str:
    """Return a text from outside, cut where it is long."""
    return text if len(text) <= chars_max else f"{text[:chars_max]}… ({len(text):,} characters)"
