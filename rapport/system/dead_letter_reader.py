"""Dead letters as they stand on their topic, the records that they are about, and requests to read those again."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from rapport.system.endpoints import topic_partitions
from rapport.system.reading import existing_records
from rapport.terminal.record_lines import as_object as record_object
from shared.contracts import (
    DEAD_LETTERS,
    EVENT_TOPICS,
    REPLAY,
    DeadLetter,
    ReplayRequested,
    Unreadable,
    discarded,
    replay_request,
    replay_requested,
)
from shared.contracts.fields import instant_text
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka.publishing import PublishingBroker
from shared.runtime.ports.instants import for_people, from_ms
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.reading import Poison, read_event

GONE = "the record is not there any more"
NO_PARTITION = "there is no such partition of this topic"


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, said once or more often."""

    letter: DeadLetter
    logged: datetime
    replayed: bool
    discarded: bool = False
    """Whether a person has ticked the record off."""

    @property
    def id(self) -> str:
        """The CloudEvents id: service/topic/partition/offset."""
        return request_for(self.letter).id

    @property
    def named(self) -> str:
        """What names the event, for its producer: type, id, source and member, as far as they could be read."""
        letter = self.letter
        names = (("", letter.event_type), ("id ", letter.event_id), ("source ", letter.event_source))
        return ", ".join(f"{name}{text}" for name, text in (*names, ("member ", letter.member)) if text)

    @property
    def reason(self) -> str:
        """The field that was refused, where there is one, and why."""
        return f"{self.letter.field}: {self.letter.reason}" if self.letter.field else self.letter.reason


def request_for(letter: DeadLetter) -> ReplayRequested:
    """Return the request to read the record of a dead letter again."""
    return ReplayRequested(service=letter.service, topic=letter.topic, partition=letter.partition, offset=letter.offset)


def position_of(letter: DeadLetter) -> str:
    """Return the place of the record that a letter is about: topic/partition/offset."""
    return f"{letter.topic}/{letter.partition}/{letter.offset}"


def is_position(name: str) -> bool:
    """Say whether a name is the place of a record, without a service before it."""
    return request_of(f"any/{name}") is not None


def request_of(name: str) -> ReplayRequested | None:
    """Return the request that an id means (service/topic/partition/offset), None when it is no such id."""
    service, _, place = name.partition("/")
    topic, *numbers = place.split("/")
    if len(numbers) != 2 or topic not in EVENT_TOPICS or not all(number.isdecimal() for number in numbers):
        return None
    try:
        return ReplayRequested(service=service, topic=topic, partition=int(numbers[0]), offset=int(numbers[1]))
    except ValidationError:
        return None


async def read_letters(
    access: KafkaAccess, last: int | None = None, places: AbstractSet[str] | None = None
) -> list[Letter]:
    """Return every dead letter once, by the time at which it was set aside, and whether a replay was asked for since.

    `last`: of those in that many last places of each partition, and of so many records in all that were not ticked off, the
    newest; None: of all. `places`: of the records at these places alone, ticked off or not.
    """
    if last is not None and places is None:
        places = await _newest_open(access, last)
    asked: set[str] = set()
    async for records in existing_records(access, [REPLAY], last=last):
        asked.update(request.id for record in records if (request := _request(record)) is not None)
    letters: dict[str, Letter] = {}
    gone: set[str] = set()
    async for records in existing_records(access, [DEAD_LETTERS], last=last):
        for record in records:
            if (ticked := discarded(record.value, record.headers)) is not None:
                gone.add(ticked.id)
            elif (letter := _letter(record)) is not None and (places is None or position_of(letter) in places):
                name = request_for(letter).id
                letters.setdefault(name, Letter(letter, for_people(record.logged_ms), name in asked))
    found = [replace(one, discarded=position_of(one.letter) in gone) for one in letters.values()]
    return sorted(found, key=lambda one: (one.logged, one.id))


async def _newest_open(access: KafkaAccess, count: int) -> AbstractSet[str]:
    """Return the places of the records that were set aside last and not ticked off: no letter is held for that.

    Which are ticked off is known at the end alone, so what is to be shown is read after it.
    """
    logged: dict[str, int] = {}
    gone: set[str] = set()
    async for records in existing_records(access, [DEAD_LETTERS], last=count):
        for record in records:
            if (ticked := discarded(record.value, record.headers)) is not None:
                gone.add(ticked.id)
            elif (letter := _letter(record)) is not None:
                place = position_of(letter)
                logged[place] = max(record.logged_ms, logged.get(place, 0))
    open_ones = sorted((at, place) for place, at in logged.items() if place not in gone)
    return {place for _, place in open_ones[-count:]}


async def original(access: KafkaAccess, letter: DeadLetter) -> Record | None:
    """Return the record that a letter is about as it stands now, None where it is not there any more."""
    request = request_for(letter)
    found = (await _originals(access, [request]))[request.id]
    return found if isinstance(found, Record) else None


async def request_replays(access: KafkaAccess, requests: Sequence[ReplayRequested]) -> tuple[list[str], dict[str, str]]:
    """Ask for the records to be read again; return the ids of those, and why others were left alone."""
    asked: list[str] = []
    left: dict[str, str] = {}
    found, partitions = await _originals(access, requests), await topic_partitions(access)
    async with PublishingBroker(access) as broker:
        for request in requests:
            if (reason := _still_wrong(found[request.id], partitions.get(request.topic, 0))) is not None:
                left[request.id] = reason
                continue
            now = time.time_ns() // 1_000_000
            await (await broker.append(REPLAY, replay_request(request, from_ms(now)), request.partition, now))
            asked.append(request.id)
    return asked, left


def as_object(letter: Letter) -> dict[str, Any]:
    """Return a dead letter for programs."""
    fields = json.loads(letter.letter.model_dump_json(exclude_none=True))
    return {"id": letter.id, "logged": instant_text(letter.logged), "replay_asked_for": letter.replayed, **fields}


def in_full(letter: Letter, record: Record | None) -> dict[str, Any]:
    """Return a dead letter with the record that it is about as texts, and what is wrong with that under the present rules.

    Without the record, the letter tells how its key and value began.
    """
    fields = as_object(letter) | {name: _text(getattr(letter.letter, name)) for name in ("key_prefix", "value_prefix")}
    if record is None:
        return {**fields, "now": {"unreadable": {"reason": GONE}}}
    del fields["key_prefix"], fields["value_prefix"]
    headers = {name: _text(value) for name, value in record.headers}
    shown = {"key": _text(record.key), "headers": headers, "value": _text(record.value)}
    return {**fields, "record": shown, "now": record_object(record)}


def _text(value: bytes | None) -> str | None:
    """Return bytes as people read them; what is no UTF-8 stands there escaped."""
    return None if value is None else value.decode(errors="backslashreplace")


def plain(text: str) -> str:
    """Keep a text from outside on its line."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


async def _originals(access: KafkaAccess, requests: Sequence[ReplayRequested]) -> dict[str, Record | str]:
    """Read each record by its place, or say why it can not be."""
    found: dict[str, Record | str] = {request.id: GONE for request in requests}
    if not requests:
        return found
    partitions = await topic_partitions(access)
    log = KafkaLog(access, requests[0].topic, [request.topic for request in requests])
    await log.start()
    try:
        for at in requests:
            if at.partition >= partitions.get(at.topic, 0):  # Kafka would be asked for it until the patience ends
                found[at.id] = NO_PARTITION
                continue
            bounds = (await log.bounds([at.topic], at.partition))[at.topic]
            if bounds.begin <= at.offset < bounds.end:
                records, _ = await log.read(at.topic, at.partition, at.offset, at.offset + 1, 1)
                found[at.id] = records[0] if records else GONE
    finally:
        await log.stop()
    return found


def _still_wrong(record: Record | str, partitions: int) -> str | None:
    if isinstance(record, str):
        return record
    event = read_event(record, None, partitions)
    if isinstance(event, Poison):
        return f"{event.field}: {event.reason}" if event.field else event.reason
    return None


def _letter(record: Record) -> DeadLetter | None:
    try:
        return DeadLetter.model_validate_json(record.value or b"")
    except ValidationError:
        return None


def _request(record: Record) -> ReplayRequested | None:
    try:
        return replay_requested(record.value, record.headers)
    except Unreadable:
        return None
