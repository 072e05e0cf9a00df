"""What `rapport run` does: the chosen services in one loop, until they are told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial

from rich.console import Console

from rapport.composition import DECIDERS, SERVICES, services
from rapport.doctor.startup import begun, needs_store, until_there
from rapport.names import GATEWAY, NAMES
from rapport.serving.first_key import first_key
from rapport.serving.gateway import gateway
from rapport.serving.used_endpoints import Endpoints, endpoints, for_clients, where
from rapport.terminal.failure import Failure
from shared.config.settings import Settings, load
from shared.process.by_settings import brand_of, channel_keys, environment, link_addresses, tune_collector
from shared.process.logs import set_up_logs
from shared.process.logs import tell as tell_by
from shared.process.seeing import Seeing
from shared.runtime.ports.clock import SystemClock
from shared.runtime.service import Service
from shared.runtime.web.descriptors import bound, raise_limit

Tell = Callable[[str], None]
"""Says something to who runs the process."""
LOOK_SECONDS = 0.2
TELL_SECONDS = 5.0
"""A start that takes longer than this says what it waits for, and again after six times as long."""


def run_until_stopped(names: list[str] | None, *, begin_at_earliest: bool) -> None:
    """Run the services of these names, None for all, until Ctrl-C or SIGTERM; the embedded system, too, where none is set.

    `Failure` says which setting is missing.
    """
    console = Console(stderr=True)
    settings = load()
    tell = partial(tell_by, console, set_up_logs(settings.log_level_number, settings.log_format))
    chosen = _chosen(names, settings)
    if names is None and (taken := _taken(chosen, settings)):
        tell(taken)
        chosen.remove(GATEWAY)
    with endpoints(settings, console, store=needs_store(chosen)) as found:
        posts = names is None and settings.webhooks is not None
        asyncio.run(_serve(chosen, settings, found, tell, begin_at_earliest=begin_at_earliest, posts=posts))


def _chosen(names: list[str] | None, settings: Settings) -> list[str]:
    """Return what to run; none named: all, and the gateway where mails have links or there is an API."""
    chosen = list(dict.fromkeys(names or _all(settings)))
    if settings.kafka and settings.redis and settings.smtp is None and "digest" in chosen:
        raise Failure("RAPPORT_SMTP: digest sends mail, so it needs a mail server (smtp://host:port)")
    if GATEWAY in chosen and settings.public_url is None and settings.api_keys_file is None:
        raise Failure(
            "RAPPORT_PUBLIC_URL or RAPPORT_API_KEYS: gateway serves the links in mails and the API, and has neither"
        )
    return chosen


def _all(settings: Settings) -> Sequence[str]:
    """Return what runs where nothing is named: the projection where there is an API that shows it, or the log may end.

    An API of later is made of what the projection has known in time.
    """
    if settings.api_keys_file is not None:
        return NAMES
    decided = [*SERVICES] if settings.keep is not None else [*DECIDERS]
    return [*decided, GATEWAY] if settings.public_url else decided


def _taken(chosen: list[str], settings: Settings) -> str | None:
    """Return why the API is left out, where nobody has asked for it and its port is another's: as of a second process."""
    if GATEWAY not in chosen or settings.public_url is not None or settings.api_keys is not None:
        return None
    try:
        bound(*settings.gateway_at, 1).close()
    except OSError as error:
        return f"there is no API here: RAPPORT_GATEWAY: {settings.gateway} cannot be served: {error.strerror}"
    return None


async def _serve(
    names: list[str], settings: Settings, found: Endpoints, tell: Tell, *, begin_at_earliest: bool, posts: bool
) -> None:
    raise_limit()  # of open files: connections, the store's and Kafka's, share it
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    access = found.kafka
    seeing = Seeing(settings)
    around = environment(settings, access, found.redis, SystemClock(), begin_at_earliest=begin_at_earliest)
    deciders, servers = [name for name in names if name in SERVICES], [name for name in names if name == GATEWAY]
    running = services(
        deciders, around, found.smtp, settings.sender, seeing.observer, link_addresses(settings), brand_of(settings),
        channel_keys(settings), channels_private=settings.channels_private,
    )  # fmt: skip
    observers = {server: seeing.http(server) for server in servers}
    there = partial(until_there, names, settings, access, found.redis, tell, stop)
    async with seeing.of(running, servers) as watch, AsyncExitStack() as opened_servers:

        async def open_server(server: str) -> None:
            opened = gateway(settings, access, observer=observers[server], redis=found.redis)
            watch.opened(server, await opened_servers.enter_async_context(opened))

        tune_collector()  # before the first one joins its group: the others wait while the whole process stands
        if all([await begun(partial(open_server, server), there) for server in servers]):
            if servers and (key := first_key(settings)) is not None:
                tell(f"the API is http://{settings.gateway}/v1, and its key is in {key}")
            if (
                posts and not await there()
            ):  # a consumer that asks for a topic first makes it, with any number of partitions
                return
            if posts:
                from rapport.webhooks.delivering.posting import Meters
                from rapport.webhooks.process import posted

                webhooks = posted(access, settings.webhooks_file, Meters(seeing.registry), stop.set)
                await opened_servers.enter_async_context(webhooks)
                tell(f"webhooks are posted, as {settings.webhooks_file} says")
            says = f"{', '.join(names)} ({where(names, settings, found)})"
            await _until_stopped(running, there, says, for_clients(settings, found), tell, stop)


async def _until_stopped(
    running: list[Service],
    there: Callable[[], Awaitable[bool]],
    who: str,
    clients: str | None,
    tell: Tell,
    stop: asyncio.Event,
) -> None:
    async with AsyncExitStack() as stops:  # one that cannot stop keeps no other from it
        for service in reversed(running):
            stops.push_async_callback(service.stop)
        for service in running:
            if not await begun(service.start, there):
                return
        if await _ready(running, stop, tell):
            tell(f"rapport is ready: {who}; Ctrl-C stops it")
            if clients:
                tell(clients)
        await stop.wait()


async def _pause(stop: asyncio.Event) -> None:
    """Let a moment pass, or less when it is time to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK_SECONDS)


async def _ready(running: list[Service], stop: asyncio.Event, tell: Tell) -> bool:
    """Wait until every partition is recovered, and say what it waits for; False when it is stopped or refused before."""
    loop = asyncio.get_running_loop()
    report_at = loop.time() + TELL_SECONDS
    while not all(service.ready or service.refusals() for service in running):
        if stop.is_set():
            return False
        if loop.time() > report_at:
            report_at += TELL_SECONDS * 6
            for error in sorted({error for service in running for error in service.uncertain()}):
                tell(f"not ready yet: {error}")
        await _pause(stop)
    return all(service.ready for service in running)
