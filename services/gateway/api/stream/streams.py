"""The open streams of a process: one reader of the topics tells all of them, each what concerns its member.

Nobody is polled for: a stream waits until a record of its member comes by. How many there are is bounded for a process, a key
and a member. One that does not keep up is ended, and takes up again where it was; so are all of them when the process stops.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.problems import later
from services.gateway.api.stream.recent import NextOffsets, Part, Recent
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver
from shared.runtime.ports.interfaces import Record

STREAMS_OF_A_KEY_MAX: Final = 1_500
"""With the tokens that were made with it."""
STREAMS_OF_A_MEMBER_MAX: Final = 10
"""Of one key: windows and devices of one person."""
WAITING_MAX: Final = 500
"""Records of its member that wait for a stream; one with more is ended."""
READY_SECONDS_MAX: Final = 10.0
"""How long the first stream of a process waits until the reader of the topics has come to their end."""
BEHIND_SECONDS_MAX: Final = 2.0
"""How long one waits until that reader is where the projection is: usually it is ahead."""


class Stream:
    """One that is open. Whoever opens it leaves it."""

    __slots__ = ("_member", "_streams", "_wake", "ended", "key", "member", "waiting")

    def __init__(self, streams: Streams, key: str, member: str) -> None:
        self._streams = streams
        self._wake = asyncio.Event()
        self.key, self.member = key, member
        self.waiting: deque[Record] = deque()
        """What came since it was looked at last."""
        self.ended = False
        """Whether nothing more comes."""

    def put(self, record: Record) -> None:
        """Have a record wait, the member's next."""
        if len(self.waiting) >= WAITING_MAX:
            self.end()
        elif not self.ended:
            self.waiting.append(record)
            self._wake.set()

    def end(self) -> None:
        """Let nothing more come."""
        self.ended = True
        self._wake.set()

    def take(self) -> list[Record]:
        """Return what waits, which then waits no more."""
        taken = list(self.waiting)
        self.waiting.clear()
        self._wake.clear()
        return taken

    async def wait(self, seconds: float) -> None:
        """Wait until there is something to take, it has ended, or the time is over."""
        if not self.ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)

    def leave(self) -> None:
        """Give its room back; once more is no error."""
        self.ended = True
        self._streams.forget(self)


Listen: TypeAlias = Callable[["Streams"], Coroutine[Any, Any, None]]
"""Reads `TOPICS` from near their end for as long as it runs, and tells by `begin`, `hear`, `reach` and `caught_up`."""


class Streams:
    """All that are open in this process. The reader starts with the first."""

    def __init__(
        self, listen: Listen, most: int, recent: Recent | None = None, observer: HttpObserver = SILENT_HTTP
    ) -> None:
        """`most`: how many may be open; `observer` is told how many are."""
        self._listen, self._most, self._observer = listen, most, observer
        self.recent = recent or Recent()
        self.stamp = ""
        """Of the topics that are read: an offset means nothing in others."""
        self._by_member: dict[str, list[Stream]] = {}
        self._of_key: Counter[str] = Counter()
        self._listening: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._behind: list[tuple[int, NextOffsets, asyncio.Future[None]]] = []
        self._stopped = False

    def __len__(self) -> int:
        """Return how many are open."""
        return self._of_key.total()

    def enter(self, key: str, member: str) -> Stream:
        """Open one; `Problem` 429 or 503 where there are too many."""
        there = sum(one.key == key for one in self._by_member.get(member, ()))
        if there >= STREAMS_OF_A_MEMBER_MAX:
            raise later(RETRY_AFTER_SECONDS, "too many streams of one member", HTTPStatus.TOO_MANY_REQUESTS)
        if self._of_key[key] >= STREAMS_OF_A_KEY_MAX:
            raise later(RETRY_AFTER_SECONDS, "too many streams of one key", HTTPStatus.TOO_MANY_REQUESTS)
        if self._stopped or len(self) >= self._most:
            raise later(RETRY_AFTER_SECONDS, "there is no room for another stream")
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen(self), name="streams")
        opened = Stream(self, key, member)
        self._by_member.setdefault(member, []).append(opened)
        self._of_key[key] += 1
        self._observer.streaming(len(self))
        return opened

    def forget(self, stream: Stream) -> None:
        """Give the room of a stream back."""
        there = self._by_member.get(stream.member, [])
        if stream not in there:
            return
        there.remove(stream)
        if not there:
            del self._by_member[stream.member]
        self._of_key[stream.key] -= 1
        self._of_key += Counter()  # without those that have none
        self._observer.streaming(len(self))

    async def ready(self) -> None:
        """Wait until the topics were read up to their ends; `Problem` 503 where that takes too long."""
        try:
            async with asyncio.timeout(READY_SECONDS_MAX):
                await self._ready.wait()
        except TimeoutError:
            raise later(RETRY_AFTER_SECONDS, "the topics cannot be read just now") from None

    async def until(self, partition: int, offsets: NextOffsets) -> None:
        """Wait until all below these offsets was read; `Problem` 503 where that takes too long."""
        if self._is_behind(partition, offsets):
            reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._behind.append((partition, offsets, reached))
            try:
                async with asyncio.timeout(BEHIND_SECONDS_MAX):
                    await reached
            except TimeoutError:
                raise later(RETRY_AFTER_SECONDS, "the topics are not read so far yet") from None

    @property
    def awaited(self) -> bool:
        """Whether anybody waits until something is read: then `reach` tells where no record does."""
        return not self._ready.is_set() or bool(self._behind)

    def begin(self, stamp: str, starts: Mapping[Part, int]) -> None:
        """Read on from these offsets: where they are not those that were to come next, all streams end."""
        if self.stamp == stamp and dict(starts) == self.recent.ends():
            return
        if self.stamp:
            self._end_all()
        self.stamp = stamp
        self.recent.begin(starts)
        self._ready.clear()

    def hear(self, records: Sequence[Record]) -> None:
        """Take in records, each partition's in order."""
        for record in records:
            self.recent.add(record)
            if record.key is not None:
                for stream in self._by_member.get(record.key.decode(errors="replace"), ()):
                    stream.put(record)
        self._settle()

    def reach(self, part: Part, offset: int) -> None:
        """Note how far a partition was read, where it ends with what is no record."""
        self.recent.reach(part, offset)
        self._settle()

    def caught_up(self) -> None:
        """Note that the topics were read up to the ends that they had at the beginning."""
        self._ready.set()

    async def stop(self) -> None:
        """End all at once, and let none in any more."""
        self._stopped = True
        self._end_all()
        if (listening := self._listening) is not None:
            self._listening = None
            listening.cancel()
            await asyncio.wait([listening])

    def _end_all(self) -> None:
        for streams in self._by_member.values():
            for stream in streams:
                stream.end()

    def _is_behind(self, partition: int, offsets: NextOffsets) -> bool:
        return any(end < offset for end, offset in zip(self.recent.end(partition), offsets, strict=True))

    def _settle(self) -> None:
        if not self._behind:
            return
        still = []
        for one in self._behind:
            if self._is_behind(*one[:2]):
                still.append(one)
            elif not one[2].done():
                one[2].set_result(None)
        self._behind = [one for one in still if not one[2].done()]
