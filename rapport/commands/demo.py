"""`rapport demo`: a scripted scene through the real services on a virtual clock, and what came of it."""

from __future__ import annotations

from typing import Annotated

import typer

from rapport.names import NETWORK, SCENE_NAMES


def demo(
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the services' logs, too.")] = False,
    name: Annotated[str, typer.Option("--scene", metavar="NAME", help=f"Of {', '.join(SCENE_NAMES)}.")] = NETWORK,
    external: Annotated[
        bool,
        typer.Option("--external", help="Play on the Kafka, store and mail server that RAPPORT_* name: empty ones."),
    ] = False,
    mailpit: Annotated[
        str | None,
        typer.Option(metavar="URL", help="With --external: the Mailpit behind RAPPORT_SMTP, to show a digest from."),
    ] = None,
    stays: Annotated[
        bool, typer.Option("--stay", help="Stay up after the scene, with API, pages and metrics, until Ctrl-C.")
    ] = False,
) -> None:
    """Play a scripted scene through the real services on a virtual clock, then say what happened."""
    if name not in SCENE_NAMES:
        raise typer.BadParameter(f"no scene {name!r}; there are {', '.join(SCENE_NAMES)}", param_hint="--scene")
    if mailpit is not None and not (external and mailpit.startswith(("http://", "https://"))):
        raise typer.BadParameter("needs --external, and begins with http:// or https://", param_hint="--mailpit")
    if stays and external:
        raise typer.BadParameter("is for the embedded system; your own is run by `rapport run`", param_hint="--stay")
    from rapport.demo.playing import play
    from rapport.demo.scenes import SCENES

    play(SCENES[name], mailpit, verbose=verbose, external=external, stays=stays)
