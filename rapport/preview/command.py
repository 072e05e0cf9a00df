"""`rapport preview`: what would be scheduled, retracted and mailed in the time to come, with nothing running.

The services' own pure functions live through it in simulated time, in seconds; nothing is published or sent.
"""

from __future__ import annotations

import sys
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rapport.preview.entries import Entry
    from rapport.preview.look import Look
    from shared.texts.language import Language

DAYS_MAX = 3 * 366
"""The rules speak within days, months, or a year; what lies further than three is guessing."""
LINES_MAX = 15
"""Of one month, that people are shown on the terminal; --html and --json have them all."""


def day_from_text(text: str) -> datetime:
    """Return the begin of a day; `typer.BadParameter` when it is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the member's calendar says where
    except ValueError:
        raise typer.BadParameter("must be a day, such as 2026-11-24") from None


Source = Annotated[
    str,
    typer.Argument(
        metavar="ARCHIVE|EVENTS",
        help="A LinkedIn export (zip, folder, CSV), or a file of JSON lines (- for stdin).",
    ),
]
Day = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        parser=day_from_text,
        metavar="DATE",
        help="The day on which it begins, instead of today or the first event.",
    ),
]
Wished = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A preference for the whole look: retraction=auto. Repeatable."),
]
Me = Annotated[
    str | None, typer.Option(help="The address of the member's own profile, where an archive does not say it.")
]
Page = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write one self-contained page with a picture, too: a new file.")
]


def preview(
    source: Source,
    member: Annotated[str, typer.Option(help="The id of the member whose time it is.")],
    day: Day = None,
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="How many days to look ahead.")] = 365,
    wished: Wished = None,
    me: Me = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the events by type.")] = False,
    html: Page = None,
) -> None:
    """Look ahead: what would be planned, asked, pulled back and mailed. Needs nothing running, changes and sends nothing.

    An archive is looked at as if the member joined, with an address for mails, and imported it as the day begins: today,
    or --from. Events are read when they happened, beginning with the first; with --from, those from before that day are
    read as it begins, as `rapport send` would then.

    --set takes the names of rapport.member.preferences_set (digest.time=18:00, rules.thank.on=false); it holds for the
    whole look, whatever the events say about the same. Exits with 1 when a line was refused.
    """
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import print_json

    if html is not None and html.exists():
        raise Failure(f"{html} exists: name a new file")
    look = _look(source, member, day, days, wished or [], me)
    if html is not None:
        _write(look, html)
    if as_json:
        print_json(look.as_object())
    else:
        _print(look)
    _print_left_out(look)
    if look.story.refused:
        raise typer.Exit(1)


def _look(source: str, member: str, day: datetime | None, days: int, wished: list[str], me: str | None) -> Look:
    from rapport.preview.look import look_at
    from rapport.preview.story import Window, is_archive, of_archive, of_events
    from rapport.preview.wishes import WrongWish, wishes_of
    from rapport.system.endpoints import present
    from rapport.terminal.import_arguments import check_member
    from rapport.terminal.output import late_bar
    from shared.config.settings import load

    check_member(member)
    try:
        wishes = wishes_of(wished)
    except WrongWish as error:
        raise typer.BadParameter(str(error), param_hint="--set") from None
    window, linked = Window(day, days, present()), load().public_url is not None
    archive = is_archive(source)
    if me is not None and not archive:
        raise typer.BadParameter("goes with an archive, not with events", param_hint="--me")
    with late_bar("reading") as bar:
        if archive:
            story = of_archive(Path(source), member, me, wishes, window, bar)
        else:
            story = of_events(source, member, wishes, window, bar)
        return look_at(story, bar, linked=linked)


def _write(look: Look, file: Path) -> None:
    from rapport.preview.page import page
    from rapport.terminal.failure import Failure

    text = page(look)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None


def _print(look: Look) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from rapport.inspect.narration import line
    from rapport.preview import words
    from rapport.preview.entries import day_in_words, entries_of, summary_of

    console = Console(highlight=False, markup=False)
    lang = look.lang
    begin, until = (day_in_words(look.wall(at), lang) for at in (look.story.begin, look.story.until))
    title, span = lang(words.TITLE, member=line(look.story.member)), lang(words.SPAN, begin=begin, until=until)
    console.print(f"{title}{lang.comma}{span}{lang.full_stop}")
    console.print(lang(words.ALONE))
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in (words.WHEN, words.KIND, words.WHAT):
        table.add_column(lang(column), no_wrap=column == words.WHEN)
    for _, entries in groupby(entries_of(look), key=lambda one: (one.wall.year, one.wall.month)):
        for row in _rows(list(entries), lang):
            table.add_row(*(Text(cell) for cell in row))
        table.add_section()
    if table.row_count:
        console.print(table)
    for sentence in summary_of(look):
        console.print(sentence)


def _rows(of_month: list[Entry], lang: Language) -> list[tuple[str, str, str]]:
    from rapport.preview import words
    from rapport.preview.entries import day_in_words

    rows = [
        (f"{day_in_words(one.wall, lang)} {one.wall:%H:%M}", lang(words.KINDS[one.lane]), one.says)
        for one in of_month[:LINES_MAX]
    ]
    if more := max(len(of_month) - LINES_MAX, 0):
        rows.append(("", "", lang.counted(words.MORE, more)))
    return rows


def _print_left_out(look: Look) -> None:
    """Say on stderr what was not looked at."""
    from rapport.preview import words
    from services.digest.words.texts import counted

    story = look.story
    for text, count in (
        (words.REFUSED, story.refused),
        (words.UNREAD, story.unread),
        (words.OTHERS, story.others),
        (words.LATER, story.later),
        (words.STUMBLED, look.stumbled),
    ):
        if count:
            print(counted(text, count), file=sys.stderr)
