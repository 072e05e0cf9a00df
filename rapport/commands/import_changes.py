"""What imports share that publish only what has changed: the look at what is known already, and the report's end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from shared.contracts import Event
    from shared.importing.existing.activity import Existing

REJECTED_SHOWN_MAX = 20


def check_file(path: Path) -> None:
    """Refuse an address in place of a file. It may be a secret: nothing of it is said, and a path's name is its query."""
    from rapport.terminal.failure import Failure
    from shared.importing.web.address import is_address

    if is_address(str(path).replace(":/", "://", 1)):  # of two slashes a path keeps one
        raise Failure("an address is no file: `rapport import calendar URL` reads that of a calendar")


def give(events: Callable[[Existing], Iterator[Event]], member: str, *, dry_run: bool, compares: bool = True) -> None:
    """Publish what an import finds beyond the member's activity; on a dry run only go through it.

    Without `compares` its events are the same whatever is known already, and nothing of that is read.
    """
    from shared.importing.existing.activity import Existing

    if dry_run:
        for _ in events(Existing()):
            pass
    else:
        _publish(events, member, compares=compares)


def _publish(events: Callable[[Existing], Iterator[Event]], member: str, *, compares: bool) -> None:
    from rapport.system.activity import whole_activity_of
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.publishing import publisher
    from rapport.system.work import run_against
    from shared.importing.existing.activity import Existing, existing_of

    access = kafka_access(settings())

    async def work() -> None:
        existing = existing_of(await whole_activity_of(access, member)) if compares else Existing()
        async with publisher(access) as out:
            for event in events(existing):
                await out.put(event)

    run_against(work())


def print_end(report: Mapping[str, Any], what: str, *, dry_run: bool, place: str | None = None) -> None:
    """Print what was left out, what could not be read (on stderr), and the events by type. `what`: `event`, `card`.

    `place`: what the numbers of those that cannot be read count, where that is something else, such as a line.
    """
    for reason, count in report["set_aside"].items():
        print(f"Left out: {count} ({reason}).")
    rejected = report[f"{what}s_rejected"]
    if total := len(rejected) + report.get(f"{what}s_rejected_more", 0):
        print(f"{what.capitalize()}s that could not be read: {total}", file=sys.stderr)
        for one in rejected[:REJECTED_SHOWN_MAX]:
            print(f"  {place or what} {one[what]} of the file: {one['reason']}", file=sys.stderr)
        if total > REJECTED_SHOWN_MAX:
            print(f"  and {total - REJECTED_SHOWN_MAX} more (--json lists them)", file=sys.stderr)
    print_events(report["events"], dry_run=dry_run)


def print_events(events: Mapping[str, int], *, dry_run: bool) -> None:
    """Print how many events were published, by type."""
    how = "to be published (dry run, as if nothing were known)" if dry_run else "published"
    print(f"Events {how}: {sum(events.values())}")
    for name, count in events.items():
        print(f"  {count:>7}  {name}")
