"""`rapport import FILE`: any file that a registered importer knows by its content becomes events of the activity topic."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from shared.contracts import Event
    from shared.importing.existing.activity import Existing
    from shared.importing.importer import FileImport

NAME = "file"


class FileOrKind(TyperGroup):
    """The commands of `rapport import`; what is none of them is given to the one that finds out what a file is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `import FILE …` for `import file FILE …`. A file that is called like a command is `./calendar`."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [NAME, *args]
        return super().parse_args(ctx, args)


def file(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="What was exported elsewhere; its content says what it is. `file` may be left out.",
        ),
    ],
    member: Annotated[str, typer.Option(help="The id of the member whose file it is.")],
    me: Annotated[
        list[str] | None,
        typer.Option(help="An address of the member's own: of a profile, or for mail. May be given several times."),
    ] = None,
    zone: Annotated[str | None, typer.Option(help="The IANA time zone of times of a calendar that name none.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only read and report. Needs nothing running, publishes nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Import a file of any kind that is known: an export of LinkedIn or Facebook, a calendar or an address book.

    Says what it is, and then does what the command of that name does. Where nothing can be read the exit code is 1.
    """
    from rapport.commands.import_calendar import checked_zone
    from rapport.commands.import_changes import check_file, give
    from rapport.terminal.failure import Failure
    from rapport.terminal.import_arguments import check_member
    from rapport.terminal.output import late_bar, print_json
    from shared.importing.importer import Given
    from shared.importing.refusals import ArchiveError
    from shared.importing.registry import importer_of

    check_file(path)
    check_member(member)
    zone, events = checked_zone(zone), Counter[str]()
    try:
        with late_bar("reading") as bar:
            given = Given(member, datetime.now(UTC), tuple(me or ()), zone, bar.advance)
            found = importer_of(path).read(path, given)
            give(lambda existing: _counted(found, existing, events), member, dry_run=dry_run, compares=found.compares)
    except ArchiveError as error:
        raise Failure(str(error)) from None
    if as_json:
        print_json(_report(found, events))
    else:
        _print(_report(found, events), dry_run=dry_run)


def _counted(found: FileImport, existing: Existing, events: Counter[str]) -> Iterator[Event]:
    for event in found.events(existing):
        events[event.type.removeprefix("rapport.")] += 1
        yield event


def _report(found: FileImport, events: Counter[str]) -> dict[str, Any]:
    rest = found.found()
    named = {"files_refused": rest.files_refused, "notes": rest.notes, "rejected": rest.rejected}
    return {
        "kind": found.kind,
        "read": rest.read,
        "events": dict(sorted(events.items())),
        "left_out": dict(rest.left_out),
        **{name: [{"where": one.where, "reason": one.reason} for one in what] for name, what in named.items()},
        "rejected_more": rest.rejected_more,
    }


def _print(report: dict[str, Any], *, dry_run: bool) -> None:
    from rapport.commands.import_changes import REJECTED_SHOWN_MAX, print_events

    print(f"Kind: {report['kind']}. Read: {report['read']}.")
    for one in report["files_refused"]:
        print(f"warning: {one['where']} is left out: {one['reason']}", file=sys.stderr)
    for one in report["notes"]:
        print(f"note: {one['where']} {one['reason']}", file=sys.stderr)
    for reason, count in report["left_out"].items():
        print(f"Left out: {count} ({reason}).")
    if total := len(report["rejected"]) + report["rejected_more"]:
        print(f"Could not be read: {total}", file=sys.stderr)
        for one in report["rejected"][:REJECTED_SHOWN_MAX]:
            print(f"  {one['where']}: {one['reason']}", file=sys.stderr)
        if total > REJECTED_SHOWN_MAX:
            print(f"  and {total - REJECTED_SHOWN_MAX} more (--json lists them)", file=sys.stderr)
    print_events(report["events"], dry_run=dry_run)
