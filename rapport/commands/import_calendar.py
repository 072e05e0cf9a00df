"""`rapport import calendar`: a calendar's meetings with people become events of the activity topic.

What was told before is read from the member's partition, so importing again tells what has changed, and nothing else.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from shared.importing.calendar import CalendarImport
    from shared.runtime.kafka.connection import KafkaAccess

REJECTED_SHOWN_MAX = 20


def calendar(
    file: Annotated[Path, typer.Argument(help="An iCalendar file (.ics), as Google, Outlook or Apple export it.")],
    member: Annotated[str, typer.Option(help="The id of the member whose calendar it is.")],
    me: Annotated[
        list[str] | None, typer.Option(help="An address of the member's own. May be given several times.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="The IANA time zone of times that name none, or one that nothing tells.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="The file is all of the calendar: what it no longer has is cancelled.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only read and report. Needs nothing running, publishes nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Import the meetings of a calendar, from a year back to a year ahead.

    Takes when, how and where people meet and with whom, never the title or the notes. Whole days, private events, what
    is not agreed and meetings with more than eight people are left out, with their number.

    Importing again tells what has changed. Where nothing can be read the exit code is 1.
    """
    from rapport.commands.import_linkedin import check_member
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import print_json
    from shared.importing.calendar import Known, read_calendar
    from shared.importing.refusals import ArchiveError

    check_member(member)
    access = None if dry_run else _access()
    try:
        found = read_calendar(file, member=member, now=datetime.now(UTC), me=me or (), zone=_zone(zone), whole=whole)
    except ArchiveError as error:
        raise Failure(str(error)) from None
    if access is None:
        for _ in found.events(Known()):
            pass
    else:
        _publish(found, access, member)
    if as_json:
        print_json(found.report())
    else:
        _print_summary(found.report(), published=access is not None)


def _zone(name: str | None) -> str | None:
    from shared.calendar import zone_rules

    if name is not None:
        try:
            zone_rules(name)
        except ValueError as error:
            raise typer.BadParameter(str(error).removeprefix("zone: "), param_hint="--zone") from None
    return name


def _access() -> KafkaAccess:
    from rapport.system.endpoints import kafka_access, settings

    return kafka_access(settings())


def _publish(found: CalendarImport, access: KafkaAccess, member: str) -> None:
    from rapport.system.activity import activity_of
    from rapport.system.publishing import publisher
    from rapport.system.work import run_against
    from shared.importing.calendar import known_of

    async def work() -> None:
        known = known_of(await activity_of(access, member))
        async with publisher(access) as out:
            for event in found.events(known):
                await out.put(event)

    run_against(work())


def _print_summary(report: dict[str, Any], *, published: bool) -> None:
    print(f"Events read: {report['events_read']}. Meetings with people within a year of today: {report['meetings']}.")
    for reason, count in report["set_aside"].items():
        print(f"Left out: {count} ({reason}).")
    _print_rejected(report)
    events = sum(report["events"].values())
    print(
        f"Events {'published' if published else 'to be published (dry run, as if nothing was told before)'}: {events}"
    )
    for name, count in report["events"].items():
        print(f"  {count:>7}  {name}")


def _print_rejected(report: dict[str, Any]) -> None:
    rejected = report["events_rejected"]
    total = len(rejected) + report.get("events_rejected_more", 0)
    if not total:
        return
    print(f"Events that could not be read: {total}", file=sys.stderr)
    for one in rejected[:REJECTED_SHOWN_MAX]:
        print(f"  event {one['event']} of the file: {one['reason']}", file=sys.stderr)
    if total > REJECTED_SHOWN_MAX:
        print(f"  and {total - REJECTED_SHOWN_MAX} more (--json lists them)", file=sys.stderr)
