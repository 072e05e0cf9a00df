"""Serves the gateway in the event loop of `rapport run`, with a producer of its own."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from aiokafka.errors import KafkaError
from starlette.types import ASGIApp

from rapport.serving.uploads import imports_of
from rapport.system.publishing import Publisher, publisher
from rapport.terminal.failure import Failure
from services.gateway.api.actions.channels import ChannelSeal
from services.gateway.link_pages import Gateway
from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.people import Item, Profile
from services.gateway.publishing import Append, NotTaken, Position
from shared.config.settings import Settings
from shared.contracts import Event
from shared.links import LinkAddresses, LinkKeys, ToPage
from shared.process.by_settings import brand_of, channel_keys
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.observability.health_monitor import Ask
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver, Watched
from shared.runtime.ports.clock import SystemClock
from shared.runtime.ports.instants import to_ms
from shared.runtime.reader import Reader
from shared.runtime.redis.store import RedisStore, connect
from shared.runtime.web.descriptors import bound, raise_limit, room
from shared.runtime.web.http_server import config

if TYPE_CHECKING:
    from rapport.operating.asked import Questions
    from rapport.operating.desk import Desk
    from services.gateway.api.access.identity import Identity
    from services.gateway.api.access.keys import ApiKeys
    from services.gateway.api.importing.work import Imports
    from services.gateway.api.stream.streams import Streams

CONNECTIONS_MAX = 256
"""Connections at once, where the limit of open files allows it; one more closes the one that has waited longest."""
LONG_MAX = 2_000
"""Streams at once beside them, where that limit allows it."""
ACCEPTED_MAX = 128
"""Connections that wait for the event loop to look at them."""
SHARE = 8
"""The part of free files that bounds the two above."""
STOP_SECONDS_MAX = 12
"""How long a stop waits for clicks that are under way: longer than Kafka may take to acknowledge one."""


class _Server(uvicorn.Server):
    """One that leaves signals to the process it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def gateway(
    settings: Settings,
    access: KafkaAccess,
    now: Callable[[], datetime] = SystemClock().now,
    observer: HttpObserver = SILENT_HTTP,
    redis: str = "",
) -> AsyncIterator[Ask]:
    """Serve from now on, and give what asks whether Kafka answers. At the end, what is under way is answered first.

    `redis`: the URL of the store that the API reads from; empty: there is none, and it only writes.
    """
    try:
        place = room(CONNECTIONS_MAX, ACCEPTED_MAX, SHARE, raise_limit(), LONG_MAX)
        socket = bound(*settings.gateway_at, place.accepted)
    except OSError as error:
        raise Failure(f"RAPPORT_GATEWAY: {settings.gateway} cannot be served: {error.strerror}") from error
    with socket:
        async with (
            publisher(access, lambda: to_ms(now())) as given,
            _members(settings, redis) as members,
            _streams(access, settings.partitions, place.long, members, observer) as streams,
            _desk(settings, access, members, now) as (desk, asked),
            imports_of(settings, redis, _appending(given, observer), asked, members, now) as imports,
        ):

            async def publish(event: Event) -> None:
                try:
                    await given.say(event)
                except KafkaError as error:
                    raise NotTaken(type(error).__name__) from error
                observer.published(event)

            path = urlsplit(settings.public_url or "").path
            made = Gateway(LinkKeys(settings.link_secrets()), publish, now, path, observer, brand_of(settings))
            app = _with_api(made.app(), settings, given, members, streams, desk, asked, imports, now, observer, path)
            server = _Server(config(app, place, STOP_SECONDS_MAX, made.headers))
            serving = asyncio.create_task(server.serve(sockets=[socket]), name="gateway")
            try:
                yield given.answers
            finally:
                if streams is not None:
                    await streams.stop()  # else they would hold up the stop
                if desk is not None and asked is not None:
                    desk.close()  # as would questions, which may take longer than clicks
                    asked.close()
                server.should_exit = True
                await serving


@asynccontextmanager
async def _members(settings: Settings, redis: str) -> AsyncIterator[Reader[Profile, Item] | None]:
    """Give what reads members, where there is an API and a store for it."""
    if settings.api_keys_file is None or not redis:
        yield None
        return
    store = RedisStore(connect(redis), PROJECTION.name)
    try:
        yield Reader(PROJECTION, store, settings.partitions)
    finally:
        await store.close()


@asynccontextmanager
async def _streams(
    access: KafkaAccess, partitions: int, most: int, members: Reader[Profile, Item] | None, observer: HttpObserver
) -> AsyncIterator[Streams | None]:
    """Give the streams of this process, where there is something to read from."""
    if members is None:
        yield None
        return
    from rapport.serving.hearing import hearing
    from services.gateway.api.stream.streams import Streams

    streams = Streams(hearing(access, partitions), most, observer=observer)
    try:
        yield streams
    finally:
        await streams.stop()


@asynccontextmanager
async def _desk(
    settings: Settings, access: KafkaAccess, members: Reader[Profile, Item] | None, now: Callable[[], datetime]
) -> AsyncIterator[tuple[Desk | None, Questions | None]]:
    """Give what answers operators, and products about one member, where there is an API with a store."""
    if members is None:
        yield None, None
        return
    from rapport.operating.asked import Questions
    from rapport.operating.desk import Desk
    from rapport.operating.off_loop import OffLoop

    # three threads: no product keeps an operator waiting, and no check keeps the overview
    desk = Desk(settings, access, OffLoop(settings), OffLoop(settings), now)
    asked = Questions(settings, access, OffLoop(settings), now)
    try:
        yield desk, asked
    finally:
        desk.close()
        asked.close()


def _with_api(
    pages: ASGIApp,
    settings: Settings,
    given: Publisher,
    members: Reader[Profile, Item] | None,
    streams: Streams | None,
    desk: Desk | None,
    asked: Questions | None,
    imports: Imports | None,
    now: Callable[[], datetime],
    observer: HttpObserver,
    path: str,
) -> ASGIApp:
    """Return the pages, and beside them the API and members' own pages where there is a file of keys."""
    if (file := settings.api_keys_file) is None:
        return Watched(pages, path, observer)
    from services.gateway.api.access.identity import Identity
    from services.gateway.api.access.keys import ApiKeys
    from services.gateway.api.access.tokens import MemberTokens
    from services.gateway.api.app import application  # FastAPI takes its time: only whoever serves waits for it
    from services.gateway.api.events.outbox import Outbox
    from services.gateway.api.parts import Parts
    from services.gateway.personal.routes import MemberPages, beside
    from services.gateway.personal.visits import Deps

    sealed, keys, outbox = (
        settings.token_secrets() or _drawn(settings),
        ApiKeys(file),
        Outbox(_appending(given, observer)),
    )
    tokens, sealing, page = MemberTokens(sealed), LinkKeys(sealed), None
    identity = Identity(keys, tokens, now)
    if desk is not None and sealed and settings.serves_own_pages:
        pages = _with_operators(pages, settings, desk, sealing, identity, keys, now, path, observer)
    if members is not None and sealed and settings.serves_own_pages:
        deps = Deps(
            sealing, outbox, members, keys.works, now, time.monotonic, settings.pages_url, brand_of(settings), imports,
            _channels(settings),
        )  # fmt: skip
        pages = Watched(beside(pages, MemberPages(deps).app(), path), path, observer)
        page = _page_links(LinkAddresses(settings.pages_url, sealing))
    else:
        pages = Watched(pages, path, observer)
    parts = Parts(
        outbox, identity, tokens, now, observer=observer, members=members, page=page, streams=streams, asked=asked,
        imports=imports, channels=_channels(settings),
    )  # fmt: skip
    return application(pages, parts, path=path)


def _with_operators(
    pages: ASGIApp,
    settings: Settings,
    desk: Desk,
    sealing: LinkKeys,
    identity: Identity,
    keys: ApiKeys,
    now: Callable[[], datetime],
    path: str,
    observer: HttpObserver,
) -> ASGIApp:
    """Return the pages, and below them the operators' own."""
    from services.gateway.operating.entry import OperatorDeps
    from services.gateway.operating.routes import OperatorPages, below

    deps = OperatorDeps(
        desk, sealing, identity, keys.scopes_of, now, time.monotonic, settings.pages_url, brand_of(settings), observer
    )
    return below(pages, OperatorPages(deps).app(), path)


def _appending(given: Publisher, observer: HttpObserver) -> Append:
    """Return what appends events for the API: of each its position, or why it was not taken."""

    async def append(events: Sequence[Event], heard: Callable[[], None]) -> list[Position | NotTaken]:
        outcomes: list[Position | NotTaken] = []
        for event, outcome in zip(events, await given.say_all(events, heard), strict=True):
            if isinstance(outcome, KafkaError):
                outcomes.append(NotTaken(type(outcome).__name__))
            else:
                observer.published(event)
                outcomes.append(Position(outcome.partition, outcome.offset))
        return outcomes

    return append


def _drawn(settings: Settings) -> list[str]:
    """Return a secret that lasts as long as this process, where all of the system is here, and none otherwise."""
    return [secrets.token_urlsafe(32)] if settings.kafka is None else []


def _channels(settings: Settings) -> ChannelSeal | None:
    """Return what seals addresses of channels: under a secret that *digest* has too, so not under one that is drawn."""
    keys = channel_keys(settings)
    return None if keys is None else ChannelSeal(keys, private=settings.channels_private)


def _page_links(addresses: LinkAddresses) -> Callable[[str, int, str], str]:
    """Return what makes links to members' own pages."""
    return lambda member, until, key: addresses.page(ToPage(member, until, key))
