"""`rapport agenda`: what comes up for a member, day by day on their own clock, and why.

It is read again from the member's partition, as things stand; an answer tomorrow makes another agenda.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rapport.inspect.narration import Narrator
    from rapport.inspect.upcoming import Agenda, Entry

LINES_MAX = 15
"""Of one day, or of what waits, that people are shown."""
DAYS_MAX = 366


def agenda(
    member: Annotated[str, typer.Argument(help="The member's id.")],
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="How many days to look ahead.")] = 14,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what comes up for a member: reminders, meetings, invites, the next digest, each with why.

    Exits with 1 when nothing is known of the member.
    """
    from rapport.inspect.memory.member_replay import remember
    from rapport.inspect.narration import Narrator
    from rapport.inspect.upcoming import agenda_of
    from rapport.system.endpoints import kafka_access, present, settings
    from rapport.system.work import run_against
    from rapport.terminal.output import late_bar, print_json

    with late_bar("reading") as bar:
        memory = run_against(remember(kafka_access(settings()), member, (), present(), bar))
        narrator = Narrator(memory)
        found = agenda_of(narrator, days, bar)
    if as_json:
        print_json(as_object(narrator, found), indent=2)
    else:
        _print(narrator, found)


def as_object(narrator: Narrator, found: Agenda) -> dict[str, Any]:
    """Return the agenda for programs."""
    from shared.contracts.fields import instant_text

    return {
        "member": narrator.memory.member,
        "zone": narrator.memory.zone,
        "now": instant_text(narrator.memory.now),
        "until": instant_text(found.until),
        "waiting": [_entry_object(narrator, one) for one in found.waiting],
        "days": [
            {"date": day.isoformat(), "entries": [_entry_object(narrator, one) for one in of_day]}
            for day, of_day in found.days.items()
        ],
        "no_digest": found.no_digest or None,
        "not_listed": found.more,
        "unreadable_records": narrator.memory.unreadable,
        "begins_at": narrator.memory.begins_at,
    }


def _entry_object(narrator: Narrator, entry: Entry) -> dict[str, Any]:
    from shared.calendar import local
    from shared.contracts.fields import instant_text

    return {
        "kind": entry.kind,
        "at": None if entry.at is None else instant_text(entry.at),
        "local": None if entry.at is None else local(entry.at, narrator.memory.zone).isoformat(),
        "item": entry.key,
        "rule": entry.rule or None,
        "says": entry.says,
        "why": entry.why,
        **entry.days,
    }


def _print(narrator: Narrator, found: Agenda) -> None:
    from rich.console import Console

    from rapport.inspect import words
    from rapport.inspect.known_before import begins
    from shared.calendar import local

    console = Console(highlight=False, soft_wrap=True, markup=False)
    if found.waiting:
        console.print(f"{words.NOW}:")
        _print_lines(console, found.waiting, lambda one: _line(one, ""))
    for of_day in found.days.values():
        assert of_day[0].at is not None
        console.print(f"{narrator.day(of_day[0].at)}:")
        _print_lines(console, of_day, lambda one: _line(one, f"{local(one.at, narrator.memory.zone):%H:%M}  "))
    if not found.days:
        console.print(words.QUIET_TIMES.format(day=narrator.day(found.until)))
    if found.no_digest:
        console.print(words.NO_DIGEST.format(why=found.no_digest))
    if found.more:
        console.print(words.MORE.format(count=f"{found.more:,}"))
    if narrator.memory.begin.lost:
        console.print(begins(narrator))
    if narrator.memory.unreadable:
        console.print(words.UNREADABLE.format(count=narrator.memory.unreadable))


def _print_lines(console: Any, entries: list[Entry], line: Any) -> None:
    from rapport.inspect import words

    for entry in entries[:LINES_MAX]:
        console.print(f"  {line(entry)}")
    if more := max(len(entries) - LINES_MAX, 0):
        console.print(f"  {words.MORE.format(count=f'{more:,}')}")


def _line(entry: Entry, hour: str) -> str:
    return f"{hour}{entry.says}{f' [{entry.why}]' if entry.why else ''}"
