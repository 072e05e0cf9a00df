"""`rapport dead-letters`: records that a service could not read, why, and reading them again after the mend."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.cli.letters import Letter
    from shared.contracts import ReplayRequested

dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be read, and reading them again.")

Service = Annotated[str | None, typer.Option(help="Only those of this service.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@dead_letters.command("list")
def list_letters(service: Service = None, as_json: AsJson = False) -> None:
    """List dead letters of the last 14 days, the oldest first: when, id, reason, and whether a replay was asked for."""
    from shared.cli.letters import as_object, plain
    from shared.cli.output import print_json

    if service is not None:
        _check_service(service, "--service")
    found = _wanted(_letters(), service, ())
    for letter in found:
        if as_json:
            print_json(as_object(letter))
        else:
            mark = "  (replay asked for)" if letter.replayed else ""
            named = f"  [{plain(letter.named)}]" if letter.named else ""
            print(f"{letter.logged:%Y-%m-%d %H:%M:%S}  {plain(letter.id)}  {plain(letter.reason)}{named}{mark}")
    if not found:
        print("There are no dead letters.", file=sys.stderr)


@dead_letters.command("show")
def show_letter(
    letter: Annotated[str, typer.Argument(metavar="ID", help="As `list` prints it: service/topic/partition/offset.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a dead letter, the record that it is about, and what is wrong with it now.

    The record may hold personal words.
    """
    from shared.cli.letters import in_full, original
    from shared.cli.output import print_json
    from shared.cli.system import kafka_access, run_against, settings

    _named(letter)
    (found,) = _wanted(_letters(), None, (letter,))
    told = in_full(found, run_against(original(kafka_access(settings()), found.letter)))
    if as_json:
        print_json(told, indent=2)
    else:
        _print_letter(found, told)


def _print_letter(letter: Letter, told: dict[str, Any]) -> None:
    from shared.cli.letters import plain

    record = told.get("record") or {"key": told["key_prefix"], "value": told["value_prefix"], "headers": {}}
    wrong = told["now"].get("unreadable")
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
            metavar="[ID]...", help="As `list` prints them, or the place of a parked item's fact in the same form."
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
    from shared.cli.failure import Failure
    from shared.cli.letters import request_for, request_replays
    from shared.cli.output import print_json
    from shared.cli.system import kafka_access, run_against, settings

    if every == bool(names):
        raise typer.BadParameter("name some, or all of them by --all", param_hint="ID")
    if service is not None:
        _check_service(service, "--service")
    if every:
        found = [request_for(one.letter) for one in _wanted(_letters(), service, ()) if not one.replayed]
    else:
        found = [_named(name) for name in names or ()]
    asked, left = run_against(request_replays(kafka_access(settings()), found))
    for name, reason in left.items():
        print(f"{name}: left alone: {reason}", file=sys.stderr)
    if as_json:
        print_json({"asked": asked, "left_alone": left}, indent=2)
    else:
        print(f"{len(asked)} of {_records(len(found))} will be read again.")
    if left:
        raise Failure(f"{_records(len(left))} still can not be read")


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _named(name: str) -> ReplayRequested:
    from shared.cli.letters import request_of

    if (request := request_of(name)) is None:
        raise typer.BadParameter(f"{name!r} is not service/topic/partition/offset", param_hint="ID")
    _check_service(request.service, "ID")
    return request


def _check_service(service: str, hint: str) -> None:
    from shared.cli.composition import CORES

    if service not in CORES:
        raise typer.BadParameter(f"there is no such service; there are {', '.join(CORES)}", param_hint=hint)


def _letters() -> Sequence[Letter]:
    from shared.cli.letters import read_letters
    from shared.cli.system import kafka_access, run_against, settings

    return run_against(read_letters(kafka_access(settings())))


def _wanted(found: Sequence[Letter], service: str | None, ids: Sequence[str]) -> list[Any]:
    from shared.cli.failure import Failure

    if absent := sorted(set(ids) - {letter.id for letter in found}):
        raise Failure(f"there is no dead letter {absent[0]!r}; `rapport dead-letters list` names them")
    return [one for one in found if (not ids or one.id in ids) and service in (None, one.letter.service)]
