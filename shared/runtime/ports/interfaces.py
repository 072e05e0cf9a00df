"""What the shell needs from the world: a log, a store, a feed of records, a clock.

The shell awaits nothing but these ports, so the same shell runs on Kafka and Redis (`kafka_*.py`, `store.py`) and
on the shipped fakes (`shared.testing`), where a scheduler may stop, kill or delay it at every await.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from shared.runtime.ports.errors import UncertainKind

Offsets = Mapping[str, int]
"""Per topic, the offset of the next record (of one partition)."""
Headers = Sequence[tuple[str, bytes]]


class Uncertain(Exception):
    """Another owner, a store that went back, a lost reply, a refused transaction: whatever it is, recover again."""

    def __init__(self, reason: str, kind: UncertainKind = UncertainKind.OTHER) -> None:
        super().__init__(reason)
        self.kind = kind
        """To be counted by; nothing depends on it."""


class Unstable(Uncertain):
    """Reading stands at an open transaction, and does not get on."""

    def __init__(self, topic: str, position: int, end: int) -> None:
        super().__init__(f"{topic}: reading stands at {position}, below {end} (an open transaction?)")
        self.topic = topic


class Refused(Exception):
    """The store and the log contradict each other in a way that only an operator can decide. Nothing was said."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of a topic, as it stands there. A struct, like `Event`: they are made by the thousand."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    logged_ms: int
    """The record's timestamp, milliseconds since 1970."""
    fault: str | None = None
    """Why nobody can read it, where that is known before it is looked at: it stands for a whole batch."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One record to append."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    logged_ms: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a topic's partition begins and ends.

    `begin`: the first offset that is still there. `end`: the high watermark, with control records and what is open.
    """

    begin: int
    end: int


class Writer(Protocol):
    """A transactional producer of one partition number. Any error of any call is `Uncertain`."""

    async def begin(self) -> None:
        """Begin a transaction."""

    async def append(self, topic: str, messages: Sequence[Message]) -> int:
        """Append to this partition of the topic, in order and without gaps; return the first message's offset."""

    async def commit(self) -> None:
        """Commit: read_committed readers see all of it, and each topic's end has moved by one control record more."""

    async def seal(self, topic: str) -> None:
        """Append nothing but a control record of a commit: it ends what an earlier one of this id left without."""

    async def abandon(self) -> None:
        """Send nothing more, for good. Never raises. What is open stays so until the next fence of this id aborts it."""


class Log(Protocol):
    """The topics. Reads are read_committed; errors are `Uncertain`."""

    async def fence(self, partition: int) -> Writer:
        """Make a new producer under this service's transactional id of the partition.

        Every earlier one is shut out, and what it left open is aborted, before this returns.
        """

    async def bounds(self, topics: Sequence[str], partition: int) -> Mapping[str, Bounds]:
        """Ask for begin and end of each topic's partition."""

    async def ends(self, topics: Sequence[str], partition: int) -> Offsets:
        """Ask for the high watermarks: everything acknowledged before the call lies below them."""

    async def first_since(self, topic: str, partition: int, at: datetime) -> int:
        """Ask for the offset of the first record whose timestamp is `at` or later; the topic's end where there is none."""

    async def delete(self, topic: str, partition: int, before: int) -> None:
        """Delete the records below an offset: from now on the partition begins there."""

    async def stable(self, topic: str, partition: int) -> int:
        """Ask for the last stable offset: the first one of an open transaction, or the end."""

    async def read(
        self, topic: str, partition: int, start: int, end: int, records_max: int
    ) -> tuple[list[Record], int]:
        """Read records from `start`, below `end`, at most about `records_max`; return them and the next offset to read.

        The next offset is `end` when nothing committed is left below it (control and aborted records are passed over).
        """

    async def identity(self, topics: Sequence[str]) -> Mapping[str, str]:
        """Return "cluster id/topic id" per topic: a topic that was deleted and made again has another one."""


@dataclass(slots=True)
class MemberChange:
    """What one commit writes of one member."""

    wipe: bool = False
    """Delete everything known of the member first (erasure)."""
    puts: dict[str, bytes] = field(default_factory=dict)
    deletes: list[str] = field(default_factory=list)
    wakes: dict[str, int | None] = field(default_factory=dict)
    """Per item key the instant of its wake in ms since 1970, or None for none."""
    sweep: bool | None = None
    """True: mark the member as owing a sweep. False: the sweep is done."""


@dataclass(slots=True)
class Changes:
    """What one commit writes, all of it or nothing."""

    meta: dict[str, str] = field(default_factory=dict)
    members: dict[str, MemberChange] = field(default_factory=dict)
    wipe: bool = False
    """Delete everything of the partition first, and all of meta."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Stored bytes by member and key (None: not there), and the fencing token under which they stood."""

    fencing_token: str
    members: Mapping[str, Mapping[str, bytes | None]]


class Store(Protocol):
    """What one service knows, by partition. Errors are `Uncertain`; a commit whose reply was lost is `Uncertain`, too.

    A member's profile stands under the key "", the shell's own notes on the member under "!".
    """

    async def meta(self, partition: int) -> Mapping[str, str]:
        """Read the partition's meta: `head` (the fencing token), `number`, `checkpoint`, `off:<topic>`, ... Empty if new."""

    async def fencing_token(self, partition: int) -> str:
        """Read the partition's fencing token alone: empty if new."""

    async def acquire(self, partition: int, fencing_token: str, owner: str) -> Mapping[str, str]:
        """Write a new fencing token and return the meta: from now on, commits under any other one fail."""

    async def load(self, partition: int, wanted: Mapping[str, Sequence[str]]) -> Loaded:
        """Load items and the fencing token, in one atomic step."""

    async def due(self, partition: int, at_ms: int, members_max: int, items_max: int) -> list[tuple[int, str, str]]:
        """Return (wake, member, key) of items whose wake is at or before `at_ms`, a member's in order of their wakes.

        A hint only: the load after it decides.
        """

    async def commit(self, partition: int, expected: str, fencing_token: str, changes: Changes) -> int | None:
        """Write `changes` and the new `fencing_token` if the stored one is `expected`, else raise `Uncertain`.

        Return the partition's earliest wake in ms, or None.
        """

    async def earliest(self, partition: int) -> int | None:
        """Return the partition's earliest wake in ms, or None."""

    async def sweeps(self, partition: int, members_max: int) -> list[str]:
        """Return members that owe a sweep."""

    async def members(self, partition: int) -> list[str]:
        """Return the ids of all members of the partition (asked in bounded pages)."""

    async def keys(self, partition: int, members: Sequence[str]) -> Mapping[str, list[str]]:
        """Return by member the keys of all items, without "" and "!": the first member's, and of those after as fill a page.

        Who has few has company in one round trip, and nobody is asked for more than about a page that is not used.
        """

    async def timers(self, partition: int, member: str) -> dict[str, int]:
        """Return the instants in ms of the wakes of the member's items (in bounded pages: nobody may write meanwhile)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition that were handed out together, and the consumer's positions right after them."""

    records: Mapping[str, Sequence[Record]]
    """By topic, in order."""
    positions: Offsets
    size: int = 0
    """The bytes of all keys and values."""


class Feed(Protocol):
    """The records of one owned partition, and what else there is to wait for."""

    def take(self) -> list[Batch]:
        """Return what waits, oldest first. It stays in hand until `done`."""

    def done(self, batches: Sequence[Batch]) -> None:
        """Say that these are applied and committed."""

    def drop(self) -> None:
        """Forget what waits and what is in hand: a recovery seeks, and it comes again."""

    def reached(self) -> Offsets | None:
        """Return the positions below which everything was handed out and is applied, or None when that is not known."""

    async def position(self, topic: str) -> int:
        """Return the consumer's position: a batch that ends at or above it was fetched before a seek."""

    async def commit_group(self, offsets: Offsets) -> None:
        """Commit offsets to the consumer group. It refuses who is no longer a member: `Uncertain`."""

    def pause(self) -> None:
        """Hand out nothing of this partition until `resume`."""

    def resume(self, offsets: Offsets) -> None:
        """Seek to the offsets and hand out again."""

    def ring(self) -> None:
        """End the wait that stands, or the next one."""

    async def wait(self, until: datetime | None, seconds: float) -> bool:
        """Wait for records, a report, a ring, the clock's instant `until`, or `seconds` of real time.

        Return False when it was the seconds that ended it.
        """


class Invalidatable(Protocol):
    """A feed, as whoever polls for it sees it."""

    def invalidate(self, reason: str) -> None:
        """Records were fetched but did not get to the owner: it recovers, which seeks back to them."""


class Clock(Protocol):
    """What time it is. Instants are UTC, truncated to milliseconds."""

    def now(self) -> datetime:
        """Return the present instant."""
