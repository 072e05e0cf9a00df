"""`rapport import calendar`: a calendar's meetings with people become events of the activity topic.

What was told before is read from the member's partition, so importing again tells what has changed, and nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def calendar(
    file: Annotated[Path, typer.Argument(help="An iCalendar file (.ics), as Google, Outlook or Apple export it.")],
    member: Annotated[str, typer.Option(help="The id of the member whose calendar it is.")],
    me: Annotated[
        list[str] | None, typer.Option(help="An address of the member's own. May be given several times.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="The IANA time zone of times that name none, or one that nothing tells.")
    ] = None,
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
    from rapport.commands.import_changes import give, print_end
    from rapport.commands.import_linkedin import check_member
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import print_json
    from shared.importing.calendar import read_calendar
    from shared.importing.refusals import ArchiveError

    check_member(member)
    try:
        found = read_calendar(file, member=member, now=datetime.now(UTC), me=me or (), zone=checked_zone(zone))
    except ArchiveError as error:
        raise Failure(str(error)) from None
    give(found.events, member, dry_run=dry_run)
    report = found.report()
    if as_json:
        print_json(report)
        return
    print(f"Events read: {report['events_read']}. Meetings with people within a year of today: {report['meetings']}.")
    print_end(report, "event", dry_run=dry_run)


def checked_zone(name: str | None) -> str | None:
    """Return the name of a zone; `typer.BadParameter` where it is none."""
    from shared.calendar import zone_rules

    if name is not None:
        try:
            zone_rules(name)
        except ValueError as error:
            raise typer.BadParameter(str(error).removeprefix("zone: "), param_hint="--zone") from None
    return name
