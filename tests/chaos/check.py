"""The judgement after a run, from outside: the topics alone say what must be true, and the store must be what they say.

It holds the promises by the rules (`shared/testing/simulation/checker.py`), and some of them a second time without any rule,
so that the two do not share a mistake: nothing said twice, nothing let go after an answer that had been acknowledged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from shared.contracts import (
    ACTIVITY,
    DEAD_LETTERS,
    Event,
    FollowupDue,
    FollowupScheduled,
    InviteAccepted,
    InviteDeclined,
    InviteIgnored,
    InviteReported,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteWithdrawn,
    MemberErased,
    MemberJoined,
    Parked,
)
from shared.contracts.topics import topic_plan
from shared.decider import Decider
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.member.shell_events import applied_by
from shared.runtime.processing.reading import Poison, read_event
from shared.stored.item_names import key_of
from shared.testing.judgement import Contents, compare
from shared.testing.simulation.checker import Replay
from tests.chaos.crew import Bearings
from tests.chaos.mails import mails_against
from tests.e2e.outside import Acknowledged, Records, judge
from tests.simulation.sabotage import kind_of

ANSWERS = InviteAccepted | InviteDeclined | InviteWithdrawn | InviteReported
LETTING_GO = InviteIgnored | InviteRetractionNoticed | InviteRetracted


@dataclass(slots=True)
class Findings:
    """What the checker saw."""

    violations: list[str] = field(default_factory=list)
    events: int = 0
    own_events: int = 0
    wakes: int = 0
    """Events that only a wake can say."""
    dead_letters: int = 0
    parked: int = 0
    retracted: int = 0
    mails: int = 0
    said: Counter[str] = field(default_factory=Counter)


async def check(
    where: Bearings,
    deciders: Sequence[Decider[Any, Any]],
    acknowledged: Acknowledged,
    settled: datetime,
    mails: Sequence[bytes],
    unknown_mails_max: int | None,
    records: Records,
) -> Findings:
    """Read the store, which nobody writes any more, and judge. What fell due until `settled` is said.

    `records`: all that was ever committed.
    """
    findings = Findings(events=sum(len(found) for (topic, _), found in records.items() if topic == ACTIVITY))
    findings.violations += _still_there(records, acknowledged)
    findings.dead_letters = sum(len(found) for (topic, _), found in records.items() if topic == DEAD_LETTERS)
    store = Redis.from_url(where.redis)
    try:
        for decider in deciders:
            verdict = judge(decider, records, settled, acknowledged)
            findings.violations += [*verdict.violations, *(f"{decider.name}: {left}" for left in verdict.unpublished)]
            findings.violations += _needless_letters(decider, records)
            for number, replay in enumerate(verdict.replays):
                findings.violations += await _store(store, decider, number, replay)
                findings.violations += _laws(decider, number, replay, findings)
    finally:
        await store.aclose()
    findings.violations += _against_answers(records, acknowledged)
    findings.mails = len(mails)
    findings.violations += mails_against(records, mails, unknown_mails_max)
    return findings


def _still_there(records: Records, acknowledged: Acknowledged) -> Iterator[str]:
    """What Kafka had acknowledged stands in its log."""
    there = {(topic, number, one.offset) for (topic, number), found in records.items() for one in found}
    for topic, number, offset in acknowledged:
        if (topic, number, offset) not in there:
            yield f"{topic} {number} {offset} was acknowledged and is gone"


def _needless_letters(decider: Decider[Any, Any], records: Records) -> Iterator[str]:
    """A dead letter names a record that can not be read, or that stands on another partition than its key's."""
    partitions = topic_plan().partitions
    poison = {
        f"{decider.name}/{topic}/{number}/{one.offset}"
        for (topic, number), found in records.items()
        if topic in decider.reads
        for one in found
        if isinstance(read_event(one, applied_by(decider), partitions), Poison)
    }
    for (topic, _), found in records.items():
        for letter in found if topic == DEAD_LETTERS else ():
            name = dict(letter.headers)["ce_id"].decode()
            if name.startswith(f"{decider.name}/") and name not in poison:
                yield f"{decider.name}: dead letter {name}, and the record can be read"


def _laws(decider: Decider[Any, Any], number: int, replay: Replay, findings: Findings) -> Iterator[str]:
    """What holds of own events without knowing any rule: places only grow, and what is once is said once."""
    input_offsets: Mapping[str, int] = {}
    once: Counter[object] = Counter()
    for record in replay.evidence.own:
        event = read_event(record)
        if not isinstance(event, Event) or event.input_offsets is None:
            continue
        if any(event.input_offsets.get(topic, 0) < offset for topic, offset in input_offsets.items()):
            yield f"{decider.name} {number}: the place of number {event.number} lies before the one before it"
        input_offsets = event.input_offsets
        once[event.id] += 1
        findings.own_events += 1
        findings.said[event.data.TYPE] += 1
        match event.data:
            case InviteRetracted(invite_id=invite):
                findings.retracted += 1
                findings.wakes += 1
                once[event.member, event.incarnation, "retracted", invite] += 1
            case FollowupDue(followup_id=name, attempt=attempt):
                findings.wakes += 1
                once[event.member, event.incarnation, "due", name, attempt] += 1
            case FollowupScheduled(followup_id=name):
                once[event.member, event.incarnation, "scheduled", name] += 1
            case InviteIgnored() | InviteRetractionNoticed():
                findings.wakes += 1
            case Parked(item=item):
                findings.parked += 1
                if kind_of(item) is None:
                    yield f"{decider.name} {number}: {event.member} {item} was parked: {event.data.reason}"
            case _:
                pass  # the other kinds may come more than once
    yield from (f"{decider.name} {number}: {what} {times} times" for what, times in once.items() if times > 1)


def _against_answers(records: Records, acknowledged: Acknowledged) -> Iterator[str]:
    """Nothing is let go at an instant before which an answer had been acknowledged, in the same incarnation of the member."""
    answered: dict[tuple[str, int, str], datetime] = {}
    for number in range(topic_plan().partitions):
        for incarnation, record, event in _counting(_events(records[ACTIVITY, number])):
            when = acknowledged.get((ACTIVITY, number, record.offset))
            if isinstance(event.data, ANSWERS) and when is not None:
                invite = event.member, incarnation, event.data.invite_id
                answered[invite] = min(when, answered.get(invite, when))
    for number in range(topic_plan().partitions):
        for record, event in _events(records["rapport.invites.v1", number]):
            if isinstance(event.data, LETTING_GO):
                when = answered.get((event.member, event.incarnation, event.data.invite_id))
                if when is not None and when < event.time:
                    yield (
                        f"invites {number}: {event.data.TYPE} of {event.member} {event.data.invite_id} at {event.time},"
                        f" offset {record.offset}; an answer was acknowledged at {when}"
                    )


def _counting(events: Iterable[tuple[Record, Event]]) -> Iterator[tuple[int, Record, Event]]:
    """Yield the activities that count, with the member's incarnation: of who was erased, those of since they joined again.

    Erasures and joinings that are told again, under the same id, are none.
    """
    incarnations: dict[str, int] = {}
    joined: dict[str, datetime | None] = {}
    turns: set[str] = set()
    for record, event in events:
        again = event.id in turns
        match event.data:
            case MemberErased() if not again:
                incarnations[event.member], joined[event.member] = record.offset + 1, None
                turns.add(event.id)
            case MemberJoined() if not again:
                turns.add(event.id)
                if event.member in joined and joined[event.member] is None:
                    joined[event.member] = event.time
            case _:
                since = joined.get(event.member)
                if event.member not in joined or (since is not None and event.time >= since):
                    yield incarnations.get(event.member, 0), record, event


def _events(records: Sequence[Record]) -> Iterator[tuple[Record, Event]]:
    for record in records:
        if isinstance(event := read_event(record), Event):
            yield record, event


async def _store(store: Redis, decider: Decider[Any, Any], number: int, replay: Replay) -> list[str]:
    """Compare items, wakes, what is owed and the running number with what the log says."""
    prefix = f"{{{decider.name}:{number}}}:"
    name = f"{decider.name} {number}: the store"
    violations = compare(await contents_of(store, prefix), replay, name)
    said = int(await store.hget(f"{prefix}meta", "number") or 0)
    if said != len(replay.evidence.own):
        violations.append(f"{name} knows {said} own events, the log has {len(replay.evidence.own)}")
    if owing := await store.scard(f"{prefix}s"):
        violations.append(f"{name} owes {owing} sweeps")
    return violations


async def contents_of(store: Redis, prefix: str) -> Contents:
    """Read all members of a partition as raw Redis values."""
    index: Sequence[Any] = await store.zrange(f"{prefix}w", 0, -1)
    members = [name.decode() for name in index]
    async with store.pipeline(transaction=False) as pipe:
        for member in members:
            pipe.hgetall(f"{prefix}m:{member}")
            pipe.hgetall(f"{prefix}l:{member}")
            pipe.zrange(f"{prefix}w:{member}", 0, -1, withscores=True)
        replies = await pipe.execute()
    return {
        member: (
            {key_of(name): value for name, value in {**items, **large}.items()},
            {key_of(name): int(wake) for name, wake in wakes},
        )
        for member, items, large, wakes in zip(members, replies[::3], replies[1::3], replies[2::3], strict=True)
    }
