"""`rapport demo --stay`: the system stays up after its scene, with the API, members' own pages and metrics, until Ctrl-C.

The clock goes on from the scene's last instant, as fast as any other: what is told to the API is answered by the services.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from rapport.composition import PROJECTIONS, services
from rapport.names import GATEWAY
from rapport.serving.first_key import first_key
from rapport.serving.gateway import gateway
from rapport.terminal.failure import Failure
from shared.config.settings import Settings
from shared.links import LinkAddresses, LinkKeys, ToPage
from shared.process.seeing import Seeing
from shared.runtime.environment import Environment
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.service import Service
from shared.runtime.web.descriptors import bound

TICK_SECONDS: Final = 0.2
"""How often the clock goes on."""
LOOK_SECONDS: Final = 0.05
MONITORING: Final = "127.0.0.1:9464"
"""Where metrics are, unless `RAPPORT_MONITORING` says otherwise."""
PAGE_DAYS: Final = 30
"""So long the link to a member's page opens it."""

Tell = Callable[[str], None]


def settled_for(settings: Settings, folder: Path) -> Settings:
    """Return the settings of a demo that stays: all it keeps is in `folder`. `Failure` where a port is not free."""
    chosen = settings.model_copy(
        update={
            "kafka": None, "redis": None, "public_url": None, "api_keys": None, "data_dir": folder,
            "monitoring": settings.monitoring or MONITORING,
            "link_secret": SecretStr(secrets.token_urlsafe(32)),
        }
    )  # fmt: skip
    for name, (host, port) in {"GATEWAY": chosen.gateway_at, "MONITORING": chosen.monitoring_at or ("", 0)}.items():
        try:
            bound(host, port, 1).close()
        except OSError as error:
            raise Failure(f"RAPPORT_{name}: {host}:{port} cannot be served: {error.strerror}") from error
    return chosen


async def stay(
    settings: Settings, seeing: Seeing, where: Environment, cast: Sequence[Service], member: str, tell: Tell
) -> None:
    """Serve what the services know until SIGINT or SIGTERM; `tell` says where. The cast goes on living meanwhile.

    `seeing` has made the observers of the cast; `where` has the scene's clock.
    """
    stop, clock = asyncio.Event(), where.clock
    assert isinstance(clock, VirtualClock)  # the stage has made it
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    shown = services(PROJECTIONS, where, None, observer=seeing.observer)
    server = gateway(settings, where.kafka, clock.now, seeing.http(GATEWAY), where.redis)
    async with (
        seeing.of([*cast, *shown], [GATEWAY]) as watch,
        _started(shown),
        server as asks,
        _going_on([clock, *(own for one in cast if isinstance(own := one.where.clock, VirtualClock))]),
    ):
        watch.opened(GATEWAY, asks)
        if await _caught_up(shown, stop):
            for line in _places(settings, clock, member):
                tell(line)
        await stop.wait()


def _places(settings: Settings, clock: VirtualClock, member: str) -> Sequence[str]:
    pages = LinkAddresses(settings.pages_url, LinkKeys(settings.token_secrets()))
    until = int((clock.now() + timedelta(days=PAGE_DAYS)).timestamp())
    return (
        f"the API      http://{settings.gateway}/v1, its key is in {first_key(settings, clock.now)}",
        f"{member}'s page  {pages.page(ToPage(member, until))}",
        f"metrics      http://{settings.monitoring}/metrics",
        f"mails        {settings.data_dir / 'mail'}",
        f"All of it stays up, and its clock goes on from {clock.now():%d %B %Y}; Ctrl-C ends it.",
    )


@asynccontextmanager
async def _started(shown: Sequence[Service]) -> AsyncIterator[None]:
    try:
        for service in shown:
            await service.start()
        yield
    finally:
        for service in shown:
            await service.stop()


async def _caught_up(shown: Sequence[Service], stop: asyncio.Event) -> bool:
    """Wait until all that was said in the scene is applied; False when it is stopped before."""
    while not stop.is_set():
        if all([await service.settled() for service in shown]):
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


@asynccontextmanager
async def _going_on(clocks: Sequence[VirtualClock]) -> AsyncIterator[None]:
    async def go_on() -> None:
        loop = asyncio.get_running_loop()
        begun, at = loop.time(), max(one.now() for one in clocks)
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for one in clocks:
                one.advance_to(at + timedelta(seconds=loop.time() - begun))

    going = asyncio.create_task(go_on(), name="the demo's clock")
    try:
        yield
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
