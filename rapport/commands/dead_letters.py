"""`rapport dead-letters`: records that a service could not read, why, and reading them again after the mend."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rapport.system.dead_letter_reader import Letter
    from shared.contracts import ReplayRequested

dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be read, and reading them again.")

Service = Annotated[str | None, typer.Option(help="Only those of this service.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@dead_letters.command("list")
def list_letters(
    service: Service = None,
    every: Annotated[bool, typer.Option("--all", help="Those as well that were discarded.")] = False,
    as_json: AsJson = False,
) -> None:
    """List records set aside in the last 14 days, the oldest first: when, which, why, by whom, and what was done."""
    from rapport.system.dead_letter_entries import entries, entry_object, line_of
    from rapport.terminal.output import print_json

    if service is not None:
        _check_service(service, "--service")
    found = [one for one in entries(_wanted(_letters(), service)) if every or not one.discarded]
    for entry in found:
        if as_json:
            print_json(entry_object(entry))
        else:
            print(line_of(entry))
    if not found:
        print("There are no dead letters.", file=sys.stderr)


@dead_letters.command("show")
def show_letter(
    letter: Annotated[
        str, typer.Argument(metavar="ID", help="As `list` prints it; service/ before it: that one's letter.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a dead letter, the record that it is about, and what is wrong with it now.

    The record may hold personal words.
    """
    from rapport.system.dead_letter_reader import in_full, original
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.terminal.output import print_json

    found = _of(_letters(), letter)[0]
    in_detail = in_full(found, run_against(original(kafka_access(settings()), found.letter)))
    if as_json:
        print_json(in_detail, indent=2)
    else:
        _print_letter(found, in_detail)


def _print_letter(letter: Letter, in_detail: dict[str, Any]) -> None:
    from rapport.system.dead_letter_reader import plain

    record = in_detail.get("record") or {
        "key": in_detail["key_prefix"],
        "value": in_detail["value_prefix"],
        "headers": {},
    }
    wrong = in_detail["now"].get("unreadable")
    now = ": ".join(wrong[name] for name in ("field", "reason") if wrong.get(name)) if wrong else "it can be read"
    rows = [
        ("set aside", f"{letter.logged:%Y-%m-%d %H:%M:%S}{'  (replay asked for)' if letter.replayed else ''}"),
        ("reason", letter.reason), ("now", now), ("key", record["key"] or ""),
        *((name, value or "") for name, value in record["headers"].items()), ("value", record["value"] or ""),
    ]  # fmt: skip
    width = max(len(plain(name)) for name, _ in rows)
    print(plain(letter.id))
    for name, text in rows:
        print(f"  {plain(name):<{width}}  {plain(text)}")


@dead_letters.command("replay")
def replay_letters(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", help="As `list` prints them; SERVICE/ID: for one service, also of a parked item's event."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that can be read now and no replay was asked for.")] = False,
    service: Service = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Have records read again, each by its place, after what was wrong with them or with the service was mended.

    A record that still can not be read is left alone, with its reason and exit code 1. Asking twice does no harm: what a
    service knows does not depend on how often it reads a record.
    """
    from rapport.system.dead_letter_reader import request_for, request_replays
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import print_json

    if every == bool(names):
        raise typer.BadParameter("name some, or all of them by --all", param_hint="ID")
    if service is not None:
        _check_service(service, "--service")
    if every:
        found = [request_for(one.letter) for one in _wanted(_letters(), service) if not (one.replayed or one.discarded)]
    else:
        found = _requests(names or ())
    asked, left = run_against(request_replays(kafka_access(settings()), found))
    for name, reason in left.items():
        print(f"{name}: left alone: {reason}", file=sys.stderr)
    if as_json:
        print_json({"asked": asked, "left_alone": left}, indent=2)
    else:
        print(f"{len(asked)} of {_records(len(found))} will be read again.")
    if left:
        raise Failure(f"{_records(len(left))} still can not be read")


@dead_letters.command("discard")
def discard_letters(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As `list` prints them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that `list` names.")] = False,
) -> None:
    """Tick records off after a look: `list` and `doctor` leave them out from then on. The records stay where they are."""
    from rapport.system.dead_letter_entries import discard, entries
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.terminal.failure import Failure

    if every == bool(names):
        raise typer.BadParameter("name some, or all of them by --all", param_hint="ID")
    open_ones = {entry.id: entry for entry in entries(_letters()) if not entry.discarded}
    if absent := [name for name in names or () if name not in open_ones]:
        raise Failure(f"there is no dead letter {absent[0]!r} to discard; `rapport dead-letters list` names them")
    chosen = [open_ones[name] for name in dict.fromkeys(names or open_ones)]
    if chosen:
        run_against(discard(kafka_access(settings()), chosen))
    print(f"{_records(len(chosen))} discarded.")


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _named(name: str) -> ReplayRequested:
    from rapport.system.dead_letter_reader import request_of

    if (request := request_of(name)) is None:
        raise typer.BadParameter(
            f"{name!r} is neither topic/partition/offset nor service/topic/partition/offset", param_hint="ID"
        )
    _check_service(request.service, "ID")
    return request


def _requests(names: Sequence[str]) -> list[ReplayRequested]:
    """Return what is to be read again: a place alone means each service that has set that record aside."""
    from rapport.system.dead_letter_reader import is_position, request_for

    letters = _letters() if any(is_position(name) for name in names) else ()
    found = []
    for name in names:
        found += [request_for(one.letter) for one in _of(letters, name)] if is_position(name) else [_named(name)]
    return found


def _of(letters: Sequence[Letter], name: str) -> list[Letter]:
    """Return the letters that a name means, one at least: of a place, or of a service at a place."""
    from rapport.system.dead_letter_reader import is_position, position_of
    from rapport.terminal.failure import Failure

    if not is_position(name):
        _named(name)
    if not (found := [one for one in letters if name in (one.id, position_of(one.letter))]):
        raise Failure(f"there is no dead letter {name!r}; `rapport dead-letters list` names them")
    return found


def _check_service(service: str, hint: str) -> None:
    from rapport.composition import DECIDERS

    if service not in DECIDERS:
        raise typer.BadParameter(f"there is no such service; there are {', '.join(DECIDERS)}", param_hint=hint)


def _letters() -> Sequence[Letter]:
    from rapport.system.dead_letter_reader import read_letters
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against

    return run_against(read_letters(kafka_access(settings())))


def _wanted(found: Sequence[Letter], service: str | None) -> list[Letter]:
    return [one for one in found if service in (None, one.letter.service)]
