"""Items that a service has left aside, as the last records of its topic tell; and having one tried again."""

from __future__ import annotations

from typing import Final

from rapport.composition import DECIDERS
from rapport.operating.letters import REASON_CHARS_MAX, cut
from rapport.system.dead_letter_reader import request_of, request_replays
from rapport.system.reading import existing_records
from services.gateway.port import ParkedLine, Replayed
from shared.contracts import REPLAY, Event, Parked, ReplayRequested, Unreadable, replay_requested
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import for_people
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.reading import read_event

RECORDS_LOOKED_AT_MAX: Final = 2_000
"""Of each partition, the last ones: whole topics may hold years."""
PARKED_SHOWN_MAX: Final = 100
_TYPE: Final = ("ce_type", Parked.TYPE.encode())


async def parked_lines(access: KafkaAccess) -> list[ParkedLine]:
    """Return the last `PARKED_SHOWN_MAX` of them, the newest first."""
    asked: set[str] = set()
    async for records in existing_records(access, [REPLAY], last=RECORDS_LOOKED_AT_MAX):
        asked.update(name for record in records if (name := _asked(record)))
    own = {decider.own: name for name, decider in DECIDERS.items()}
    found: list[ParkedLine] = []
    async for records in existing_records(access, own, last=RECORDS_LOOKED_AT_MAX):
        found += [line for record in records if (line := _line(record, own[record.topic], asked)) is not None]
    return sorted(found, key=lambda one: (one.logged, one.id), reverse=True)[:PARKED_SHOWN_MAX]


async def replay_parked(access: KafkaAccess, identity: str) -> Replayed:
    """Have an item tried again: by service, topic, partition and offset of the event that has parked it."""
    request = request_of(identity)
    if request is None or request.service not in DECIDERS:
        return Replayed((), ((identity, "is not service/topic/partition/offset"),))
    asked, left = await request_replays(access, [request])
    return Replayed(tuple(asked), tuple(left.items()))


def _line(record: Record, service: str, asked: set[str]) -> ParkedLine | None:
    if _TYPE not in record.headers:
        return None
    event = read_event(record)
    if not isinstance(event, Event) or not isinstance(event.data, Parked):
        return None
    request = ReplayRequested(service=service, topic=record.topic, partition=record.partition, offset=record.offset)
    return ParkedLine(
        request.id, for_people(record.logged_ms), cut(event.member, 100), cut(event.data.item, 200),
        cut(event.data.reason, REASON_CHARS_MAX), request.id in asked,
    )  # fmt: skip


def _asked(record: Record) -> str:
    try:
        request = replay_requested(record.value, record.headers)
    except Unreadable:
        return ""
    return "" if request is None else request.id
