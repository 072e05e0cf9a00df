"""What a follow-up says in one line: kind and neutral, without blame, counts or comparisons."""

from __future__ import annotations

from typing import Final

from shared.contracts import limits

NAME_CHARS_MAX: Final = 80
"""How much of a person's name one line holds."""

SOMEBODY: Final = "your contact"
"""Stands for a person whose name is not known."""
REMINDER: Final = "A reminder of your own"

LINES: Final = {
    "thank": "Say thank you to {name}: what drew you to each other?",
    "no_answer_yet": "Your invite to {name} is still open: would you like to add a word about why?",
}
"""By rule."""


def line(rule: str, name: str | None, what: str | None) -> str:
    """Return the line of a rule's follow-up, for a person of that name; a reminder says the member's own words."""
    template = LINES.get(rule)
    if template is None:
        return _plain(what or "", limits.NAME_CHARS_MAX) or REMINDER
    return template.format(name=_plain(name or "", NAME_CHARS_MAX) or SOMEBODY)


def _plain(words: str, chars_max: int) -> str:
    """Return words as one line of printable characters, shortened where they are too long."""
    text = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"
