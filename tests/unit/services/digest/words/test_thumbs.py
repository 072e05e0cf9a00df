"""What a thumb presses is 44 pixels high at least, in mails and on pages, by the styles that are served."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from services.digest.words.render import render
from services.gateway import render as pages
from shared.texts.brand import Brand
from tests.pictures import AT, LINKS, sample
from tests.unit.services.digest.words.mail_world import parting
from tests.unit.services.gateway.gateway_world import LINKS as PRESSED

THUMB_PX = 44
"""Apple's and WCAG's (2.5.5) size of what is pressed with a finger."""
BRAND = Brand("Verein", "#123456", "Verein e. V.", "https://v.example/me")


def pixels(style: str, name: str) -> list[float]:
    """Return the sizes that a style gives by a name, such as `padding: 10px 18px`."""
    found = re.search(rf"(?:^|[;{{\s]){name}:\s*([^;}}]+)", style)
    return [float(one) for one in re.findall(r"([\d.]+)px", found[1])] if found else []


def height(style: str) -> float:
    """Return how high a box is at least: what it is told to be, or its line, padding and border."""
    if least := pixels(style, "min-height"):
        return least[0]
    line, padding, border = (pixels(style, name) for name in ("line-height", "padding", "border"))
    return sum(line[:1]) + 2 * sum(padding[:1]) + 2 * sum(border[:1])


def test_the_buttons_and_the_ways_out_of_a_mail_are_as_high_as_a_thumb() -> None:
    """By what is written into the tags, since that is what every mail program shows. Fails with a padding of 8 px."""
    told = replace(sample(), noticed=(parting("Mary", AT),))
    html = render(told, LINKS, BRAND).html
    styles = re.findall(r'<a class="(?:[\w ]*\b)?(?:answer|onward)" [^>]*?style="([^"]*)"', html)
    assert len(styles) > 12, (
        "done and later, keep and let go, bring back, the rest, preferences, no more of these mails"
    )
    assert min(map(height, styles)) >= THUMB_PX
    assert all("inline-block" in style for style in styles), "padding of a line in a text is no height"
    others = set(re.findall(r'<a class="([^"]*)"', html)) - {"answer", "soft onward"}
    assert others <= {"do", "whose"}, "links in a sentence, and nothing to press by"


@pytest.mark.parametrize("verb", PRESSED)
def test_the_buttons_ticks_and_links_of_a_page_are_as_high_as_a_thumb(verb: str) -> None:
    shown = pages.ask(verb, "t0k", PRESSED[verb], pages.Look(BRAND))  # type: ignore[index, arg-type]  # one of the verbs
    css = shown.partition("<style>")[2].partition("</style>")[0]
    boxes = dict(re.findall(r"^([\w ]+) \{([^}]*)\}", css, re.MULTILINE))
    assert "box-sizing: border-box" in css
    for box in ("button", "label", "footer a"):
        assert height(boxes[box]) >= THUMB_PX, box
        assert not re.search(rf"{box}[\w.:-]* \{{[^}}]*(min-)?height: (\d|[1-3]\d)px", css), "no rule makes one smaller"
    pressed = set(re.findall(r"<(button|label|a|select|textarea|summary)\b", shown))
    assert pressed <= {"button", "label", "a"}
    assert set(re.findall(r"<a\b([^>]*)>", shown.partition("<footer")[0])) == set(), (
        "no page without people has other links"
    )
