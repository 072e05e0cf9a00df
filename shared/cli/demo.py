"""`rapport demo`: a scripted scene through the real services on a virtual clock, and what came of it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import shutil
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from shared.cli.composition import CORES, services
from shared.cli.kept_mails import kept_mails
from shared.cli.logs import set_up_logs
from shared.cli.scenes import NETWORK, SCENES
from shared.cli.scenes.network import ANNA, LIN
from shared.cli.scenes.scene import Scene
from shared.cli.stage import Stage, everything
from shared.cli.summary import show
from shared.cli.transcript import episode, transcript
from shared.contracts import DigestSent, Fact
from shared.contracts.topics import topic_plan
from shared.embedded import System, start
from shared.embedded.progress import shown
from shared.runtime.clock import VirtualClock
from shared.runtime.journal import Journal
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.service import Surroundings
from shared.runtime.topics_admin import ensure_topics
from shared.settings import Settings, load

FOLDER = "demo"
"""Below the data folder; made anew at each demo, and left for reading."""


def demo(
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the services' logs, too.")] = False,
    name: Annotated[str, typer.Option("--scene", metavar="NAME", help=f"Of {', '.join(SCENES)}.")] = NETWORK,
) -> None:
    """Play a scripted scene through the real services on a virtual clock, then say what happened."""
    if (scene := SCENES.get(name)) is None:
        raise typer.BadParameter(f"no scene {name!r}; there are {', '.join(SCENES)}", param_hint="--scene")
    console = Console()
    settings = load()
    set_up_logs(logging.INFO if verbose else logging.ERROR, settings.log_format or "console")
    folder = settings.data_dir / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    mirror = settings.maven.get_secret_value() if settings.maven else None
    with shown(Console(stderr=True)) as progress, start(folder, mirror=mirror, progress=progress) as running:
        ready = time.monotonic()
        facts = asyncio.run(_play(running, settings, scene))
    if scene.name == NETWORK:
        console.print()
        show(console, facts)
        _show_meeting(console, facts)
        _show_digest(console, folder / "mail", facts)
    else:
        _tell(console, scene, folder / "mail", facts)
    Console(stderr=True).print(
        f"\n{scene.days} days in {time.monotonic() - ready:.0f} s, after {ready - began:.0f} s to start Kafka and Valkey."
        " Nothing is left running."
    )


async def _play(system: System, settings: Settings, scene: Scene) -> list[Fact]:
    access = KafkaAccess(system.kafka)
    await ensure_topics(access, topic_plan())
    clock = VirtualClock(scene.start)
    where = Surroundings(access, system.redis, clock, timedelta(0), settings.session_timeout_ms)
    cast = services(CORES, where, system.smtp, settings.sender, Journal)
    try:
        for service in cast:
            await service.start()
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"))
        with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
            days = bar.add_task(f"{scene.start:%d %b %Y}", total=scene.days)
            await Stage(access, clock, cast).play(
                scene.facts(),
                scene.end,
                lambda now: bar.update(
                    days, completed=(now - scene.start) / timedelta(days=1), description=f"{now:%d %b %Y}"
                ),
            )
        return await everything(access)
    finally:
        for service in cast:
            await service.stop()


def _show_meeting(console: Console, facts: list[Fact]) -> None:
    """Show a meeting with everything around it."""
    console.print(f"\n[bold]Anna and {LIN.name}[/bold]")
    for line in episode(facts, ANNA, LIN.id):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _tell(console: Console, scene: Scene, mails: Path, facts: list[Fact]) -> None:
    """Tell a scene from end to end."""
    lines = transcript(facts, scene.member, kept_mails(mails), mail_text=scene.mail_text)
    for line in (scene.about, "", *lines):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _show_digest(console: Console, mails: Path, facts: list[Fact]) -> None:
    """Show one digest as its reader gets it, and where it stands as a page."""
    sent = [fact for fact in facts if isinstance(fact.data, DigestSent) and fact.member == ANNA]
    kept = {_identity(path): path for path in sorted(mails.glob("*.eml"))}
    chosen = [path for fact in sent if (path := kept.get(getattr(fact.data, "message_id", ""))) is not None]
    if not chosen:
        console.print("\nNo digest was sent to show.", style="red")
        sys.exit(1)
    path = max(chosen, key=lambda path: path.stat().st_size)
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text = message.get_body(("plain",))
    console.print(f"\n[bold]One of Anna's digests[/bold]: {message['Subject']}\n")
    console.print(text.get_content() if text else "", highlight=False, markup=False)
    console.print(f"As a page: {path.with_suffix('.html')}", soft_wrap=True)


def _identity(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return str(message["Message-ID"] or "").strip()
