"""Where log, store and mail are for whoever runs services: what is set, and for the rest the embedded system.

A system that runs in the data folder is joined; one that is starting there is waited for; else it is started here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from rich.console import Console

from rapport.names import GATEWAY
from shared.config.redis_address import redis_address
from shared.config.settings import Settings
from shared.config.values import smtp_access
from shared.runtime.kafka.connection import KafkaAccess

if TYPE_CHECKING:
    from shared.embedded import Addresses, System

JOIN_SECONDS_MAX: Final = 600.0
"""How long another process's start in the same folder is waited for: the first one also fetches Kafka's jars."""
LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where log, store and mail are."""

    kafka: KafkaAccess
    redis: str = field(repr=False)
    """The store's URL; empty where nobody needs one."""
    smtp: str | None = field(repr=False)
    folder: Path | None = None
    """The data folder of the embedded system, where it takes a part."""


@contextmanager
def endpoints(settings: Settings, console: Console, *, store: bool = True) -> Iterator[Endpoints]:
    """Yield what is set; where something is left open, join the embedded system that runs, or start it.

    `store` False: nobody needs one.
    """
    redis = settings.redis_url()
    if settings.kafka and (redis or not store):
        smtp = settings.smtp.get_secret_value() if settings.smtp else None
        yield Endpoints(KafkaAccess(settings.kafka, settings.kafka_security()), redis or "", smtp)
        return
    with ExitStack() as stack:
        yield _beside(settings, _joined_or_started(settings, console, stack))


def _joined_or_started(settings: Settings, console: Console, stack: ExitStack) -> Addresses:
    from shared import embedded
    from shared.embedded.progress import shown

    mirror = settings.maven.get_secret_value() if settings.maven else None
    deadline = time.monotonic() + JOIN_SECONDS_MAX
    printed = False
    while True:
        if (found := embedded.running(settings.data_dir)) is not None:
            return found
        with ExitStack() as attempt:
            progress = attempt.enter_context(shown(console))
            try:
                system: System = attempt.enter_context(
                    embedded.start(
                        settings.data_dir,
                        mirror=mirror,
                        progress=progress,
                        notice=console.print,
                        on_trouble=_log_trouble,
                    )
                )
            except embedded.InUse:
                if time.monotonic() > deadline:
                    raise
            else:
                stack.push(attempt.pop_all())
                return system.addresses
        if not printed:
            printed = True
            console.print(f"waiting: another process is starting in {settings.data_dir}", markup=False, soft_wrap=True)
        time.sleep(LOOK_SECONDS)


def _beside(settings: Settings, found: Addresses) -> Endpoints:
    """Return what is set, and what the embedded system has for the rest."""
    access = KafkaAccess(settings.kafka, settings.kafka_security()) if settings.kafka else found.access()
    smtp = settings.smtp.get_secret_value() if settings.smtp else found.smtp
    return Endpoints(access, settings.redis_url() or found.redis, smtp, settings.data_dir.absolute())


def _log_trouble(text: str) -> None:
    structlog.get_logger().error(f"the embedded system: {text}")


def where(names: Sequence[str], settings: Settings, found: Endpoints) -> str:
    """Return the parts that services talk to, as people read them: no password is among them."""
    says = [f"Kafka {found.kafka.servers}"]
    if any(name != GATEWAY for name in names):
        says.append(f"store {redis_address(found.redis).named or 'on a socket'}")
    if settings.monitoring is not None:
        says.append(f"metrics http://{settings.monitoring}/metrics")
    if GATEWAY in names:
        says.append(f"pages http://{settings.gateway}")
    if "digest" in names:
        if settings.smtp is None and found.folder is not None:
            says.append(f"mails kept in {found.folder / 'mail'}")
        elif found.smtp is not None:
            mail = smtp_access(found.smtp)
            says.append(f"mails to {mail.host}:{mail.port}")
    return ", ".join(says)


def for_clients(settings: Settings, found: Endpoints) -> str | None:
    """Return how other clients enter the embedded Kafka; None where Kafka is somebody's own."""
    from shared.embedded.folder.entry import CLIENT_ENV, CLIENT_PROPERTIES

    if settings.kafka is not None or found.folder is None:
        return None
    properties, lines = found.folder / CLIENT_PROPERTIES, found.folder / CLIENT_ENV
    return f"how other clients enter Kafka and Valkey: {properties} (Kafka's properties), {lines} (RAPPORT_* lines)"
