"""A look ahead as one page: a picture of the time to come, and the same as a table.

Self-contained: no script, nothing from elsewhere. Whatever people are called, it is text; the template escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from rapport.inspect.narration import line
from rapport.inspect.words import MONTHS
from rapport.preview import words
from rapport.preview.entries import Entry, day_in_words, entries_of, summary_of
from rapport.preview.look import Look
from shared.texts.language import Language

ROWS_MAX: Final = 5_000
"""Of the table. What lies beyond is said to be more."""
TITLE_LINES_MAX: Final = 4
"""Of one mark's tooltip."""
WIDTH: Final = 1_000
LEFT: Final = 100
RIGHT: Final = 24
TOP: Final = 34
LANE: Final = 74
STACK: Final = 15
"""Between two marks of one day and lane, of different kinds."""
STACKED_MAX: Final = 4
MONTH_LABELS_MAX: Final = 13
"""Months that have room for their names; of more, every second, third ... has one."""
MONTH_WIDTH: Final = 58
"""Room for the name of a month."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn for one kind of thing on one day."""

    kind: str
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The beginning of a month."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Month:
    """A part of the table."""

    name: str
    rows: Sequence[Entry]


def page(look: Look) -> str:
    """Return the page."""
    entries, lang = entries_of(look), look.lang
    begin, until = look.wall(look.story.begin), look.wall(look.story.until)
    marks = list(_marks(entries, begin, until, lang))
    shown = {mark.kind for mark in marks}
    return _template().render(
        words=words,
        lang=lang,
        days={entry.wall.date(): day_in_words(entry.wall, lang) for entry in entries},
        style=files("rapport.preview.pages").joinpath("preview.css").read_text("utf-8"),
        title=lang(words.TITLE, member=lang.apart(line(look.story.member))),
        span=lang(words.SPAN, begin=day_in_words(begin, lang), until=day_in_words(until, lang)),
        summary=summary_of(look),
        width=WIDTH,
        height=TOP + LANE * len(words.LANES) + 10,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        lanes=[(lang(name), TOP + LANE * number, LANE) for number, name in enumerate(words.LANES.values())],
        ticks=list(_ticks(begin, until, lang)),
        marks=marks,
        legend=[(kind, lang(text)) for kind, text in words.MARKS.items() if kind in shown],
        months=_months(entries[:ROWS_MAX], lang),
        more=lang.counted(words.MORE, len(entries) - ROWS_MAX) if len(entries) > ROWS_MAX else "",
    )


def _x(wall: datetime, begin: datetime, until: datetime) -> float:
    """Return where an instant of the member's clock lies; a clock that was moved may stand a little outside."""
    share = (wall - begin) / max(until - begin, timedelta(days=1))
    return round(LEFT + (WIDTH - RIGHT - LEFT) * min(max(share, 0.0), 1.0), 1)


def _marks(entries: Sequence[Entry], begin: datetime, until: datetime, lang: Language) -> Iterator[Mark]:
    """Yield a mark for each kind of thing of each day, one above the other where there are several in a lane."""
    by_place: dict[tuple[str, date], dict[str, list[Entry]]] = {}
    for entry in entries:
        by_place.setdefault((entry.lane, entry.wall.date()), {}).setdefault(entry.mark, []).append(entry)
    lanes = list(words.LANES)
    for (lane, _), kinds in by_place.items():
        middle = TOP + LANE * lanes.index(lane) + LANE / 2
        drawn = list(kinds.items())[:STACKED_MAX]
        for number, (kind, several) in enumerate(drawn):
            offset = (number - (len(drawn) - 1) / 2) * STACK
            noon = several[0].wall.replace(hour=12, minute=0)
            yield Mark(kind, _x(noon, begin, until), round(middle + offset, 1), _title(several, lang))


def _title(several: Sequence[Entry], lang: Language) -> str:
    lines = [one.says for one in several[:TITLE_LINES_MAX]]
    if more := len(several) - len(lines):
        lines.append(lang.counted(words.MORE, more))
    return f"{day_in_words(several[0].wall, lang)}{lang.colon}{lang.semicolon.join(lines)}"


def _ticks(begin: datetime, until: datetime, lang: Language) -> Iterator[Tick]:
    """Yield the first of each month, and the beginning before it, with their names where there is room."""
    count = (until.year - begin.year) * 12 + until.month - begin.month
    firsts = [_first_of_month(begin, number) for number in range(1, count + 1)]
    places = [LEFT, *(_x(at, begin, until) for at in firsts), WIDTH - RIGHT]
    every = -(-count // MONTH_LABELS_MAX) or 1
    for number, at in enumerate([begin, *firsts]):
        room = places[number + 1] - places[number] >= MONTH_WIDTH or 0 < number < count
        named = room and number % every == 0
        yield Tick(places[number], _month(at, lang) if named else "")


def _month(at: datetime, lang: Language) -> str:
    return f"{MONTHS[at.month - 1]} {at.year % 100:02d}" if lang.english else lang.short_month(at)


def _first_of_month(begin: datetime, number: int) -> datetime:
    year, month = divmod(begin.month - 1 + number, 12)
    return datetime(begin.year + year, month + 1, 1)  # noqa: DTZ001 - on the member's clock


def _months(entries: Sequence[Entry], lang: Language) -> list[Month]:
    return [
        Month(f"{MONTHS[month - 1]} {year}" if lang.english else lang.month_and_year(date(year, month, 1)), list(rows))
        for (year, month), rows in groupby(entries, key=lambda one: (one.wall.year, one.wall.month))
    ]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("rapport.preview", "pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("preview.html.j2")
