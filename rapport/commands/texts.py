"""`rapport texts`: what each language says of all that members read, and what it still says in English."""

from __future__ import annotations

from typing import Annotated

import typer

texts = typer.Typer(no_args_is_help=True, help="Look after the languages that members read.")


@texts.callback()
def group() -> None:
    """Look after the languages that members read."""


@texts.command("check")
def check(
    language: Annotated[str, typer.Argument(metavar="LANGUAGE", help="One language, as `de`; all without.")] = "",
) -> None:
    """Name what is missing in each language, what has other places than English, and what English says otherwise since.

    Exits with 1 where a member would read English in place of a text. What has only aged is named, and used.
    """
    from rapport.member_texts import aged, declared, faults
    from shared.texts.translations import LOCALES, translations

    if language and language not in LOCALES:
        raise typer.BadParameter(f"there is no {language!r}; there are {', '.join(LOCALES)}", param_hint="LANGUAGE")
    wanted, incomplete = declared(), False
    for tag in [language] if language else LOCALES:
        translated = translations(tag)
        missing, old = faults(tag, translated, wanted), aged(translated, wanted)
        print(
            f"{tag}: {len(wanted) - len(missing)} of {len(wanted)} texts{f', {len(old)} to look at again' if old else ''}"
        )
        for line in (*missing, *old):
            print(f"  {line}")
        incomplete = incomplete or bool(missing)
    if incomplete:
        raise typer.Exit(1)
