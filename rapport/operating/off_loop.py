"""Runs what takes long in a thread with an event loop of its own, one after the other, so that no request waits for it.

It is bounded: so many wait, and so long each may take. A step that computes looks at the time by its progress bar, and
what waits for Kafka or the store is cancelled.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

from rapport.system.error_hints import reason_for
from rapport.terminal.failure import Failure, NothingFound, Unanswerable
from rapport.terminal.output import Bar
from services.gateway.port import Busy, NoAnswer, NotFound, WrongQuestion
from shared.config.settings import Settings
from shared.runtime.kafka_admin.topics import TopicsRefused
from shared.runtime.ports.interfaces import Refused, Uncertain

T = TypeVar("T")
WAITING_MAX: Final = 4
"""Questions that are answered or wait for it; one more is told to come again."""
SECONDS_MAX: Final = 60.0
"""For one answer."""
TOO_LONG: Final = f"it took longer than {SECONDS_MAX:.0f} s: ask the command line, which has no such limit"


class _TookTooLong(Exception):
    """The time of an answer is over. A `TimeoutError` may also be a client's, of a system that does not answer."""


class Deadline(Bar):
    """A progress bar that nobody sees: it ends work that goes on for too long, or that nobody waits for any more."""

    def __init__(self, ended: threading.Event, seconds: float) -> None:
        super().__init__("")
        self._until = time.monotonic() + seconds
        self._ended = ended

    def advance(self, done: int, total: int | None, label: str | None = None) -> None:  # noqa: ARG002 - a bar's signature
        """Raise when the time is over."""
        if time.monotonic() > self._until or self._ended.is_set():
            raise _TookTooLong


Work = Callable[[Deadline], Coroutine[Any, Any, T]]


class OffLoop:
    """The thread, until `close`. `settings` say where Kafka and the store are, for the reason of a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(1, "operating")
        self._ended = threading.Event()
        self._there = 0

    async def run(self, work: Work[T]) -> T:
        """Return the answer; `Busy`, `NotFound`, `WrongQuestion` or `NoAnswer`."""
        if self._there >= WAITING_MAX or self._ended.is_set():
            raise Busy
        self._there += 1
        loop, asked = asyncio.get_running_loop(), self._pool.submit(self._run, work)
        # Where whoever asked is gone, what waits is dropped, and what runs has its place until the thread is free.
        asked.add_done_callback(lambda _: _call(loop, self._left))
        return await asyncio.wrap_future(asked)

    def close(self) -> None:
        """Begin nothing more, and end what runs at its next look at the time."""
        self._ended.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _left(self) -> None:
        self._there -= 1

    def _run(self, work: Work[T]) -> T:
        from aiokafka.errors import KafkaError
        from redis.exceptions import RedisError

        try:
            return asyncio.run(self._within(work))
        except _TookTooLong:
            raise NoAnswer(TOO_LONG) from None
        except NothingFound as error:
            raise NotFound(str(error)) from error
        except Unanswerable as error:
            raise WrongQuestion(str(error), error.field) from error
        except (Failure, Refused) as error:
            raise NoAnswer(str(error)) from error
        except (Uncertain, KafkaError, RedisError, TopicsRefused, OSError) as error:
            raise NoAnswer(asyncio.run(reason_for(error, self._settings))) from error

    async def _within(self, work: Work[T]) -> T:
        ending = asyncio.ensure_future(_set(self._ended))
        asked = asyncio.ensure_future(work(Deadline(self._ended, SECONDS_MAX)))
        try:
            await asyncio.wait({asked, ending}, timeout=SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise _TookTooLong
            return await asked
        finally:
            ending.cancel()
            asked.cancel()
            await asyncio.gather(ending, asked, return_exceptions=True)


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(what)


LOOK_SECONDS: Final = 0.2


async def _set(event: threading.Event) -> None:
    """Wait until another thread has set an event."""
    while not event.is_set():  # noqa: ASYNC110 - it is another thread's
        await asyncio.sleep(LOOK_SECONDS)
