"""Dead letters as people go through them: one entry for each record, whichever services have set it aside."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.system.dead_letter_reader import Letter, as_object, plain, position_of
from rapport.system.endpoints import partitions_of
from shared.contracts import DEAD_LETTERS, DeadLetterDiscarded, discard_record
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.publishing import PublishingBroker
from shared.runtime.ports.instants import from_ms


@dataclass(frozen=True, slots=True)
class Entry:
    """All dead letters about one record, the earliest first; at least one."""

    letters: tuple[Letter, ...]

    @property
    def id(self) -> str:
        """The place of the record: topic/partition/offset."""
        return position_of(self.letters[0].letter)

    @property
    def logged(self) -> datetime:
        """When the first service has set it aside."""
        return self.letters[0].logged

    @property
    def services(self) -> list[str]:
        """Those that have set it aside."""
        return sorted(letter.letter.service for letter in self.letters)

    @property
    def replayed(self) -> bool:
        """Whether a replay was asked for, for each of them."""
        return all(letter.replayed for letter in self.letters)

    @property
    def discarded(self) -> bool:
        """Whether a person has ticked it off."""
        return self.letters[0].discarded

    @property
    def reason(self) -> str:
        """Why; by service, where they say different things."""
        reasons = {letter.reason for letter in self.letters}
        if len(reasons) == 1:
            return self.letters[0].reason
        return "; ".join(f"{letter.letter.service}: {letter.reason}" for letter in self.letters)


def entries(letters: Iterable[Letter]) -> list[Entry]:
    """Return one entry for each record, in the order in which the first letters came."""
    found: dict[str, list[Letter]] = {}
    for letter in letters:
        found.setdefault(position_of(letter.letter), []).append(letter)
    return [Entry(tuple(of_one)) for of_one in found.values()]


def line_of(entry: Entry) -> str:
    """Return an entry for people, on one line."""
    named = entry.letters[0].named
    marks = [text for text, is_so in (("replay asked for", entry.replayed), ("discarded", entry.discarded)) if is_so]
    parts = [f"{entry.logged:%Y-%m-%d %H:%M:%S}", plain(entry.id), plain(entry.reason)]
    parts += [f"({', '.join(plain(service) for service in entry.services)})"]
    parts += [f"[{plain(named)}]"] if named else []
    return "  ".join([*parts, *(f"({mark})" for mark in marks)])


def entry_object(entry: Entry) -> dict[str, Any]:
    """Return an entry for programs: what its first letter says, and what differs by service."""
    first = as_object(entry.letters[0])
    del first["service"]
    reasons = {letter.letter.service: letter.reason for letter in entry.letters}
    more = {"services": entry.services, "reasons": reasons, "discarded": entry.discarded}
    return {**first, "id": entry.id, "replay_asked_for": entry.replayed, **more}


async def discard(access: KafkaAccess, chosen: Sequence[Entry]) -> None:
    """Tick records off: one small record for each, on the partition of the record that it names."""
    partitions = await partitions_of(access, DEAD_LETTERS)
    async with PublishingBroker(access) as broker:
        for entry in chosen:
            letter = entry.letters[0].letter
            now = time.time_ns() // 1_000_000
            discarded = DeadLetterDiscarded(topic=letter.topic, partition=letter.partition, offset=letter.offset)
            at = letter.partition if letter.partition < partitions else 0
            await (await broker.append(DEAD_LETTERS, discard_record(discarded, from_ms(now)), at, now))
