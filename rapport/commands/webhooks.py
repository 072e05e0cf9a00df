"""`rapport webhooks`: where events are posted to, and the process that posts them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rapport.webhooks.delivering.endpoints import Endpoint

webhooks = typer.Typer(no_args_is_help=True, help="Post what the services publish to addresses of the product.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `rapport webhooks list` prints it.")]


@webhooks.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Short: a-z, 0-9 and -.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="https://; of a public address, unless --private.")],
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="A type of events, with * for anything; several: once each. None: all."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="The receiver is your own: in a private network, or without TLS.")
    ] = False,
) -> None:
    """Add an address and print the secret that signs what it gets. What is appended from now on is posted to it."""
    from rapport.system.endpoints import present
    from rapport.webhooks.delivering.endpoints import add_endpoint

    with _errors_reported():
        made = add_endpoint(_file(), name, url, types or [], present(), private=private)
    print(made.secret)
    print(f"The receiver checks signatures with this secret. {_runs()}", file=sys.stderr)


@webhooks.command("list")
def list_endpoints() -> None:
    """List the addresses, and what each gets."""
    from rapport.webhooks.delivering.endpoints import read_endpoints

    with _errors_reported():
        found = read_endpoints(_file())
    for one in found:
        print(f"{one.name}  {one.url}  {','.join(one.types) or 'all'}{'  private' if one.private else ''}")
    if not found:
        print("There are no webhooks.", file=sys.stderr)


@webhooks.command("status")
def status() -> None:
    """Say of each address how many records wait, since when it takes nothing, and whether it is paused."""
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.webhooks.delivering.endpoints import read_endpoints
    from rapport.webhooks.status import status_of

    with _errors_reported():
        found = read_endpoints(_file())
    access = kafka_access(settings())
    for one in found:
        print(run_against(status_of(access, one)))
    if not found:
        print("There are no webhooks.", file=sys.stderr)


@webhooks.command("rotate")
def rotate(name: Name) -> None:
    """Make and print another secret. The one before it signs, too, for 24 hours."""
    from rapport.system.endpoints import present
    from rapport.webhooks.delivering.endpoints import rotate_secret

    with _errors_reported():
        print(rotate_secret(_file(), name, present()).secret)


@webhooks.command("resume")
def resume(name: Name) -> None:
    """Go on posting to an address that is paused, at once and with what waits."""
    from rapport.system.endpoints import present
    from rapport.webhooks.delivering.endpoints import resume as resumed

    with _errors_reported():
        resumed(_file(), name, present())


@webhooks.command("skip")
def skip(
    name: Name,
    identity: Annotated[str, typer.Argument(metavar="EVENT", help="As `rapport webhooks status` prints it.")],
) -> None:
    """Let one event go that an address does not take, so that what waits behind it is posted."""
    from rapport.webhooks.delivering.endpoints import skip as skipped

    with _errors_reported():
        skipped(_file(), name, identity)
    print(f"{identity} is posted to {name} no more; `rapport webhooks status` says what waits.", file=sys.stderr)


@webhooks.command("remove")
def remove(name: Name) -> None:
    """Post nothing more to an address."""
    from rapport.webhooks.delivering.endpoints import remove_endpoint

    with _errors_reported():
        remove_endpoint(_file(), name)


@webhooks.command("replay")
def replay(
    name: Name,
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="What was appended from then on: 2026-11-01T08:00:00Z.")
    ],
    member: Annotated[str | None, typer.Option("--member", metavar="ID", help="Of this member alone.")] = None,
) -> None:
    """Post again what stands on the topics from an instant on. Ids are the same, so a receiver knows what it has."""
    from rapport.system.endpoints import kafka_access, present, settings
    from rapport.system.work import run_against
    from rapport.webhooks.delivering.posting import posting
    from rapport.webhooks.replay import replay as replayed

    endpoint, begin = _endpoint(name), _instant(since)
    access = kafka_access(settings())

    async def work() -> int:
        async with posting(present) as post:
            return await replayed(access, endpoint, post, begin, member)

    print(f"{run_against(work())} events were posted.", file=sys.stderr)


@webhooks.command("run")
def run() -> None:
    """Post to all addresses until Ctrl-C. Several processes share the work."""
    import asyncio

    from rapport.system.endpoints import kafka_access, settings
    from rapport.webhooks.process import run_process
    from shared.process.logs import set_up_logs

    chosen = settings()
    set_up_logs(chosen.log_level_number, chosen.log_format)
    asyncio.run(run_process(kafka_access(chosen), _file(), chosen.monitoring_at))


def _endpoint(name: str) -> Endpoint:
    from rapport.terminal.failure import Failure
    from rapport.webhooks.delivering.endpoints import read_endpoints

    with _errors_reported():
        found = [one for one in read_endpoints(_file()) if one.name == name]
    if not found:
        raise Failure(f"there is no endpoint {name!r}: `rapport webhooks list` shows them")
    return found[0]


def _instant(text: str) -> datetime:
    from shared.contracts.fields import instant_from_text

    try:
        return instant_from_text(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None


def _runs() -> str:
    return "`rapport webhooks run` posts, and so does `rapport run` with RAPPORT_WEBHOOKS."


def _file() -> Path:
    from rapport.system.endpoints import settings

    return settings().webhooks_file


@contextmanager
def _errors_reported() -> Iterator[None]:
    """Say in one line what the file of webhooks does not let us do."""
    from rapport.terminal.failure import Failure
    from rapport.webhooks.delivering.endpoints import EndpointRefused, EndpointsUnreadable

    try:
        yield
    except (EndpointRefused, EndpointsUnreadable) as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}") from error
