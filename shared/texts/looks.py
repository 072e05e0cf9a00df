"""What an operator may say about looks, validated: colours that can be read, addresses whose places are known."""

from __future__ import annotations

import re
from typing import Final

from shared.web_address import web_address

CONTRAST_MIN: Final = 4.5
"""Of words on white: WCAG 2, level AA."""
CONTRAST_DARK_MIN: Final = 6.0
"""The same on a dark ground, where thin letters need more."""
DARK: Final = "#1f2326"
"""The ground of mails and pages in dark mode."""
NAME_CHARS_MAX: Final = 60
FOOTER_CHARS_MAX: Final = 300
_COLOUR: Final = re.compile("#[0-9a-fA-F]{6}")
_SIDE: Final = re.compile(r"\b(?:left|right)\b")
_FOUR: Final = re.compile(r"\b(margin:|padding:) ([^\s;]+) ([^\s;]+) ([^\s;]+) ([^\s;]+)")
"""Four widths in a row: top, right, bottom, left (CSS 2)."""
_PLACE: Final = re.compile(r"\{([^{}]*)\}")


def colour(value: str) -> str:
    """Return a colour as `#rrggbb`, small; `ValueError` where it is none, or words in it can not be read on white."""
    if not _COLOUR.fullmatch(value):
        raise ValueError("must be a colour as #rrggbb")
    if (contrast := 1.05 / (_luminance(value) + 0.05)) < CONTRAST_MIN:
        raise ValueError(f"can not be read on white: its contrast is {contrast:.1f}, and {CONTRAST_MIN} is needed")
    return value.lower()


def lightened(value: str, ground: str = DARK) -> str:
    """Return a colour as light as words in it need to be on a dark ground."""
    for part in range(11):
        light = mixed("#ffffff", part / 10, value)
        if (_luminance(light) + 0.05) / (_luminance(ground) + 0.05) >= CONTRAST_DARK_MIN:
            return light
    return "#ffffff"


def mixed(value: str, part: float, ground: str) -> str:
    """Return so much of a colour (0 to 1) on the ground of another."""
    channels = ((int(value[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(below + (above - below) * part):02x}" for above, below in channels)


def mirrored(style: str) -> str:
    """Return a style sheet of ours for a page that runs from right to left: all that names a side names the other."""
    style = _SIDE.sub(lambda found: "right" if found[0] == "left" else "left", style)
    return _FOUR.sub(r"\1 \2 \5 \4 \3", style)


def text_line(value: str, chars_max: int) -> str:
    """Return one line of printable text; `ValueError` where it is longer, or something else."""
    if not value.isprintable() or not value.strip():
        raise ValueError("must be one line of printable text")
    if len(value) > chars_max:
        raise ValueError(f"must have at most {chars_max} characters")
    return value.strip()


def page_template(value: str, places: tuple[str, ...]) -> str:
    """Return a web address that names some of `places` in braces; `ValueError` with the reason."""
    unknown = [place for place in _PLACE.findall(value) if place not in places]
    if unknown or "{" in (rest := _PLACE.sub("x", value)) or "}" in rest:
        raise ValueError(f"may name {', '.join('{' + place + '}' for place in places)} and nothing else in braces")
    web_address(rest)
    return value


def _luminance(value: str) -> float:
    parts = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
