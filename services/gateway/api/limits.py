"""How much at once: requests by key, bytes of bodies in memory. Whatever is more is told when to come again."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.types import Message, Receive

from services.gateway.api.problems import Problem, later

REQUESTS_PER_SECOND: Final = 200
"""Of one key, for as long as it likes."""
REQUESTS_AT_ONCE: Final = 400
"""Of one key, after a pause."""
KEYS_KEPT: Final = 10_000
"""Keys and members' tokens whose rate is remembered; the one that was quiet for longest is forgotten first."""
BODY_BYTES_MAX: Final = 4 * 1024 * 1024
"""Of one request."""
BODIES_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of all requests under way, in one process."""
BODY_SECONDS_MAX: Final = 30.0
RETRY_AFTER_SECONDS: Final = 5


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """How often each may ask: a bucket of requests for each, that fills again with time."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        per_second: float = REQUESTS_PER_SECOND,
        at_once: int = REQUESTS_AT_ONCE,
    ) -> None:
        self._monotonic, self._per_second, self._at_once = monotonic, per_second, at_once
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, who: str) -> None:
        """Count a request; `Problem` 429 where it is one too many."""
        now = self._monotonic()
        bucket = self._buckets.pop(who, None) or _Bucket(self._at_once, now)
        self._buckets[who] = bucket
        bucket.left = min(self._at_once, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        if bucket.left < 1:
            wait = max(1, math.ceil((1 - bucket.left) / self._per_second))
            raise later(wait, f"more than {self._per_second:g} requests a second", status=HTTPStatus.TOO_MANY_REQUESTS)
        bucket.left -= 1
        if len(self._buckets) > KEYS_KEPT:
            self._buckets.popitem(last=False)


class Bodies:
    """The bytes of all bodies that are in memory."""

    def __init__(self) -> None:
        self.held = 0

    def hold(self, size: int) -> None:
        """Count bytes that have come; `Problem` 503 where they are too many at once."""
        self.held += size
        if self.held > BODIES_BYTES_MAX:
            raise later(RETRY_AFTER_SECONDS, "too many bytes are under way")


class Body:
    """The body of one request as it comes in: so large at most, and whole after so long. `end` gives its room back."""

    def __init__(
        self,
        bodies: Bodies | None,
        receive: Receive,
        bytes_max: int | None = None,
        seconds_max: float | None = None,
    ) -> None:
        """Read by `receive`. `bodies`: None where what comes does not stay in memory."""
        self._bodies = bodies
        self._receive = receive
        self._bytes_max = BODY_BYTES_MAX if bytes_max is None else bytes_max
        self._deadline = asyncio.get_running_loop().time() + (BODY_SECONDS_MAX if seconds_max is None else seconds_max)
        self._size = 0
        self._whole = False

    async def receive(self) -> Message:
        """Return the next part; `Problem` 413, 408 or 503."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time") from None
        self._whole = not message.get("more_body", False)
        part = len(message.get("body", b""))
        self._size += part
        if self._bodies is not None:
            self._bodies.hold(part)
        if self._size > self._bytes_max:
            raise too_large(self._bytes_max)
        return message

    def end(self) -> None:
        """Give back what was held."""
        if self._bodies is not None:
            self._bodies.held -= self._size
        self._size = 0


def too_large(bytes_max: int) -> Problem:
    """Return that a body is larger than is allowed."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body: is more than {bytes_max} bytes")
