"""`rapport keys`: who may use the API. A key is shown once, when it is made; what is kept is a hash."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys of the API.")


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is. Log lines name it.")],
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope",
            help="ingest: report events. read: what members have. act: what members do, and their tokens. operate: the"
            " system, and what is kept of any member with it. Several: once each.",
        ),
    ],
) -> None:
    """Make a key and print it. It is shown this once, and kept nowhere.

    A name has two keys that work at most: make the next one, put it to use, then revoke the one before.
    """
    from rapport.system.endpoints import present
    from services.gateway.api.access.keys import SCOPES, create_key

    if unknown := [one for one in scope if one not in SCOPES]:
        raise typer.BadParameter(f"no scope {unknown[0]!r}; there are {', '.join(SCOPES)}", param_hint="--scope")
    with _errors_reported():
        made, key = create_key(_file(), name, [one for one in SCOPES if one in scope], present())
    print(key)
    print(f"{made.id} is the key's id. The key is not kept: it is shown this once.", file=sys.stderr)


@keys.command("list")
def list_keys() -> None:
    """List the keys: id, name, scopes, when each was made, and when it was revoked."""
    from services.gateway.api.access.keys import read_keys
    from shared.contracts.fields import instant_text

    with _errors_reported():
        found = read_keys(_file())
    for key in found:
        until = "" if key.revoked is None else f"  revoked {instant_text(key.revoked)}"
        print(f"{key.id}  {key.name}  {','.join(key.scopes)}  {instant_text(key.created)}{until}")
    if not found:
        print("There are no keys.", file=sys.stderr)


@keys.command("revoke")
def revoke(identity: Annotated[str, typer.Argument(metavar="ID", help="As `rapport keys list` prints it.")]) -> None:
    """Revoke a key. It is refused from now on, and so are members' tokens and visits to their pages that came by it.

    What a member or the key said before stays said, the address of a calendar among it: it ends when the member makes a new
    one, or switches it off.
    """
    from rapport.system.endpoints import present
    from services.gateway.api.access.keys import revoke_key

    with _errors_reported():
        key = revoke_key(_file(), identity, present())
    print(f"{key.id} ({key.name}) is revoked.", file=sys.stderr)


@contextmanager
def _errors_reported() -> Iterator[None]:
    """Say in one line what the file of keys does not let us do."""
    from rapport.terminal.failure import Failure
    from services.gateway.api.access.keys import KeyRefused, KeysUnreadable

    try:
        yield
    except (KeyRefused, KeysUnreadable) as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}") from error


def _file() -> Path:
    from rapport.system.endpoints import settings
    from rapport.terminal.failure import Failure

    if (file := settings().api_keys_file) is None:
        raise Failure("RAPPORT_API_KEYS: name the file of keys, the same as for gateway")
    return file
