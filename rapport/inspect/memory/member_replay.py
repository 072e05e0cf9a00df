"""What the services know of one member and how they came to it, read again from the member's partition of the topics.

It reads as anybody could, and asks no store: what is known is a function of the topics.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rapport.composition import DECIDERS
from rapport.system.log_begin import WHOLE, LogBegin, log_begin
from rapport.terminal.failure import Failure, NothingFound, Unanswerable
from shared.contracts import ACTIVITY, EVENT_TOPICS, OWN_TOPICS, REPLAY, Event, partition_for
from shared.contracts.fields import instant_text
from shared.decider import Reason
from shared.runtime.offline.member_history import MemberHistory
from shared.runtime.offline.member_snapshot import MemberSnapshot, newest_of
from shared.runtime.ports.interfaces import Refused
from shared.runtime.processing.reading import Poison, read_event

if TYPE_CHECKING:
    from rapport.terminal.output import Bar
    from shared.runtime.kafka.connection import KafkaAccess
    from shared.runtime.ports.interfaces import Record

RECORDS_MAX = 200_000
"""Records about one member that are held in memory at once: some 300 MB."""
NOT_KNOWN = "nothing is known of this member (or the services have not read it yet)"
OUT_OF_ORDER = Reason(rule="", standing="silent", code="parked")


@dataclass(frozen=True)
class Memory:
    """One member, as far as the topics tell."""

    member: str
    now: datetime
    services: Mapping[str, MemberHistory[Any, Any]]
    records: Mapping[str, Sequence[Record]]
    """By topic, in order; of replays, all requests of the partition."""
    begin: LogBegin = WHOLE
    """From when on the topics tell all."""

    @property
    def begins_at(self) -> str | None:
        """The instant from which all of it is told, for programs; None: from the first one."""
        return None if self.begin.since is None else instant_text(self.begin.since)

    @property
    def locale(self) -> str:
        """The member's locale, as services know it."""
        locale: str = self.services["digest"].state.profile.preferences.locale
        return locale

    @property
    def zone(self) -> str:
        """The zone of the member's clocks."""
        zone: str = self.services["digest"].state.profile.preferences.zone
        return zone

    def item(self, service: str, key: str) -> Any:
        """Return what a service knows under a key, or None."""
        return self.services[service].state.items[key]

    def keys(self, service: str) -> list[str]:
        """Return the keys of all items of which the service knows something."""
        return [key for key, item in self.services[service].state.items.items() if item is not None]

    def reasons(self, service: str, key: str) -> Sequence[Reason]:
        """Return how each rule of a service stands with an item."""
        state = self.services[service].state
        if state.items[key] is None:
            return ()
        if state.is_parked(key):
            return (OUT_OF_ORDER,)
        try:
            return state.decider.explain(state.view, key)
        except Exception:  # noqa: BLE001 - a rule that fails is parked by its service, when it comes to it
            return (OUT_OF_ORDER,)

    def event(self, event_id: str) -> Event | None:
        """Return the member's event of that id, where it stands on a topic."""
        record = self._by_id.get(event_id.encode())
        event = None if record is None else read_event(record)
        return event if isinstance(event, Event) else None

    def own_events(self) -> Iterator[Event]:
        """Yield what the services have said of the member, topic by topic."""
        for topic in sorted(OWN_TOPICS):
            yield from (
                event for record in self.records.get(topic, ()) if isinstance(event := read_event(record), Event)
            )

    @cached_property
    def unreadable(self) -> int:
        """How many records about the member can not be read."""
        topics = (records for topic, records in self.records.items() if topic != REPLAY)
        return sum(isinstance(read_event(record), Poison) for records in topics for record in records)

    @cached_property
    def _by_id(self) -> dict[bytes, Record]:
        found: dict[bytes, Record] = {}
        for records in self.records.values():
            for record in records:
                for name, value in record.headers:
                    if name == "ce_id":
                        found.setdefault(value, record)
        return found


async def remember(
    access: KafkaAccess,
    member: str,
    watched: Collection[str],
    now: datetime,
    bar: Bar,
    records_max: int = RECORDS_MAX,
) -> Memory:
    """Read what stands about a member; note which events changed the items under `watched`.

    `NothingFound` when nothing is known of the member, `Failure` when more than `records_max` records are about them.
    """
    records = await records_about(access, member, bar, [*EVENT_TOPICS, REPLAY], records_max)
    begin, snapshots = await _from_snapshots(access, member, bar)
    services = {
        name: MemberHistory(decider, member, records, watched, snapshots.get(name))
        for name, decider in DECIDERS.items()
    }
    total = sum(len(records.get(decider.own, ())) for decider in DECIDERS.values())
    done = 0
    for history in services.values():
        for _ in history.run():
            done += 1
            bar.advance(done, total, "putting it together")
    memory = Memory(member, now, services, records, begin)
    if not any(memory.keys(name) or history.state.profile != history.decider.profile
               for name, history in services.items()):  # fmt: skip
        raise NothingFound(NOT_KNOWN)
    return memory


async def _from_snapshots(
    access: KafkaAccess, member: str, bar: Bar
) -> tuple[LogBegin, Mapping[str, MemberSnapshot | None]]:
    """Return from when on the member's partition is told, and what each service knew before, where that is needed."""
    from rapport.system.endpoints import existing, partitions_of

    number = partition_for(member, await partitions_of(access, ACTIVITY))
    begin = await log_begin(access, sorted(EVENT_TOPICS), number)
    if not begin.lost:
        return begin, {}
    if not (topics := await existing(access, [decider.snapshots for decider in DECIDERS.values()])):
        return begin, {}  # what was before is known to nobody here
    try:
        found = await records_with(access, member, bar, topics, number)
        return begin, {
            name: newest_of(decider, member, found.get(decider.snapshots, ())) for name, decider in DECIDERS.items()
        }
    except Refused as refusal:
        raise Failure(f"the log begins later, and what was known then can not be read: {refusal}") from refusal


async def records_with(
    access: KafkaAccess, member: str, bar: Bar, topics: Sequence[str], partition: int
) -> Mapping[str, Sequence[Record]]:
    """Return the records of snapshots of a member by topic, in order."""
    from rapport.system.reading import existing_records

    found: dict[str, list[Record]] = defaultdict(list)
    read = 0
    async for records in existing_records(access, topics, [partition]):
        for record in records:
            if (record.key or b"").partition(b":")[2] == member.encode():
                found[record.topic].append(record)
        read += len(records)
        bar.advance(read, None, "reading")
    return {topic: sorted(records, key=lambda record: record.offset) for topic, records in found.items()}


async def records_about(
    access: KafkaAccess, member: str, bar: Bar, topics: Sequence[str], records_max: int = RECORDS_MAX
) -> Mapping[str, Sequence[Record]]:
    """Return the records about a member by topic, in order; of replays, all requests of the partition.

    `Failure` when more than `records_max` are about them.
    """
    from rapport.system.endpoints import partitions_of
    from rapport.system.reading import existing_records

    partition, key = partition_for(member, await partitions_of(access, ACTIVITY)), member.encode()
    found: dict[str, list[Record]] = defaultdict(list)
    read = held = 0
    async for records in existing_records(access, list(topics), [partition]):
        for record in records:
            if record.key == key or record.topic == REPLAY:
                found[record.topic].append(record)
                held += 1
        if held > records_max:
            why = f"more than {records_max:,} records are about this member: too many to be read together"
            raise Unanswerable(why, "member")
        read += len(records)
        bar.advance(read, None, "reading")
    # Records that are read together come by the time of their append, which need not be their order.
    return without_stepped_over(
        {topic: sorted(records, key=lambda record: record.offset) for topic, records in found.items()}
    )


def without_stepped_over(records: Mapping[str, Sequence[Record]]) -> Mapping[str, Sequence[Record]]:
    """Leave out what a person has said the services never said: they have stepped over it."""
    from shared.runtime.processing.invariants import digest
    from shared.runtime.processing.read_again.step_over import asked_for

    asked = asked_for(records.get(REPLAY, ()))
    skipped = {(one.topic, one.offset, one.digest) for one in asked}

    def counts(record: Record) -> bool:
        return (record.topic, record.offset, digest(record.key, record.value, record.headers)) not in skipped

    own = (
        {topic: [one for one in records[topic] if counts(one)] for topic in OWN_TOPICS & records.keys()}
        if skipped
        else {}
    )
    return {**records, **own}
