"""What a whole member costs in the store: each service on the backlog of `bench_size`, without Kafka, into a real Valkey.

The deciders step through members of one partition as an owner would, and *digest* reads what *followups* publishes, too.
What each commit writes goes through the real store, with the server's limits for small hashes as `docker-compose.yml` and
the embedded system set them; bytes are what its `used_memory` has grown by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count, islice
from typing import Any, Final

from redis import Redis

from rapport.composition import DECIDERS
from shared.contracts import ACTIVITY, Event, partition_for
from shared.contracts.cloudevents import codec
from shared.decider import Decider
from shared.embedded.servers import LISTPACK_ENTRIES_MAX, LISTPACK_VALUE_BYTES_MAX
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Changes, Message, Record
from shared.runtime.redis.store import RedisStore, connect
from tests.bench.bench_decider import END, Partition
from tests.bench.bench_size import CONTACTS, INVITES, backlog, member_of
from tests.bench.network import PARTITIONS

MEMBERS: Final = 100
STEP_RECORDS: Final = 200
OLD_BYTES: Final = 93_762
"""The same member at commit 288a239, all services together, by `bench_size` there: 9,845 + 49,295 + 34,622."""

NAME: Final = (
    f"a member with {INVITES} pending invites and {CONTACTS} contacts: bytes in the store; part of {OLD_BYTES:,}"
)


class Kept(Partition):
    """A partition that keeps what it commits and what it publishes."""

    def __init__(self, decider: Decider[Any, Any]) -> None:
        super().__init__(decider)
        self.commits: list[Changes] = []
        self.told: list[Record] = []

    def committed(self, changes: Changes, said: Sequence[tuple[Event, Message]]) -> None:
        """Keep a commit, and the events that stand in the log by it."""
        self.commits.append(changes)
        for _, one in said:
            place = len(self.told)
            self.told.append(Record(self.decider.own, 0, place, one.key, one.value, one.headers, one.logged_ms))


def records(members: int = MEMBERS) -> list[Record]:
    """Return what the product tells of so many members, all of one partition."""
    here = (number for number in count() if partition_for(member_of(number), PARTITIONS) == 0)
    told: list[Record] = []
    for event in backlog(END - timedelta(milliseconds=877), islice(here, members)):
        key, value, headers = codec.encode(event)
        told.append(Record(ACTIVITY, 0, len(told), key, value, tuple(headers), to_ms(event.logged)))
    return told


def commits(told: Sequence[Record]) -> dict[str, list[Changes]]:
    """Return what each service commits, by name; each reads the product's events and what services before it publish."""
    done: dict[str, list[Changes]] = {}
    published: list[Record] = []
    for name, decider in DECIDERS.items():
        partition = Kept(decider)
        read = [*told, *(record for record in published if record.topic in decider.reads)]
        for start in range(0, len(read), STEP_RECORDS):
            partition.read(read[start : start + STEP_RECORDS])
        done[name] = partition.commits
        published += partition.told
    return done


def shown(found: Mapping[str, float]) -> dict[str, str]:
    """Return the figures by name, and their sum as a part of what it was once."""
    whole = sum(found.values())
    apart = ", ".join(f"{name} {value:,.0f}" for name, value in found.items())
    return {NAME: f"{whole:,.0f} ({apart}); {whole / OLD_BYTES:.2f}"}


async def bytes_each(port: int, members: int = MEMBERS) -> dict[str, float]:
    """Return the bytes of a member in the store, by service."""
    made, found = commits(records(members)), {}
    with Redis(port=port) as client:
        client.flushall()
        for kind in ("hash", "zset"):
            client.config_set(f"{kind}-max-listpack-entries", LISTPACK_ENTRIES_MAX)
            client.config_set(f"{kind}-max-listpack-value", LISTPACK_VALUE_BYTES_MAX)
        for name, changes in made.items():
            store = RedisStore(connect(f"redis://127.0.0.1:{port}"), name)
            await store.acquire(0, "0", "bench")
            await store.load(0, {})
            await store.commit(0, "0", "0", Changes())
            before = int(client.info("memory")["used_memory_dataset"])
            for change in changes:
                await store.commit(0, "0", "0", change)
            found[name] = (int(client.info("memory")["used_memory_dataset"]) - before) / members
            await store.close()
    return found
