"""What is seen of a service that runs: whether it is ready, what it waits for, how far behind it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.decider import Decider
from shared.runtime.environment import Environment
from shared.runtime.kafka.consuming.subscriber import SubscriberLoop
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.owned_partitions import OwnedPartitions
from shared.runtime.processing.effects import Performer
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.read_again.strays import owes_a_look
from shared.runtime.redis.store import RedisStore


class ServiceStatus:
    """The part of a `Service` that others look at; it changes nothing."""

    decider: Decider[Any, Any]
    where: Environment
    effects: Performer | None
    _owned: OwnedPartitions
    _feeds: SubscriberLoop
    _log: KafkaLog
    _store: RedisStore

    @property
    def owners(self) -> dict[int, PartitionTask[Any, Any]]:
        """The task of each owned partition."""
        return self._owned.owners

    def counts(self) -> Counter[str]:
        """Return what all owners of this process have counted."""
        return sum((owner.counts for owner in self.owners.values()), Counter(self._owned.past))

    @property
    def ready(self) -> bool:
        """Whether every owned partition has recovered."""
        return bool(self.owners) and all(owner.live for owner in self.owners.values())

    def refusals(self) -> list[tuple[int, str]]:
        """Return partition and reason where only an operator can choose how to go on."""
        return [(number, owner.refused) for number, owner in self.owners.items() if owner.refused]

    def uncertain(self) -> set[str]:
        """Return the last uncertain outcome of each partition that has not recovered."""
        return {owner.uncertain[-1] for owner in self.owners.values() if not owner.live and owner.uncertain}

    async def settled(self) -> bool:
        """Say whether nothing is left to do at the clock's present instant: all read, all said, nothing in hand."""
        if not self.ready or (self.effects is not None and self.effects.under_way):
            return False
        now = self.where.clock.now() - self.where.clock_margin
        for owner in self.owners.values():
            if owner.reports or owner.sweeping or owner.unswept or owes_a_look(owner):
                return False
            if owner.next_wake is not None and owner.next_wake <= now:
                return False
        asked = list(self.owners.items())
        ends = await asyncio.gather(*(self._log.ends(self.decider.reads, number) for number, _ in asked))
        for (_, owner), end in zip(asked, ends, strict=True):
            reached = owner.feed.reached()
            if reached is None or any(reached[topic] < offset for topic, offset in end.items()):
                return False
        return True

    def dead_tasks(self) -> list[int]:
        """Return the partitions whose owner has ended although they were not let go: an error of the shell itself."""
        return sorted(number for number, task in self._owned.tasks.items() if task.done())

    @property
    def member(self) -> bool:
        """Whether the consumer group has given this process its part."""
        return self._feeds.member

    @property
    def absent(self) -> Sequence[str]:
        """Topics that were not there when the group gave its parts."""
        return self._feeds.absent

    @property
    def polled(self) -> float | None:
        """When the poll loop last asked for more, as `time.monotonic` counts; None while it does not run."""
        return self._feeds.polled

    @property
    def poll_failing(self) -> str | None:
        """Why polls fail, while they do."""
        return self._feeds.failures.failing

    @property
    def fetches_failing(self) -> Mapping[str, str]:
        """Why Kafka hands out nothing of a partition, by `topic/partition`, while it does so for others."""
        return self._feeds.fetches.failing

    @property
    def fetching(self) -> bool:
        """Whether the consumer fetches, or will."""
        return self._feeds.failures.fetching

    @property
    def poll_failures(self) -> int:
        """Return how many polls have failed since the start."""
        return self._feeds.failures.count

    async def store_answers(self) -> None:
        """Ask the store something small about one of the partitions. Raises `Uncertain` when it does not answer."""
        await self._store.fencing_token(min(self.owners, default=0))

    async def lag(self) -> Counter[str]:
        """Ask Kafka how many records of each input are not applied yet, in the partitions owned now. Raises `Uncertain`."""
        return self.total(await self.lags())

    def total(self, lags: Mapping[int, Counter[str]]) -> Counter[str]:
        """Add up lags by input; 0 of those that have none."""
        total = Counter(dict.fromkeys(self.decider.reads, 0))
        for lag in lags.values():
            total.update(lag)  # unlike `+`, it keeps what is 0
        return total

    async def lags(self) -> dict[int, Counter[str]]:
        """Ask the same by partition. Raises `Uncertain`.

        Owning nothing, it asks all the same: whoever calls wants to know whether Kafka answers.
        """
        asked = list(self.owners.items())
        numbers = [number for number, _ in asked] or [0]
        ends = await asyncio.gather(*(self._log.ends(self.decider.reads, number) for number in numbers))
        lags: dict[int, Counter[str]] = {}
        for (number, owner), end in zip(asked, ends, strict=False):
            reached = owner.feed.reached() or owner.offsets
            lags[number] = Counter({topic: max(0, offset - reached.get(topic, 0)) for topic, offset in end.items()})
        return lags

    def next_wake(self) -> datetime | None:
        """Return the earliest wake of the owned partitions."""
        return min((owner.next_wake for owner in self.owners.values() if owner.next_wake is not None), default=None)
