"""The operators' page as HTML. Pure: no script, no picture, nothing from elsewhere; the look of members' own pages.

What comes from records stands in `bdi`, and signs that no line has are spelt out: it can neither run nor turn text round.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.gateway.port import (
    Checked,
    ItemHistory,
    LetterInFull,
    LetterLine,
    ParkedLine,
    Replayed,
    ServiceStatus,
)
from services.gateway.render import personal_style
from shared.texts.brand import Brand

_MORE: Final = files("services.gateway.operating").joinpath("operating.css").read_text("utf-8")
LATE_SECONDS: Final = 5
"""A timer that is due for longer is late, as in the metrics."""
ENTER: Final = {
    "": ("Operators", "Give a key with the scope operate. The browser keeps it for an hour, sealed."),
    "left": ("Closed", "This browser forgot the key."),
    "closed": ("Operators", "Give a key with the scope operate. The browser keeps it for an hour, sealed."),
    "forged": ("Not from this page", "Nothing was done. Open the page again, and use its buttons."),
    "refused": ("This key may not", "It is none, was revoked, or has not the scope operate. Keys: rapport keys list"),
}
TROUBLE: Final = {
    404: ("There is nothing here", "Perhaps it was there, and is not any more."),
    405: ("This address does nothing", "Use the buttons of the page."),
    422: ("The form lacks something", "Nothing was done."),
    429: ("That was often", "Try again in a few seconds."),
    500: ("Something went wrong", "The gateway's log says what."),
    503: ("One moment", "Others are asking already, or the keys cannot be read. Try again in a few seconds."),
}


class Frame(NamedTuple):
    """What stands around a page."""

    home: str
    here: str = ""
    mark: str = ""
    """Empty where nobody was let in."""


class Pages:
    """Makes pages under a brand."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand

    def enter(self, what: str, frame: Frame) -> str:
        """Return the page that asks for a key, and why."""
        title, lead = ENTER[what]
        return self._made("enter", frame, title=title, lead=lead)

    def trouble(self, status: int, frame: Frame) -> str:
        """Return the page of what went wrong."""
        title, lead = TROUBLE.get(status, TROUBLE[422] if status < 500 else TROUBLE[500])
        return self._made("trouble", frame, title=title, lead=lead)

    def unreported(self, why: str, frame: Frame) -> str:
        """Return the page of a system that does not answer."""
        return self._made("trouble", frame, title="The system does not tell", lead=visible(why))

    def unknown(self, why: str, frame: Frame) -> str:
        """Return the page of a member or an item that nobody knows."""
        return self._made("trouble", frame, title="Nothing is known of it", lead=visible(why))

    def unanswerable(self, why: str, frame: Frame) -> str:
        """Return the page of a question that has no answer as it was asked."""
        return self._made("trouble", frame, title="Ask otherwise", lead=visible(why))

    def overview(self, stands: Sequence[ServiceStatus], frame: Frame) -> str:
        """Return the first page: a line for each service."""
        return self._made("overview", frame, title="Services", stands=stands)

    def service(self, one: ServiceStatus, frame: Frame) -> str:
        """Return the page of one service: its processes and partitions."""
        return self._made("service", frame, title=one.name, one=one)

    def checks(self, found: Sequence[Checked], frame: Frame) -> str:
        """Return what `rapport doctor` finds."""
        return self._made("checks", frame, title="Checks", found=found)

    def letters(
        self, lines: Sequence[LetterLine], count: int, newest: int, done: Replayed | int | None, frame: Frame
    ) -> str:
        """Return the records that could not be read, and what became of a click. `newest`: of so many; 0: of all."""
        return self._made("letters", frame, title="Dead letters", lines=lines, count=count, newest=newest, done=done)

    def letter(self, found: LetterInFull, frame: Frame) -> str:
        """Return one of them with its record."""
        return self._made("letter", frame, title="A dead letter", found=found)

    def parked(self, lines: Sequence[ParkedLine], looked_at: int, done: Replayed | None, frame: Frame) -> str:
        """Return the items that were left aside."""
        return self._made("parked", frame, title="Parked items", lines=lines, looked_at=looked_at, done=done)

    def why(self, member: str, item: str, history: ItemHistory | None, frame: Frame) -> str:
        """Return the form, and what happened to an item where one was asked about."""
        return self._made("why", frame, title="Why", member=member, item=item, history=history)

    def _made(self, name: str, frame: Frame, **more: Any) -> str:
        environment = _environment()
        return environment.get_template(f"{name}.html.j2").render(
            frame=frame, brand=self._brand, style=style(self._brand), late_seconds=LATE_SECONDS, **more
        )


def style(brand: Brand) -> str:
    """Return the one style sheet."""
    return personal_style(brand) + _MORE


def content_security_policy(brand: Brand) -> str:
    """Return what browsers may load: that style sheet, by its digest, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style(brand).encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def visible(text: str) -> str:
    """Return a text from outside in which signs that no line has are seen, and obey nothing."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def seconds(value: float) -> str:
    """Return a span as people say it."""
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.0f} {name}"
    return f"{value:.0f} s"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("services.gateway.operating"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"visible": visible, "seconds": seconds, "count": lambda value: f"{value:,}"}
    return made
