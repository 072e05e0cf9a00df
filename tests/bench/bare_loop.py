"""The bare loop: what reading, validating, one commit to the store and publishing cost at least, with nothing around it.

`getmany` (read_committed), pydantic validation of the same models, one Lua call for each partition of a poll that writes
a value for each event and the next offset, and the same number of events a service said, by `send_batch` in a
transaction. It loads nothing, decides nothing, fences nothing and forgets everything when it dies.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import msgpack
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts import ACTIVITY, EVENTS, FOLLOWUPS, InviteIgnored
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.producer import shorten_transaction_pause
from shared.runtime.ports.limits import BATCH_RECORDS_MAX
from shared.runtime.redis.store import connect
from tests.bench.bed import Meter, tell
from tests.bench.network import BATCH_BYTES, PARTITIONS

VALUE = bytes(range(55))
"""As large as the stored state of a pending invite."""
COMMIT = """
local change = cmsgpack.unpack(ARGV[1])
for member, pairs in pairs(change[2]) do redis.call('HSET', KEYS[1] .. member, unpack(pairs)) end
redis.call('HSET', KEYS[1], 'offset', change[1])
"""
FACT = InviteIgnored(invite_id="inv-000000000001", contact_id="contact-1", age_days=90)


class BareLoop:
    """One consumer, one producer, one client of the store."""

    def __init__(self, kafka: str, redis: str, published_per_event: float) -> None:
        access = KafkaAccess(kafka)
        self.count = 0
        self._owed, self._published_per_event = 0.0, published_per_event
        self._consumer: AIOKafkaConsumer = access.reader(
            isolation_level="read_committed", auto_offset_reset="earliest", max_poll_records=BATCH_RECORDS_MAX
        )
        self._producer = AIOKafkaProducer(
            **access.connection(), transactional_id="bare-loop", acks="all", max_batch_size=BATCH_BYTES
        )
        self._store = connect(redis)

    async def run(self, meter: Meter) -> None:
        """Read all that is there."""
        shorten_transaction_pause()
        self._consumer.assign([TopicPartition(ACTIVITY, number) for number in range(PARTITIONS)])
        async with self._consumer, self._producer:
            while not meter.look(self.count):
                found = await self._consumer.getmany(timeout_ms=100)
                for at, records in found.items():
                    await self._take(at.partition, records)
        await self._store.aclose()

    async def _take(self, partition: int, records: list[Any]) -> None:
        changes: dict[bytes, list[bytes]] = {}
        for record in records:
            kind = dict(record.headers)["ce_type"]
            EVENTS[kind.decode()].model_validate_json(record.value, strict=True)
            changes.setdefault(record.key, []).extend((b"%d" % record.offset, VALUE))
        self._owed += self._published_per_event * len(records)
        if events := int(self._owed):
            self._owed -= events
            await self._publish(events, partition, records[0])
        packed = msgpack.packb([records[-1].offset + 1, changes], use_bin_type=False)
        await self._store.eval(COMMIT, 1, f"{{bare:{partition}}}:", packed)
        self.count += len(records)

    async def _publish(self, events: int, partition: int, like: Any) -> None:
        async with self._producer.transaction():
            batch, sent = self._producer.create_batch(), []
            for _ in range(events):
                row = {"key": like.key, "value": FACT.model_dump_json().encode(), "headers": list(like.headers)}
                if batch.append(timestamp=like.timestamp, **row) is None:
                    sent.append(await self._producer.send_batch(batch, FOLLOWUPS, partition=partition))
                    batch = self._producer.create_batch()
                    batch.append(timestamp=like.timestamp, **row)
            sent.append(await self._producer.send_batch(batch, FOLLOWUPS, partition=partition))
            await asyncio.gather(*sent)


async def main(kafka: str, redis: str, total: int, published_per_event: float) -> None:
    """Read a backlog and tell how quick it was."""
    from shared.process.by_settings import tune_collector

    tune_collector()
    meter = Meter(total)
    loop = BareLoop(kafka, redis, published_per_event)
    await loop.run(meter)
    tell(**meter.figures())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
