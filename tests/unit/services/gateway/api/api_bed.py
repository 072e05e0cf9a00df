"""The gateway's API in memory: a file of keys, a log that records, a clock that stands, and a client of it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from services.gateway.api.access.identity import Identity
from services.gateway.api.access.keys import ApiKeys, Scope, create_key
from services.gateway.api.access.tokens import MemberTokens
from services.gateway.api.actions.channels import ChannelSeal
from services.gateway.api.app import application
from services.gateway.api.events.outbox import Outbox
from services.gateway.api.parts import Parts
from services.gateway.publishing import NotTaken, Position
from shared.contracts import Event
from shared.links import LinkKeys, ToPage
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SECRET = "only-for-tests-and-for-nothing-else"


@dataclass
class Log:
    """Takes events, as Kafka would; refuses those whose id is in `refuses`."""

    events: list[Event] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    async def append(self, events: Sequence[Event], heard: Callable[[], None]) -> list[Position | NotTaken]:
        return [self._taken(event) for event in events]

    def _taken(self, event: Event) -> Position | NotTaken:
        if event.id in self.refuses:
            return NotTaken("NotEnoughReplicasError")
        self.events.append(event)
        return Position(len(event.member) % 3, len(self.events) - 1)


async def pages(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Stand for the pages behind links."""
    await PlainTextResponse("a page")(scope, receive, send)


@dataclass
class Api:
    """An API, and what a test asks of it."""

    keys: Path
    log: Log
    app: ASGIApp
    parts: Parts
    clock: list[float]
    client: httpx.AsyncClient = field(init=False)

    def key(self, *scopes: Scope, name: str = "") -> dict[str, str]:
        """Make a key, and return the header that shows it."""
        _, key = create_key(self.keys, name or "/".join(scopes), scopes, NOW)
        return {"authorization": f"Bearer {key}"}


def parts_of(keys: Path, log: Log, clock: list[float], observer: HttpObserver = SILENT_HTTP) -> Parts:
    tokens = MemberTokens([SECRET])
    identity = Identity(ApiKeys(keys), tokens, lambda: NOW)
    return Parts(
        Outbox(log.append), identity, tokens, lambda: NOW, lambda: clock[0], observer,
        page=lambda member, until, key: f"http://pages/open/{LinkKeys([SECRET]).seal(ToPage(member, until, key))}",
        channels=ChannelSeal(LinkKeys([SECRET])),
    )  # fmt: skip


@asynccontextmanager
async def open_api(folder: Path, observer: HttpObserver = SILENT_HTTP, **parts: Any) -> AsyncIterator[Api]:
    """Open an API of its own, with some parts of another kind; `shared_api` is the quicker one."""
    made = _made(folder, observer, **parts)
    async with _client(made.app) as made.client:
        yield made


@asynccontextmanager
async def shared_api() -> AsyncIterator[Api]:
    """Open the one that tests share, since to make one takes a tenth of a second: without keys, and nothing said."""
    made = fresh()
    async with _client(made.app) as made.client:
        yield made


def fresh() -> Api:
    """Return the shared one, with nothing left of the test before."""
    made = shared()
    made.keys.unlink(missing_ok=True)
    made.log.events.clear()
    made.log.refuses = set()
    return made


@cache
def shared() -> Api:
    return _made(Path(tempfile.mkdtemp(prefix="rapport-api-")), SILENT_HTTP)


def _made(folder: Path, observer: HttpObserver, **others: Any) -> Api:
    log, clock, keys = Log(), [0.0], folder / "keys.json"
    parts = replace(parts_of(keys, log, clock, observer), **others)
    return Api(keys, log, application(pages, parts), parts, clock)


def _client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://door")
