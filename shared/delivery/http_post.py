"""One attempt to hand something over by HTTP: a POST, or what takes it back.

A redirect is not followed: a receiver that has moved is given its new address by whoever set the old one. What it answers
is read to a limit, so that the connection can be used again; of most receivers it is thrown away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeAlias

import httpcore

from shared.delivery.http_parts import url_of, wait_asked_for
from shared.delivery.outcome import ATTEMPT_SECONDS_MAX, Delivered, Outcome, Rejected, Unknown
from shared.delivery.public_network import NotPublic, PublicNetwork

ANSWER_BYTES_MAX: Final = 64 * 1024
"""Read of an answer. A longer one costs its connection."""
DRAIN_SECONDS_MAX: Final = 2.0
"""An answer whose body takes longer costs its connection."""
WAIT_SECONDS_MAX: Final = 3600.0
"""A receiver may ask to be left alone for so long."""
CONNECT_SECONDS_MAX: Final = 5.0
"""Until there is a connection, and a place for it before: whoever has none by then has sent nothing, and may try again."""
CONNECTIONS_MAX: Final = 16
"""As many as there are effects at once in a process (`EFFECTS_AT_ONCE_MAX`): none waits for another one's receiver."""
KEPT_SECONDS: Final = 60.0
"""An idle connection is kept for so long."""
_GONE: Final = 410
GONE: Final = "answers 410: it wants no more of this"
Judge: TypeAlias = Callable[[int, float], Outcome]
"""(status, seconds that the receiver asked to wait) -> what became of it."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What is posted, and where. The address may hold a secret, so it is shown nowhere."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    method: str = "POST"


class HttpPost:
    """Posts to receivers over connections that are kept for the next one."""

    def __init__(self, *, private: bool = False, judge: Judge | None = None, answers: bool = False) -> None:
        """Reach public addresses alone; with `private` any: for a receiver of the operator's own.

        `judge`: what a status means; None: what it does of a webhook. `answers`: whether `Delivered` has what was said.
        """
        self._answers = answers
        self._judge = judge or of_webhook
        network = None if private else PublicNetwork()
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=CONNECTIONS_MAX, keepalive_expiry=KEPT_SECONDS, network_backend=network
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the connections that are kept."""
        await self._pool.aclose()

    async def send(self, posting: Posting, /) -> Outcome:
        """Make one attempt, which ends within `ATTEMPT_SECONDS_MAX`. Raises nothing but cancellation."""
        before = dict.fromkeys(("connect", "pool"), CONNECT_SECONDS_MAX)
        timeouts = {**before, **dict.fromkeys(("read", "write"), ATTEMPT_SECONDS_MAX)}
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in posting.headers.items()]
        request = partial(self._pool.stream, posting.method, url_of(posting.url), headers=headers, content=posting.body)
        try:
            async with (
                asyncio.timeout(ATTEMPT_SECONDS_MAX),
                request(extensions={"timeout": timeouts}) as answer,
            ):
                outcome = self._judge(answer.status, wait_asked_for(answer, WAIT_SECONDS_MAX))
                with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
                    body = await _read(answer)  # the status has said it: what goes wrong here costs the connection
                    if self._answers and isinstance(outcome, Delivered):
                        return Delivered(body)
                return outcome
        except NotPublic:
            return Rejected("leads to an address that is not public")
        except (httpcore.ConnectTimeout, httpcore.PoolTimeout):
            return Rejected(f"no connection within {CONNECT_SECONDS_MAX:g} s")
        except (TimeoutError, httpcore.TimeoutException):
            return Unknown(f"no answer within {ATTEMPT_SECONDS_MAX:g} s")
        except httpcore.ConnectError:
            return Rejected("no connection")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Unknown("the connection broke")


async def _read(answer: httpcore.Response) -> bytes:
    """Return what stands in an answer, nothing of one that is too long."""
    body = bytearray()
    async with asyncio.timeout(DRAIN_SECONDS_MAX):
        async for part in answer.aiter_stream():
            body += part
            if len(body) > ANSWER_BYTES_MAX:
                return b""
    return bytes(body)


def of_webhook(status: int, wait_seconds: float) -> Outcome:
    """Return what an answer means of a receiver that deduplicates: whatever is not taken is tried again."""
    if 200 <= status < 300:
        return Delivered()
    if status == _GONE:
        return Rejected(GONE, permanent=True)
    if 300 <= status < 400:
        return Rejected(f"answers {status}, a redirect: it is not followed")
    return Rejected(f"answers {status}", wait_seconds=wait_seconds)
