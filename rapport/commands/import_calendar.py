"""`rapport import calendar`: a calendar's meetings with people become events of the activity topic.

What is known already is read from the member's partition, so importing again publishes what has changed, and nothing else.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.importing.calendar import CalendarImport

    Read = Callable[[bytes, datetime], CalendarImport]

STDIN = "-"
EVERY_MINUTES_MIN: Final = 5
EVERY_MINUTES_MAX: Final = 24 * 60


Source = Annotated[
    str,
    typer.Argument(
        metavar="FILE|URL",
        help="An iCalendar file (.ics), as Google, Outlook or Apple export it, or its address: https, http or webcal. "
        "-: the first line of standard input is the address, so that nobody reads it among the processes.",
    ),
]
Addresses = Annotated[
    list[str] | None, typer.Option(help="An address of the member's own. May be given several times.")
]
Zone = Annotated[str | None, typer.Option(help="The IANA time zone of times that name none, or one that nobody knows.")]
Follow = Annotated[
    bool, typer.Option("--follow", help="Look again at intervals and publish what has changed, until Ctrl-C.")
]
Every = Annotated[
    int, typer.Option(min=EVERY_MINUTES_MIN, max=EVERY_MINUTES_MAX, help="Minutes between two looks of --follow.")
]
Private = Annotated[
    bool, typer.Option("--private", help="The address is of a server of your own, in a private network.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only read and report. Needs nothing running, publishes nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as one JSON object; of --follow one a round.")]


def calendar(
    file: Source,
    member: Annotated[str, typer.Option(help="The id of the member whose calendar it is.")],
    me: Addresses = None,
    zone: Zone = None,
    follow: Follow = False,
    every: Every = 60,
    private: Private = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import the meetings of a calendar, from a year back to a year ahead.

    Takes when, how and where people meet and with whom, never the title or the notes. Whole days, private events, what
    is not agreed and meetings with more than eight people are left out, with their number.

    Importing again publishes what has changed. Exit code 1: nothing can be read; 3 of --follow: do not start it again, ever.
    """
    from functools import partial

    from rapport.commands.import_changes import give, print_end
    from rapport.terminal.failure import Failure
    from rapport.terminal.import_arguments import check_member
    from rapport.terminal.output import print_json
    from shared.importing.calendar import calendar_in, read_calendar
    from shared.importing.refusals import ArchiveError
    from shared.importing.web.address import host_of

    check_member(member)
    address, own, zone = _address(file), tuple(me or ()), checked_zone(zone)
    if follow and (address is None or dry_run):
        raise typer.BadParameter("goes with a URL, and not with --dry-run", param_hint="--follow")
    try:
        if address is None:
            found = read_calendar(Path(file), member=member, now=datetime.now(UTC), me=own, zone=zone)
        else:
            read = partial(calendar_in, label=host_of(address), member=member, me=own, zone=zone)
            if follow:
                return _follow(address, lambda content, now: read(content, now=now), member, every, private, as_json)
            found = read(_content(address, private), now=datetime.now(UTC))
    except ArchiveError as error:
        raise Failure(str(error)) from None
    give(found.events, member, dry_run=dry_run)
    report = found.report()
    if as_json:
        print_json(report)
        return None
    print(f"Events read: {report['events_read']}. Meetings with people within a year of today: {report['meetings']}.")
    print_end(report, "event", dry_run=dry_run)
    return None


def _address(file: str) -> str | None:
    """Return the address that is meant; None for a file. `Failure` where it is no address."""
    from rapport.terminal.failure import Failure
    from shared.importing.refusals import ArchiveError
    from shared.importing.web.address import checked, is_address
    from shared.importing.web.limits import URL_CHARS_MAX

    if file != STDIN and not is_address(file):
        return None
    try:
        return checked(sys.stdin.readline(URL_CHARS_MAX + 2) if file == STDIN else file)
    except ArchiveError as error:
        raise Failure(str(error)) from None


def _content(address: str, private: bool) -> bytes:
    """Return what stands at an address; `ArchiveError` where nothing can be read."""
    import asyncio

    from shared.importing.calendar.limits import CALENDAR_BYTES_MAX
    from shared.importing.web.get import Web

    async def look() -> bytes:
        async with Web(CALENDAR_BYTES_MAX, private=private) as web:
            return (await web.look(address)).content or b""

    return asyncio.run(look())


def _follow(address: str, read: Read, member: str, every: int, private: bool, as_json: bool) -> None:
    from rapport.commands import import_follow
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.terminal.output import print_json
    from shared.importing.calendar.following import Followed, Round
    from shared.importing.calendar.limits import CALENDAR_BYTES_MAX
    from shared.importing.web.get import Web

    access = kafka_access(settings())

    def tell(found: Round | str) -> None:
        at = datetime.now(UTC)
        if as_json:
            print_json(import_follow.as_json(found, at))
        else:
            out = sys.stderr if isinstance(found, str) else sys.stdout
            print("\n".join(import_follow.lines(found, at)), file=out, flush=True)

    async def work() -> None:
        stop = import_follow.asked_to_stop()
        async with Web(CALENDAR_BYTES_MAX, private=private) as web:
            activity = import_follow.Activity(access, member)
            followed = Followed(web, address, read, activity.publish)
            await import_follow.follow(followed, every_seconds=every * 60.0, stop=stop, tell=tell)

    run_against(work())


def checked_zone(name: str | None) -> str | None:
    """Return the name of a zone; `typer.BadParameter` where it is none."""
    from shared.calendar import zone_rules

    if name is not None:
        try:
            zone_rules(name)
        except ValueError as error:
            raise typer.BadParameter(str(error).removeprefix("zone: "), param_hint="--zone") from None
    return name
