"""`rapport import contacts`: birthdays and anniversaries of an address book become days to remember."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def contacts(
    file: Annotated[Path, typer.Argument(help="vCards (.vcf), or the table (.csv) of Google Contacts or Outlook.")],
    member: Annotated[str, typer.Option(help="The id of the member whose address book it is.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only read and report. Needs nothing running, publishes nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Import the birthdays and anniversaries of an address book.

    Takes a name, addresses and days of the year, never a year of birth. Whoever has no such day is left out.

    Importing again publishes what has changed. Where nothing can be read the exit code is 1.
    """
    from rapport.commands.import_changes import check_file, give, print_end
    from rapport.terminal.failure import Failure
    from rapport.terminal.import_arguments import check_member
    from rapport.terminal.output import print_json
    from shared.importing.addressbook import read_address_book
    from shared.importing.refusals import ArchiveError

    check_file(file)
    check_member(member)
    try:
        found = read_address_book(file, member=member, now=datetime.now(UTC))
    except ArchiveError as error:
        raise Failure(str(error)) from None
    give(found.events, member, dry_run=dry_run)
    report = found.report()
    if as_json:
        print_json(report)
        return
    print(f"Cards read: {report['cards_read']}.")
    print_end(report, "card", dry_run=dry_run, place=found.place)
