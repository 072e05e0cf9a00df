"""The mail's HTML template with its style sheet written into the tags, since many mail programs drop every other one.

That is done once, to the template, and not to each mail: css-inline, which says what a tag comes to, would take as long as
all of a mail's words. So a selector of the sheet is one class, or `p`: then a tag's style depends on nothing around it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

from css_inline import CSSInliner

from shared.texts.brand import Brand
from shared.texts.looks import mirrored

TAG: Final = re.compile(r"<(\w+)((?: [\w-]+=\"[^\"]*\")*)>")
"""The beginning of an element, with what a template puts into its attributes."""
_CLASSES: Final = re.compile(r" class=\"[^\"]*\"")
_STYLE: Final = re.compile(r" style=\"[^\"]*\"")


@lru_cache(maxsize=8)
def style_sheet(colour: str, right_to_left: bool) -> str:
    """Return the sheet in a brand's colour, as it is for a language that runs from left to right, or from right to left."""
    style = Brand(colour=colour).painted(
        files("services.digest.words.templates").joinpath("digest.css").read_text("utf-8")
    )
    return mirrored(style) if right_to_left else style


def styled(source: str, sheet: str) -> str:
    """Return a template with the style of each tag behind its other attributes."""
    inliner = CSSInliner(inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=sheet)

    def with_style(tag: re.Match[str]) -> str:
        name, attributes = tag[1], tag[2]
        alike = name if name == "p" else "div"  # a cell on its own is none
        classes = _CLASSES.search(attributes)
        found = _STYLE.search(inliner.inline(f"<{alike}{classes[0] if classes else ''}></{alike}>"))
        return f"<{name}{attributes}{found[0] if found else ''}>"

    return TAG.sub(with_style, source)
