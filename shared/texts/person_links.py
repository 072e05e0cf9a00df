"""Names in a text that lead to the people's own pages, for mails and pages: where each stands, before it has a form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

SAFE: Final = "https://"
"""How the address of a person's page begins where a link may lead there: nobody on the way reads along."""


class Whose(NamedTuple):
    """A person as a text calls them, and the address of their page."""

    name: str
    profile: str


class Part(NamedTuple):
    """A piece of a text, and the address of the page that it leads to; empty where it leads nowhere."""

    text: str
    page: str = ""


def in_parts(text: str, people: Iterable[Whose]) -> tuple[list[Part], list[Whose]]:
    """Return a text in pieces, with each person's name linked where it stands first, and those whom it does not name.

    Whoever has no page, or one whose address does not begin as `SAFE`, is left as text. Of two names that begin at one
    place the longer one counts, and each page is linked once.
    """
    parts, rest, here = list[Part](), [one for one in people if one.name and one.profile.startswith(SAFE)], 0
    while named := [(at, one) for one in rest if (at := _first(text, one.name, here)) >= 0]:
        at, whose = min(named, key=_place)
        parts += [Part(text[here:at]), Part(whose.name, whose.profile)]
        here = at + len(whose.name)
        rest = [one for one in rest if one.profile != whose.profile]
    return [one for one in (*parts, Part(text[here:])) if one.text], rest


def _place(found: tuple[int, Whose]) -> tuple[int, int]:
    at, whose = found
    return at, -len(whose.name)


def _first(text: str, name: str, begin: int) -> int:
    """Return where a text names somebody, as words of their own; -1 where it does not."""
    found = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)").search(text, begin)
    return -1 if found is None else found.start()
