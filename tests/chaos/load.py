"""Producers that go on whatever dies: plain and repeated events, nonsense, small transactions, open and aborted."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts import ACTIVITY, Event, partition_for
from shared.contracts.cloudevents import codec
from shared.contracts.topics import topic_plan
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import to_ms
from tests.chaos.board import Board
from tests.chaos.story import Story
from tests.e2e.outside import Acknowledged

TICK_SECONDS = 0.02
IN_A_TICK_MAX = 60
"""After a pause the load does not make up for everything at once."""
IN_TRANSACTIONS = 0.12
ABORTED = 0.3
STAYS_OPEN = 0.1
OPEN_SECONDS = (0.2, 1.5)
NONSENSE = 0.015
WAIT_SECONDS_MAX = 5.0
REQUEST_BYTES_MAX = 1_000_000
Encoded = tuple[bytes, bytes | None, list[tuple[str, bytes]]]


class Load:
    """The product, publishing at a rate until it is told to stop."""

    def __init__(self, access: KafkaAccess, board: Board, story: Story, seed: int, rate: float) -> None:
        self._access, self._board, self.story, self.rate = access, board, story, rate
        self._rng = Random(seed)
        self._foreign: asyncio.Queue[list[Event]] = asyncio.Queue(100)
        self._stop = asyncio.Event()
        self._loads = 0
        self.acknowledged: Acknowledged = {}
        self.counts: Counter[str] = Counter()

    async def begin(self) -> None:
        """Publish what the members wish; return when it is acknowledged."""
        await self.tell(self.story.beginning(self._board.now()))

    async def tell(self, events: Iterable[Event]) -> None:
        """Publish these events; return when they are acknowledged."""
        async with AIOKafkaProducer(**self._access.connection(), acks="all", enable_idempotence=True) as producer:
            sent = [await self._send(producer, codec.encode(event), event.logged) for event in events]
            await asyncio.gather(*sent)

    async def mark(self) -> dict[int, int]:
        """End each partition with a record that says nothing; return its offset by partition."""
        headers = [("ce_specversion", b"1.0"), ("ce_type", b"rapport.load.ended")]
        async with AIOKafkaProducer(**self._access.connection(), acks="all", enable_idempotence=True) as producer:
            return {
                number: (await producer.send_and_wait(ACTIVITY, b"{}", b"nobody", number, headers=headers)).offset
                for number in range(topic_plan().partitions)
            }

    async def run(self, seconds: float) -> None:
        """Publish for so long, through every restart of the broker."""
        self._stop.clear()
        foreign = asyncio.create_task(self._foreigners())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        with suppress(KafkaError):
                            await self._publish()
                        self.counts["producers lost"] += 1
                        await asyncio.sleep(TICK_SECONDS)
        finally:
            self._stop.set()
            await foreign

    async def _publish(self) -> None:
        settings = {"acks": "all", "enable_idempotence": True, "max_request_size": REQUEST_BYTES_MAX, "linger_ms": 2}
        producer = AIOKafkaProducer(**self._access.connection(), **settings)
        loop = asyncio.get_running_loop()
        try:
            await producer.start()
            last = loop.time()
            owed = 0.0
            while True:
                owed, last = min(owed + (loop.time() - last) * self.rate, IN_A_TICK_MAX), loop.time()
                now = self._board.now()
                for event in self.story.due(now):
                    await self._send(producer, codec.encode(event), now)
                    owed -= 1
                while owed >= 1:
                    owed -= 1
                    await self._tell(producer, now)
                await asyncio.sleep(TICK_SECONDS)
        finally:
            with suppress(Exception):
                await asyncio.wait_for(producer.stop(), WAIT_SECONDS_MAX)

    async def _tell(self, producer: AIOKafkaProducer, now: datetime) -> None:
        events = list(self.story.next(now))
        if self._rng.random() < IN_TRANSACTIONS and not self._foreign.full():
            self._foreign.put_nowait(events)
            return
        for event in events:
            await self._send(producer, codec.encode(event), now)
            if self._rng.random() < NONSENSE:
                self.counts["nonsense"] += 1
                await self._send(producer, nonsense(self._rng, event), now)

    async def _foreigners(self) -> None:
        """Publish small transactions of others. Some are aborted, some stay open for a while and hide what follows."""
        while not self._stop.is_set():
            with suppress(KafkaError, TimeoutError):
                await self._transactions()

    async def _transactions(self) -> None:
        self._loads += 1
        name = f"chaos-load-{self._loads}"
        producer = AIOKafkaProducer(**self._access.connection(), transactional_id=name, transaction_timeout_ms=5_000)
        try:
            await asyncio.wait_for(producer.start(), WAIT_SECONDS_MAX * 4)
            while not self._stop.is_set():
                try:
                    events = await asyncio.wait_for(self._foreign.get(), 0.2)
                except TimeoutError:
                    continue
                # one that does not end in time stays open in this producer: another goes on
                await asyncio.wait_for(self._transaction(producer, events), WAIT_SECONDS_MAX * 4)
        finally:
            with suppress(Exception):
                await asyncio.wait_for(producer.stop(), WAIT_SECONDS_MAX)

    async def _transaction(self, producer: AIOKafkaProducer, events: list[Event]) -> None:
        await producer.begin_transaction()
        now = self._board.now()
        sent = [await self._send(producer, codec.encode(event), now, noted=False) for event in events]
        places = [await one for one in sent]
        if self._rng.random() < STAYS_OPEN:
            self.counts["transactions left open"] += 1
            await asyncio.sleep(self._rng.uniform(*OPEN_SECONDS))
        if self._rng.random() < ABORTED:
            self.counts["transactions aborted"] += 1
            await producer.abort_transaction()
            return
        await producer.commit_transaction()
        self.counts["transactions committed"] += 1
        for place in places:
            self.acknowledged[ACTIVITY, place.partition, place.offset] = self._board.now()

    async def _send(
        self, producer: AIOKafkaProducer, encoded: Encoded, now: datetime, *, noted: bool = True
    ) -> asyncio.Future[Any]:
        key, value, headers = encoded
        partition = partition_for(key.decode(), topic_plan().partitions)
        self.counts["events"] += 1
        sent = await producer.send(ACTIVITY, value, key, partition=partition, timestamp_ms=to_ms(now), headers=headers)
        if noted:
            sent.add_done_callback(self._note)
        return sent  # type: ignore[no-any-return]  # aiokafka is untyped

    def _note(self, sent: asyncio.Future[Any]) -> None:
        """Remember when the broker had it; what ended otherwise may be on the log, too."""
        if sent.cancelled() or sent.exception() is not None:
            self.counts["never acknowledged"] += 1
            return
        place = sent.result()
        self.acknowledged[ACTIVITY, place.partition, place.offset] = self._board.now()


def nonsense(rng: Random, event: Event) -> Encoded:
    """Return the event with one thing wrong, or of a type that nobody knows."""
    key, value, pairs = codec.encode(event)
    headers = dict(pairs)
    headers["ce_id"] = b"nonsense"
    match rng.randrange(5):
        case 0:
            return key, value[:-1], list(headers.items())
        case 1:
            return key, None, list(headers.items())
        case 2:
            headers["ce_source"] = b"/\xe9t\xe9"
        case 3:
            headers["ce_type"] = b"rapport.telepathy.received"
        case _:
            large = json.dumps({**json.loads(value), "note": "x" * 300_000}).encode()
            return key, large, list(headers.items())
    return key, value, list(headers.items())
