"""`rapport import linkedin`: a member's LinkedIn export becomes events of the activity topic.

The same rows give the same events with the same ids, so importing twice changes nothing.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from shared.importing import Import
    from shared.runtime.kafka.connection import KafkaAccess

REJECTED_SHOWN_MAX = 20


def linkedin(
    archive: Annotated[Path, typer.Argument(help="The export as LinkedIn gave it: a zip, its folder, or one CSV.")],
    member: Annotated[str, typer.Option(help="The id of the member whose export it is.")],
    me: Annotated[
        str | None, typer.Option(help="The address of the member's own profile, where the archive does not say it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only read and report. Needs nothing running, publishes nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Import connections, invites, messages and recommendations of a LinkedIn data export.

    Of messages and recommendations it takes who wrote to whom and when, never the words.

    Rows and files that cannot be read are named and left out; the rest is imported, with exit code 0. Where nothing
    can be read the exit code is 1. Importing twice changes nothing.
    """
    from rapport.commands.import_changes import check_file
    from rapport.terminal.failure import Failure
    from rapport.terminal.import_arguments import check_member, warn_of_files
    from rapport.terminal.output import late_bar, print_json
    from shared.importing import ArchiveError, read_archive

    check_file(archive)
    check_member(member)
    access = None if dry_run else _access()
    try:
        with late_bar("reading") as bar:
            found = read_archive(
                archive,
                member=member,
                me=me,
                imported_at=datetime.now(UTC),
                progress=bar.advance,
            )
            if access is None:
                for _ in found.events():
                    pass
            else:
                _publish(found, access)
    except ArchiveError as error:
        raise Failure(str(error)) from None
    warn_of_files(found.report())
    if as_json:
        print_json(found.report())
    else:
        _print_summary(found, published=access is not None)


def _access() -> KafkaAccess:
    from rapport.system.endpoints import kafka_access, settings

    return kafka_access(settings())


def _publish(found: Import, access: KafkaAccess) -> None:
    from rapport.system.publishing import publisher
    from rapport.system.work import run_against

    async def work() -> None:
        async with publisher(access) as out:
            for event in found.events():
                await out.put(event)

    run_against(work())


def _print_summary(found: Import, *, published: bool) -> None:
    report = found.report()
    events = sum(report["events"].values())
    print(f"Read {', '.join(report['files'])}: {report['rows_read']} rows, {report['rows_imported']} imported.")
    if hidden := report["hidden_rows"]:
        print(f"{hidden} rows hold nobody: LinkedIn leaves out people who closed their account or hide themselves.")
    for reason, count in report.get("set_aside", {}).items():
        print(f"{count} rows were set aside: {reason}.")
    _print_rejected(report)
    print(f"{events} events {'published' if published else 'would be published (dry run)'}:")
    for name, count in report["events"].items():
        print(f"  {count:>7}  {name}")
    if evidence := found.evidence():
        print("LinkedIn does not say what became of an invite; they were taken for:")
        for reason, count in evidence.items():
            print(f"  {count:>7}  {reason}")


def _print_rejected(report: dict[str, Any]) -> None:
    rejected = report["rows_rejected"]
    total = len(rejected) + report.get("rows_rejected_more", 0)
    if not total:
        return
    print(f"{total} rows could not be read:", file=sys.stderr)
    for row in rejected[:REJECTED_SHOWN_MAX]:
        print(f"  {row['file']} line {row['line']}: {row['reason']}", file=sys.stderr)
    if total > REJECTED_SHOWN_MAX:
        print(f"  and {total - REJECTED_SHOWN_MAX} more (--json lists them)", file=sys.stderr)
