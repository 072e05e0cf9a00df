"""`rapport run`: the services, until they are told to stop; with the embedded system around them where none is set."""

from __future__ import annotations

from typing import Annotated

import typer

from rapport.names import NAMES


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SERVICE]...", help=f"Of {', '.join(NAMES)}; none: all of them."),
    ] = None,
    begin_at_earliest: Annotated[
        bool,
        typer.Option(
            "--begin-at-earliest",
            help="On a first start on topics whose oldest records are gone: begin with what is still there.",
        ),
    ] = False,
) -> None:
    """Run services until Ctrl-C; starts broker and store, too, unless RAPPORT_KAFKA and RAPPORT_REDIS are set.

    Without names it also posts webhooks where RAPPORT_WEBHOOKS is set.
    """
    from rapport.serving.running import run_until_stopped

    if unknown := [name for name in names or [] if name not in NAMES]:
        raise typer.BadParameter(f"no service {unknown[0]!r}; there are {', '.join(NAMES)}", param_hint="SERVICE")
    run_until_stopped(names, begin_at_earliest=begin_at_earliest)
