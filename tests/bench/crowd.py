"""One member with many contacts, in all three services at once: what each event costs them in calls, bytes and CPU.

The shell and the rules are the real ones, over a log in memory and any store. The contacts are told in bulk, as by an
import; then the same few weeks are lived, event by event, whatever the number of contacts.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from time import process_time
from typing import Any, Final

from services.digest.decider import DECIDER as DIGEST
from services.followups.decider import DECIDER as FOLLOWUPS
from services.invites.decider import DECIDER as INVITES
from shared.contracts import (
    DEAD_LETTERS,
    CallHeld,
    Contact,
    ContactCadenceSet,
    ContactConnected,
    Event,
    EventData,
    FollowupRequested,
    InviteAccepted,
    InviteDeclined,
    InviteReceived,
    InviteSent,
    MeetingHeld,
    MeetingScheduled,
    MemberJoined,
    MemberPreferencesSet,
    MessageReceived,
    MessageSent,
    NoteAdded,
    ThanksSent,
)
from shared.contracts.cloudevents import codec
from shared.decider import Decider
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Changes, Loaded, Message, Store
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.recovery.recover import recover
from shared.runtime.step import step
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_feed import FakeFeed, FakeGroup
from shared.testing.fakes.fake_log import FakeLog

BEGIN: Final = datetime(2026, 3, 2, 10, tzinfo=UTC)
DECIDERS: Final[Sequence[Decider[Any, Any]]] = (INVITES, FOLLOWUPS, DIGEST)
TOPICS: Final = sorted({topic for decider in DECIDERS for topic in (*decider.reads, decider.own)} | {DEAD_LETTERS})
POLL_RECORDS: Final = 1_000
STEPS_MAX: Final = 100_000
WEEKS: Final = 8
PEOPLE: Final = 6
"""With whom these weeks are lived; all others are only known."""
Stores = Callable[[str], Store]


class Counting:
    """A store that counts what is asked of another one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.counts: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        """Ask the other store, and count that."""
        self.counts["calls"] += 1
        return getattr(self._store, name)

    async def load(self, partition: int, wanted: Mapping[str, Sequence[str]]) -> Loaded:
        """Load, and count the values and their bytes."""
        loaded = await self._store.load(partition, wanted)
        found = [value for values in loaded.members.values() for value in values.values() if value is not None]
        self.counts.update(calls=1, loads=1, loaded=len(found), loaded_bytes=sum(map(len, found)))
        return loaded

    async def commit(self, partition: int, expected: str, head: str, changes: Changes) -> int | None:
        """Commit, and count the values and their bytes."""
        written = [value for change in changes.members.values() for value in change.puts.values()]
        moved = sum(len(change.wakes) for change in changes.members.values())
        self.counts.update(calls=1, commits=1, written=len(written), written_bytes=sum(map(len, written)), wakes=moved)
        self.counts["largest_commit"] = max(self.counts["largest_commit"], moved)
        return await self._store.commit(partition, expected, head, changes)


class Crowd:
    """A member of three services, and the clock."""

    def __init__(self, stores: Stores) -> None:
        self.clock = VirtualClock(BEGIN)
        self.cluster = FakeCluster(TOPICS)
        self.stores = {decider.name: Counting(stores(decider.name)) for decider in DECIDERS}
        self.cpu: Counter[str] = Counter()
        """Microseconds, by service."""
        self._ids = count(1)
        self._owners: list[tuple[PartitionTask[Any, Any], FakeFeed]] = []
        for decider in DECIDERS:
            feed = FakeFeed(self.cluster, FakeGroup(), decider.reads, 0, clock=self.clock)
            log, store = FakeLog(self.cluster, decider.own), self.stores[decider.name]
            options = Options(clock_margin=timedelta(0))
            self._owners.append((PartitionTask(decider, 0, log, store, feed, self.clock, options=options), feed))

    async def begin(self) -> None:
        """Recoveries in all services."""
        for owner, _ in self._owners:
            await recover(owner)

    def tell(self, data: EventData, *, days_ago: float = 0) -> None:
        """Append an event."""
        now = self.clock.now()
        at = now - timedelta(days=days_ago)
        key, value, headers = codec.encode(Event(f"e{next(self._ids)}", "m1", at, now, data, source="/test"))
        self.cluster.append_plain(data.TOPIC, 0, Message(key, value, headers, to_ms(now)))

    async def settle(self) -> None:
        """Let all services do what there is to do now."""
        for _ in range(STEPS_MAX):
            busy = False
            for owner, feed in self._owners:
                feed.poll(POLL_RECORDS)
                while not _idle(owner, feed):
                    busy = True
                    began = process_time()
                    await step(owner)
                    self.cpu[owner.decider.name] += round(1e6 * (process_time() - began))
                    feed.poll(POLL_RECORDS)
            if not busy:
                return
        raise AssertionError("never settles")

    async def pass_time(self, until: datetime) -> None:
        """Let the clock go from wake to wake."""
        while True:
            wakes = [owner.next_wake for owner, _ in self._owners if owner.next_wake is not None]
            earliest = min(wakes, default=until)
            if earliest >= until:
                break
            self.clock.advance_to(max(earliest, self.clock.now()))
            await self.settle()
        self.clock.advance_to(until)
        await self.settle()

    def restart_counts(self) -> None:
        """Begin to count anew."""
        self.cpu.clear()
        for store in self.stores.values():
            store.counts.clear()


def _idle(owner: PartitionTask[Any, Any], feed: FakeFeed) -> bool:
    due = owner.next_wake is not None and owner.next_wake <= owner.clock.now()
    return not (feed.behind or feed._inbox or owner.reports or owner.sweeping or owner.unswept or due)


async def known(stores: Stores, contacts: int, *, cadence: bool = False) -> Crowd:
    """Return a member who has been connected with so many people for years, and wants to stay in touch if asked."""
    crowd = Crowd(stores)
    await crowd.begin()
    crowd.tell(MemberJoined(name="Ada", zone="Europe/Paris", email="ada@example.org"))
    # Three times a week `reconnect` looks at all of its small items, whatever happens meanwhile: no cost of an event.
    crowd.tell(MemberPreferencesSet.model_validate({"rules": {"reconnect": {"on": False}}}))
    for number in range(contacts):
        crowd.tell(ContactConnected(contact=_person(number)), days_ago=900)
        if cadence:
            crowd.tell(ContactCadenceSet(contact_id=f"c{number}", every_days=400 + number % 300))
        if number % 2_000 == 0:
            await crowd.settle()
    await crowd.settle()
    crowd.restart_counts()
    gc.collect()
    gc.freeze()  # the log of all that was told lies in this process, and is no part of what an event costs
    return crowd


async def live(crowd: Crowd, weeks: int = WEEKS) -> int:
    """Live some weeks with a few people; return how many events were told, each on its own."""
    told = 0
    for hours, data in _weeks(weeks):
        await crowd.pass_time(BEGIN + timedelta(hours=hours))
        crowd.tell(data)
        await crowd.settle()
        told += 1
    return told


def _person(number: int) -> Contact:
    return Contact(id=f"c{number}", name=f"Person {number}", headline="Engineer at Analytical Engines")


def _weeks(weeks: int) -> Iterator[tuple[float, EventData]]:
    for week in range(weeks):
        for n in range(PEOPLE):
            hour, contact, new = week * 168 + 24 * n, f"c{n}", f"new{week}-{n}"
            person = Contact(id=new, name="Grace Hopper")
            meeting = {"meeting_id": f"k{week}-{n}", "contact_ids": (contact,)}
            starts = (BEGIN + timedelta(hours=hour + 50)).replace(tzinfo=None, hour=12)
            plan = {**meeting, "kind": "lunch", "zone": "Europe/Paris", "minutes": 60, "starts": starts.isoformat()}
            due = (BEGIN + timedelta(hours=hour + 60)).replace(tzinfo=None).isoformat()
            remind = {"followup_id": f"r{week}-{n}", "contact_id": contact, "what": "Call", "due": due}
            yield hour + 1, InviteSent(invite_id=f"i{week}-{n}", contact=person, why="We met")
            yield hour + 2, InviteReceived(invite_id=f"g{week}-{n}", contact=person)
            yield hour + 3, MessageSent(contact_id=contact, what="Hello")
            yield hour + 4, MessageReceived(contact_id=contact, what="Hello")
            yield hour + 5, NoteAdded(contact_id=contact, what="Likes boats")
            yield hour + 6, MeetingScheduled.model_validate(plan)
            yield hour + 7, FollowupRequested.model_validate(remind)
            yield hour + 8, CallHeld(contact_id=contact)
            yield hour + 9, (InviteAccepted if n % 2 else InviteDeclined)(invite_id=f"i{week}-{n}", contact_id=new)
            yield hour + 10, ThanksSent(contact_id=contact)
            yield hour + 11, MeetingHeld.model_validate(meeting)
