"""What `rapport demo` does: it plays a scene through the real services on a virtual clock, and prints what came of it."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from rapport.composition import services
from rapport.demo.clock_driver import Stage, everything, with_own_clocks
from rapport.demo.mailbox import KeptMails, Mailpit, Mails
from rapport.demo.scenes.network import ANNA, LIN
from rapport.demo.scenes.scene import Scene
from rapport.demo.staying import settled_for, stay
from rapport.demo.summary import show
from rapport.demo.transcript import episode, transcript
from rapport.names import NETWORK
from rapport.serving.used_endpoints import Endpoints
from rapport.terminal.failure import Failure
from shared.config.settings import Settings, load
from shared.contracts import DigestSent, Event
from shared.contracts.topics import topic_plan
from shared.embedded import start
from shared.embedded.progress import shown
from shared.process.by_settings import channel_keys
from shared.process.logs import set_up_logs
from shared.process.seeing import Seeing
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics
from shared.runtime.observability.log_observer import LogObserver
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.service import Service

Say = Callable[[list[Event]], None]
FOLDER = "demo"
"""Below the data folder; made anew at each demo, and left for reading."""


def play(scene: Scene, mailpit: str | None, *, verbose: bool, external: bool, stays: bool) -> None:
    """Play a scene, on the embedded system or on the one that is set, and print what came of it.

    `mailpit` is where the mails of an external one are read; `stays` lets the embedded one run on until Ctrl-C.
    `Failure` where it is not empty, or a setting is missing.
    """
    console = Console()
    settings = load()
    chosen = settled_for(settings, settings.data_dir / FOLDER) if stays else None
    set_up_logs(logging.INFO if verbose else logging.ERROR, settings.log_format or "console")
    began = time.monotonic()
    with _external(settings) if external else _embedded(settings) as found:
        ready = time.monotonic()
        mails = _mails(settings, mailpit, external=external)
        asyncio.run(_play(found, settings, scene, partial(_say, console, scene, mails), chosen))
    if stays:
        Console(stderr=True).print("\nNothing is left running.")
        return
    took = f"The clock went through {scene.days} days in {time.monotonic() - ready:.0f} s"
    embedded = f", after {ready - began:.0f} s to start Kafka and Valkey. Nothing is left running."
    Console(stderr=True).print(f"\n{took}{'.' if external else embedded}")


def _say(console: Console, scene: Scene, mails: Mails | None, events: list[Event]) -> None:
    if scene.name != NETWORK:
        _tell(console, scene, mails, events)
        return
    console.print()
    show(console, events)
    _show_meeting(console, events)
    if mails is not None:
        _show_digest(console, mails, events)


def _mails(settings: Settings, mailpit: str | None, *, external: bool) -> Mails | None:
    """Return where the mails are, as far as that is known."""
    if not external:
        return KeptMails(settings.data_dir / FOLDER / "mail")
    return None if mailpit is None else Mailpit(mailpit)


@contextmanager
def _embedded(settings: Settings) -> Iterator[Endpoints]:
    """Start Kafka, Valkey and the mail catcher in a folder of the demo's own."""
    folder = settings.data_dir / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    mirror = settings.maven.get_secret_value() if settings.maven else None
    with shown(Console(stderr=True)) as progress, start(folder, mirror=mirror, progress=progress) as running:
        yield Endpoints(running.addresses.access(), running.redis, running.smtp)


@contextmanager
def _external(settings: Settings) -> Iterator[Endpoints]:
    """Yield what is set; `Failure` where something is not."""
    if settings.kafka is None or settings.redis is None or settings.smtp is None:
        raise Failure("--external: set RAPPORT_KAFKA, RAPPORT_REDIS and RAPPORT_SMTP")
    access = KafkaAccess(settings.kafka, settings.kafka_security())
    yield Endpoints(access, settings.redis.get_secret_value(), settings.smtp.get_secret_value())


async def _play(found: Endpoints, settings: Settings, scene: Scene, say: Say, stays: Settings | None) -> None:
    """Play the scene and say what came of it; with settings for it, stay up afterwards."""
    access = found.kafka
    await ensure_topics(access, topic_plan().on_virtual_clock())
    if await everything(access):
        raise Failure("the demo lives in months to come: it needs a Kafka whose topics are empty")
    clock = VirtualClock(scene.start)
    where = Environment(access, found.redis, clock, timedelta(0), settings.session_timeout_ms)
    seeing = None if stays is None else Seeing(stays)
    observer = LogObserver if seeing is None else seeing.observer
    keys = None if stays is None else channel_keys(stays)

    def made(name: str, own: Environment) -> list[Service]:
        return services([name], own, found.smtp, settings.sender, observer, channel_keys=keys)

    cast = with_own_clocks(where, made)
    try:
        for service in cast:
            await service.start()
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"))
        with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
            days = bar.add_task(f"{scene.start:%d %b %Y}", total=scene.days)
            await Stage(access, clock, cast).play(
                scene.events(),
                scene.end,
                lambda now: bar.update(
                    days, completed=(now - scene.start) / timedelta(days=1), description=f"{now:%d %b %Y}"
                ),
            )
        say(await everything(access))
        if stays is not None and seeing is not None:
            out = Console(stderr=True)
            out.print()
            tell = partial(out.print, markup=False, highlight=False, soft_wrap=True)
            await stay(stays, seeing, where, cast, scene.member, tell)
    finally:
        for service in cast:
            await service.stop()


def _show_meeting(console: Console, events: list[Event]) -> None:
    """Show a meeting with everything around it."""
    console.print(f"\n[bold]Anna and {LIN.name}[/bold]")
    for line in episode(events, ANNA, LIN.id):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _tell(console: Console, scene: Scene, mails: Mails | None, events: list[Event]) -> None:
    """Tell a scene from end to end."""
    sent = {
        event.data.message_id for event in events if isinstance(event.data, DigestSent) and event.member == scene.member
    }
    found = {} if mails is None else mails.those(sent)
    lines = transcript(events, scene.member, found, mail_text=scene.mail_text)
    for line in (scene.about, "", *lines):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _show_digest(console: Console, mails: Mails, events: list[Event]) -> None:
    """Show one digest as its reader gets it, and where it stands as a page."""
    sent = {event.data.message_id for event in events if isinstance(event.data, DigestSent) and event.member == ANNA}
    if (mail := mails.largest(sent)) is None:
        console.print("\nNo digest was sent to show.", style="red")
        sys.exit(1)
    text = mail.message.get_body(("plain",))
    console.print(f"\n[bold]One of Anna's digests[/bold]: {mail.message['Subject']}\n")
    console.print(text.get_content() if text else "", highlight=False, markup=False)
    if mail.page is not None:
        console.print(f"As a page: {mail.page}", soft_wrap=True)
