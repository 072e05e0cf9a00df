"""How mails and pages show whose they are: the host product's name, colour, closing line, and its own pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from shared.texts.looks import DARK, lightened, mixed

NAME: Final = "Rapport"
COLOUR: Final = "#2b6350"
"""A green that stands out from white by more than 4.5 (WCAG AA)."""
COLOUR_DARK: Final = "#8fcab2"
"""The same green for dark mode."""
TINTS: Final = (("#e2ede7", 0.13), ("#d5e3db", 0.2))
"""Light shades of the green on white, which stand behind letters and beside notes, and how much of it they have."""
TINTS_DARK: Final = (("#2c3f37", 0.14), ("#3d5248", 0.28), ("#a9dcc6", 1.0))
"""The same of the dark one on its ground."""
PLACES: Final = ("member", "contact", "rule", "item")
"""What the address of a page of the product may name, in braces."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The looks of a deployment. The defaults are Rapport's own."""

    name: str = NAME
    colour: str = COLOUR
    """`#rrggbb`, for words and buttons on white."""
    footer: str = ""
    """One line below all others: who is behind it, and where."""
    preferences_url: str = ""
    """Where members choose how they want it all; empty: mails and pages name no place."""
    product_url: str = ""
    """A page of the product for what an entry suggests, with `PLACES` in braces; empty: suggestions are words alone."""

    @property
    def colour_dark(self) -> str:
        """The colour as it is read in dark mode."""
        return COLOUR_DARK if self.colour == COLOUR else lightened(self.colour)

    def painted(self, style: str) -> str:
        """Return a style sheet of ours in the brand's colour: the two greens, and all shades of them."""
        if self.colour == COLOUR:
            return style
        style = style.replace(COLOUR, self.colour).replace(COLOUR_DARK, self.colour_dark)
        for shade, part in TINTS:
            style = style.replace(shade, mixed(self.colour, part, "#ffffff"))
        for shade, part in TINTS_DARK:
            style = style.replace(shade, mixed(self.colour_dark, part, DARK))
        return style

    def page(self, *, member: str, contact: str, rule: str, item: str) -> str:
        """Return the address of the product's page for an entry; empty where there is none, or nobody to name in it."""
        if not self.product_url or ("{contact}" in self.product_url and not contact):
            return ""
        named = {"member": member, "contact": contact, "rule": rule, "item": item}
        return self.product_url.format(**{place: quote(text, safe="") for place, text in named.items()})


OURS: Final = Brand()
