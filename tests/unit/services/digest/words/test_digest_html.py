"""The HTML of a digest: the same words, safe, for a phone, in the dark and by voice."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from importlib.resources import files

import pytest

from services.digest.content.model import Note
from services.digest.words.render import render
from tests.pictures import sample
from tests.unit.services.digest.words.mail_world import AT, EMPTY, entry, full, lunch, parsed, parting, sent


def test_text_and_html_say_the_same() -> None:
    for told in (full(), sample()):
        mail = render(told)
        body = re.sub(r"<style>.*?</style>|<[^>]+>", " ", mail.html, flags=re.DOTALL)
        bare = re.sub(r"\W+", "", unescape(body)).lower()
        paragraphs = re.split(r"\n(?=\* |  ->|  \S)|\n\n+", mail.text)
        assert len(paragraphs) > 15
        for paragraph in paragraphs:
            when, _, rest = paragraph.partition(": ")
            for part in (when, rest):
                assert re.sub(r"\W+", "", part).lower() in bare, part


def test_what_people_wrote_is_text_in_html() -> None:
    hostile = "<b><img src=x></b>"
    person = replace(entry(name=hostile), headline=hostile, note=Note(AT, hostile), text=hostile)
    told = replace(
        EMPTY, name=hostile, due=(person, entry("own_reminder", hostile, what=hostile)),
        meetings=(replace(lunch(hostile), place=hostile),), coming=(entry(name=hostile),),
        proposed=(parting(hostile, AT),), noticed=(parting(hostile, AT),),
    )  # fmt: skip
    mail = render(told)
    assert not re.search(r"<b>|<img", mail.html)
    assert mail.html.count("&lt;img src=x&gt;") > 10
    assert mail.text.count("<img src=x>") > 10


def test_a_mail_has_no_links_and_no_pictures() -> None:
    mail = render(sample())
    assert "http" not in mail.text
    assert not re.search(r"<a\b|<img\b|url\(|http", mail.html)
    assert "List-Unsubscribe" not in parsed(sent(sample()))


def test_html_reads_well_on_a_phone_in_the_dark_and_by_voice() -> None:
    html = render(sample()).html
    assert '<html lang="en">' in html
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 620px)" in html
    assert re.search(r'class="sheet"[^>]*style="[^"]*max-width: 600px', html)
    tables = re.findall(r"<table[^>]*>", html)
    assert len(tables) > 5
    assert all('role="presentation"' in table for table in tables)


def test_the_style_sheet_is_written_into_the_tags_and_the_name_line_comes_first() -> None:
    html = render(sample()).html
    body = html.partition("<body")[2]
    unstyled = [tag for tag in re.findall(r'<\w+ class="[^"]*"[^>]*>', body) if "style=" not in tag]
    assert {re.sub(r'.*class="([^"]*)".*', r"\1", tag) for tag in unstyled} <= {"words", "opening"}
    first = re.search(r'<div class="preheader"[^>]*>([^<]*)<', body)
    assert first is not None
    assert first[1] == "Zoé Moreau, Kwame Mensah, Priya Nair and 2 more."


def colours(sheet: str) -> dict[str, dict[str, str]]:
    """Return the colours by class name in a style sheet."""
    found: dict[str, dict[str, str]] = {}
    for names, rules in re.findall(r"([.\w, :-]+?)\s*\{([^{}]*)\}", sheet):
        for name in re.findall(r"\.([\w-]+)", names):
            colour = re.findall(r"(?<![\w-])(color|background): (#[0-9a-f]{6})", rules)
            found.setdefault(name, {}).update(colour)
    return found


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [("inside", "sheet"), ("title", "sheet"), ("soft", "sheet"), ("action", "sheet"), ("mark", "sheet"),
     ("date", "sheet"), ("letter", "letter")],
)  # fmt: skip
def test_words_stand_out_from_their_ground(dark: bool, ink: str, ground: str) -> None:
    folder = files("services.digest.words.templates")
    shown = colours(folder.joinpath("digest.css").read_text("utf-8"))
    if dark:
        for name, colour in colours(folder.joinpath("screens.css").read_text("utf-8")).items():
            shown[name].update(colour)
    light, shade = sorted((luminance(shown[ink]["color"]), luminance(shown[ground]["background"])), reverse=True)
    assert (light + 0.05) / (shade + 0.05) >= 4.5
