"""What `rapport doctor` says of records that were set aside."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rapport.doctor.parts.check import Check

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.contracts import DeadLetter

SECONDS_MAX = 30.0
LETTERS = "rapport dead-letters list"
NAMED_LETTERS = {
    "partition": "on another partition than their key's: their producer has to choose by murmur2 of the key",
    "foreign": "put on a service's own topic by somebody else: products write to rapport.activity.v1",
    "batch": "in batches that nobody can read",
}
"""Classes of dead letters that a producer goes on making until it is set right."""


async def dead_letters_check(settings: Settings, last: int | None = None) -> Check:
    """Say how many records were set aside. It is no problem of the system's: producers wrote them, and everything goes on.

    `last`: of dead letters only so many last ones of each partition are counted; None: all.
    """
    from aiokafka.errors import KafkaError

    from rapport.system.dead_letter_reader import read_letters
    from rapport.system.endpoints import kafka_access
    from rapport.terminal.failure import Failure

    name = "dead letters"
    try:
        async with asyncio.timeout(SECONDS_MAX):
            found = await read_letters(kafka_access(settings), last)
    except (Failure, KafkaError, OSError, TimeoutError) as error:
        return Check(name, ok=True, says=f"not looked at ({str(error) or type(error).__name__})")
    says = letters_line([letter.letter for letter in found if not letter.replayed and not letter.discarded])
    cut = (
        last is not None and len({(one.letter.topic, one.letter.partition, one.letter.offset) for one in found}) >= last
    )
    return Check(name, ok=True, says=f"of the newest {last:,}: {says}" if cut else says)


def letters_line(letters: Sequence[DeadLetter]) -> str:
    """Count records that were set aside; those whose cause goes on until somebody mends a producer are named by it."""
    from shared.runtime.observability import metric_labels

    if not letters:
        return "none"
    places = {
        (one.topic, one.partition, one.offset): metric_labels.of_dead_letter(one.reason, one.field) for one in letters
    }
    kinds = Counter(places.values())
    named = [f"{kinds[kind]:,} {words}" for kind, words in NAMED_LETTERS.items() if kinds[kind]]
    says = f"{len(places):,} {'record' if len(places) == 1 else 'records'}"
    of_them = f", of them {'; '.join(named)}" if named else ""
    return f"{says}{of_them} -> {LETTERS}"
