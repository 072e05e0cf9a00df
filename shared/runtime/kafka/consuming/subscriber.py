"""The consuming side of a service process: one FastStream subscriber, split by partition number.

FastStream polls, joins the group and calls the handler; everything it would do with content is turned off: the parser
and decoder only wrap raw records, so neither a bad header nor a bad body can drop the batch it came in. Records reach a
partition's owner in order, and the poll loop waits when an owner has enough.

`SubscriberLoop` is the group's listener, the subscriber's handler (`apply`) and the maker of its consumer (`consumer`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import ConsumerStoppedError
from faststream import AckPolicy
from faststream.kafka.message import KafkaAckableMessage, KafkaMessage

from shared.runtime.kafka.consuming.fetch_failures import FetchFailures
from shared.runtime.kafka.consuming.partition_queue import PartitionQueue
from shared.runtime.kafka.consuming.poll_failures import PollFailures
from shared.runtime.kafka.consuming.tracking_consumer import TrackingConsumer
from shared.runtime.kafka.fetching.fetched_batches import POLL, Budget
from shared.runtime.kafka.log import record_of
from shared.runtime.ports.clock import Alarm
from shared.runtime.ports.interfaces import Offsets, Record
from shared.runtime.ports.limits import BATCH_RECORDS_MAX
from shared.runtime.ports.membership import Membership
from shared.runtime.processing import invariants

RELEASE_SECONDS_MAX = 5.0
"""How long owners may take to end their commit when partitions are taken away; the other members wait meanwhile."""
PAUSE_SECONDS_MAX = 9.0
"""The same when a rebalance begins: steps in hand and mails under way end first. Less than the rebalance may take."""
POLL_MS = 10
"""One poll. An empty one costs twice this: FastStream sleeps as long again."""
QUIET_POLLS = 20
"""Empty polls in a row, with every partition where it was, after which a poll waits for longer."""
QUIET_POLL_MS = 50
"""One poll then. Records end it at once; that a position has passed a control record is noted by the next."""
FETCH_WAIT_MS = 100
"""One long poll. A partition that was just resumed waits for its end."""
POLL_ERROR_PAUSE_SECONDS = 0.1
"""After a poll that failed. FastStream itself would sleep 5 s."""
_PLACE = attrgetter("partition", "topic")

OnOwned = Callable[[PartitionQueue], None]
Release = Callable[[Sequence[int]], Awaitable[None]]
OnRebalanceBegins = Callable[[Sequence[int]], Awaitable[Sequence[int]]]
GoOn = Callable[[Sequence[int]], None]
OnRebalanced = Callable[[Sequence[int]], None]


@dataclass(frozen=True, slots=True)
class _Handed:
    """What stood when a batch was handed out: positions right after it, and the generation of its fetch."""

    generation: int
    positions: Offsets


class SubscriberLoop(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Feeds of the partitions that this process owns.

    `on_owned(feed)` is called for each partition number that comes; it must return at once (start a task). `release` is
    awaited with the partition numbers that go, for RELEASE_SECONDS_MAX at most; their feeds are lost already.

    A rebalance takes everything away, and most of it comes back. `pause_work` is awaited when it begins, for as long, and
    returns the partition numbers whose owners stand still; `go_on` is called with those that stay, at its end.
    """

    def __init__(
        self,
        topics: Sequence[str],
        membership: Membership,
        *,
        clock: Alarm,
        on_owned: OnOwned,
        release: Release,
        pause_work: OnRebalanceBegins,
        go_on: GoOn,
        on_rebalanced: OnRebalanced = lambda partitions: None,
    ) -> None:
        self._topics = list(topics)
        self.membership = membership
        """Of the next consumer that is made."""
        self.clock = clock
        """Of the feeds that come."""
        self._on_owned = on_owned
        self._release = release
        self._pause_work = pause_work
        self._go_on = go_on
        self._on_rebalanced = on_rebalanced
        self.member = False
        """Whether the group has given this process its part, and is not about to give another."""
        self.polled: float | None = None
        """When more was last asked for, None while no consumer runs. aiokafka does not notice a poll loop that stands."""
        self.failures = PollFailures(group=membership.group)
        self.fetches = FetchFailures(group=membership.group)
        self._quiet = 0
        """Polls in a row that found all partitions live, with nothing in hand, and where they were."""
        self._unhanded: set[int] = set()
        """Partitions whose records the last poll brought, until they are handed on."""
        self.absent: Sequence[str] = ()
        """Topics that are not there, so that the group could not give all of a partition."""
        self._feeds: dict[int, PartitionQueue] = {}
        self._handed: dict[int, _Handed] = {}
        self._made: TrackingConsumer | None = None
        self._log = structlog.get_logger(group=membership.group)

    def subscription(self) -> dict[str, Any]:
        """Return what FastStream's `subscriber(*topics, ...)` takes beside topics, `batch=True` and titles.

        What settings decide, and what a broker would not document, is given to the consumer itself (`consumer`).
        """
        return {
            "group_id": self.membership.group,
            "ack_policy": AckPolicy.MANUAL,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "max_records": BATCH_RECORDS_MAX,
            "batch_timeout_ms": POLL_MS,
            "fetch_max_wait_ms": FETCH_WAIT_MS,
            "listener": self,
            "parser": _wrap,
            "decoder": _unwrap,
        }

    def consumer(self, **settings: Any) -> AIOKafkaConsumer:
        """Make the consumer that FastStream polls. `settings` are those of the connection and of the subscriber."""
        ours = {
            "session_timeout_ms": self.membership.session_timeout_ms,
            "heartbeat_interval_ms": self.membership.heartbeat_interval_ms,
            "rebalance_timeout_ms": self.membership.rebalance_timeout_ms,
            "partition_assignment_strategy": (RangePartitionAssignor,),  # keeps a number of all topics together
        }
        self._made = TrackingConsumer(self._getmany, **{**settings, **ours})
        self.polled = time.monotonic()
        self.failures.fetching = True
        self.fetches.watch(self._made)
        return self._made

    async def release(self) -> None:
        """Release what is owned, before the broker stops: the other way round, others would wait for a silent owner."""
        self.member = False
        await self._let_go(sorted(self._feeds))

    def ended(self) -> None:
        """Take note that the broker has stopped."""
        self.polled, self.absent = None, ()

    @property
    def owned(self) -> Mapping[int, PartitionQueue]:
        """The feeds of the partitions that this process owns now."""
        return self._feeds

    def _consumer(self) -> TrackingConsumer:
        assert self._made is not None, "the listener is called by a consumer"
        return self._made

    # Rebalances. aiokafka only logs what a listener raises and reads on, so nothing is raised here.

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Own what comes, go on with what stays. Records are handed out while this still runs: so the pause is first."""
        consumer = self._consumer()
        consumer.pause(*assigned)
        whole, self.absent = self._whole(assigned)
        stay = sorted(self._feeds.keys() & whole)
        for partition in stay:
            self._feeds[partition].go_on()
        self._go_on(stay)
        await self._let_go(sorted(self._feeds.keys() - whole))
        for partition in sorted(whole.difference(stay)):
            feed = PartitionQueue(consumer, self._topics, partition, self.clock)
            self._feeds[partition] = feed
            self._on_owned(feed)
        if self.absent:
            self._log.error("topics are missing: nothing is owned of their partitions", topics=self.absent)
        self.member = True
        self._on_rebalanced(sorted(self._feeds))

    def _whole(self, assigned: set[TopicPartition]) -> tuple[set[int], Sequence[str]]:
        """Return the partition numbers that came of all topics, and the topics that lack one."""
        whole, absent = set[int](), set[str]()
        for partition in {at.partition for at in assigned}:
            missing = {topic for topic in self._topics if TopicPartition(topic, partition) not in assigned}
            absent |= missing
            if not missing:
                whole.add(partition)
        return whole, sorted(absent)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 - it is all of them
        """Stand still with what may go. It is called before the first join, too, with nothing."""
        self.member = False
        held = sorted(self._feeds)
        for feed in self._feeds.values():
            feed.pause_work()
        try:
            stand = await asyncio.wait_for(self._pause_work(held), PAUSE_SECONDS_MAX)
        except Exception as error:  # noqa: BLE001 - whoever comes next fences what is still running
            self._log.warning("holding partitions failed", partitions=held, error=type(error).__name__)
            stand = []
        await self._let_go(sorted(self._feeds.keys() - stand))

    async def _let_go(self, partitions: Sequence[int]) -> None:
        gone = [partition for partition in partitions if partition in self._feeds]
        for partition in gone:
            self._feeds.pop(partition).lose()
            self._handed.pop(partition, None)
        if not gone:
            return
        try:
            await asyncio.wait_for(self._release(gone), RELEASE_SECONDS_MAX)
        except Exception as error:  # noqa: BLE001 - whoever comes next fences what is still running
            self._log.warning("releasing partitions failed", partitions=gone, error=type(error).__name__)

    # Polling.

    async def _getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """Poll, and note what the positions prove: before it, of all that is applied; after it, of what it hands out."""
        self.polled = time.monotonic()
        self._take_back_unhanded()
        still = [await feed.note_positions() for feed in list(self._feeds.values())]
        self._quiet = self._quiet + 1 if all(still) else 0
        wait_ms = QUIET_POLL_MS if self._quiet > QUIET_POLLS else timeout_ms
        budget = POLL.set(Budget())
        try:
            found = await self._consumer().poll(*partitions, timeout_ms=wait_ms, max_records=max_records)
            if not found:
                self.failures.check_fetching(self._consumer())
        except ConsumerStoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop goes on, and nothing is lost by it
            # aiokafka moves positions while it unpacks: none can be believed. Nothing is awaited before this, so none is.
            invariants.read_anew(list(self._feeds.values()), f"a poll failed: {self.failures.note(error)}")
            await asyncio.sleep(POLL_ERROR_PAUSE_SECONDS)
            return {}
        finally:
            POLL.reset(budget)
        self._handed.clear()
        numbers = {at.partition for at in found}
        self._unhanded.update(numbers)
        owners = [(owner, owner.generation) for number, owner in self._feeds.items() if number in numbers]
        for owner, generation in owners:  # the generation first: a rebalance may begin while positions are asked for
            positions = await owner.positions()
            if positions is not None or owner.generation != generation:
                self._handed[owner.partition] = _Handed(generation, positions or {})
        return found

    def _take_back_unhanded(self) -> None:
        """Have read anew what the last poll brought and nobody handed on: FastStream swallows what is raised in between."""
        lost = [feed for number, feed in self._feeds.items() if number in self._unhanded]
        self._unhanded.clear()
        invariants.read_anew(lost, "records were polled and not handed on")

    async def apply(self, raws: Any) -> None:
        """Give each partition its records, and wait while one has enough. FastStream swallows what is raised here."""
        by_partition: dict[int, dict[str, list[Record]]] = {}
        for (partition, topic), group in groupby(raws, _PLACE):
            by_partition.setdefault(partition, {}).setdefault(topic, []).extend(map(record_of, group))
        for partition, records in by_partition.items():
            owner, handed = self._feeds.get(partition), self._handed.get(partition)
            if owner is None:
                continue  # it is yet to come, and seeks
            if handed is None:
                owner.invalidate("records were handed out in the middle of a rebalance")
            else:
                owner.put(records, handed.positions, handed.generation)
        self._unhanded.clear()
        for feed in [self._feeds[partition] for partition in by_partition if partition in self._feeds]:
            await feed.room()


async def _wrap(raws: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """Wrap the records of a poll unread; FastStream's own parser decodes every header and stumbles over a bad one."""
    return KafkaAckableMessage(
        raw_message=raws, body=[b""], headers={}, batch_headers=[], message_id="", correlation_id="", consumer=None
    )


async def _unwrap(message: KafkaMessage) -> Any:
    """Hand the raw records on."""
    return message.raw_message
