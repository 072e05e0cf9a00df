"""The page of a look ahead: self-contained, escaped, with a picture and the same as a table."""

from __future__ import annotations

import re
import stat
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from rapport.preview import page as made
from rapport.preview import words
from rapport.preview.entries import Entry, day_in_words, entries_of
from rapport.preview.look import Look
from rapport.preview.page import page
from shared.texts.language import ENGLISH
from tests.pictures import FOLDER, PREVIEW_FINGERPRINT, PREVIEW_SHOTS, fingerprint_of, look_ahead
from tests.unit.rapport.preview.preview_world import INVITED, JOINED, Events, Preview, event
from tests.unit.services.digest.words.test_digest_words import UNKIND, constants

HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title></svg><iframe src=//evil.example>",
    "{{ 7 * 7 }}{% raw %}", "Bob\u202eevil", "' onmouseover='x",
)  # fmt: skip
TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "p", "h1", "h2", "div", "svg", "desc", "rect", "text",
    "path", "g", "circle", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br", "span",
}  # fmt: skip


class Tags(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_whatever_people_are_called_is_text(preview: Preview, events: Events, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    invites = [
        event("invite.sent", f"2026-01-06T10:00:0{number}Z", invite_id=f"i{number}",
              contact={"id": f"c{number}", "name": name, "headline": name}, note=name)
        for number, name in enumerate(HOSTILE)
    ]  # fmt: skip
    wish = event("followup.requested", "2026-01-07T09:00:00Z", followup_id="r", what=HOSTILE[0], due="2026-02-03T09:30")
    ran = preview(events(JOINED, *invites, wish), "--member", "ada", "--days", "200", "--html", file)
    assert ran.code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "people stand in it"
    text = file.read_text(encoding="utf-8")
    found = Tags(text)
    assert found.tags <= TAGS
    assert not {name for name in found.attributes if name.startswith("on") or name in ("src", "href", "xlink:href")}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7 * 7 }}{% raw %}" in text
    assert "\u202e" not in text + ran.out, "nothing turns the reading around"


def test_a_member_with_a_hostile_id_is_text_too(preview: Preview, events: Events, tmp_path: Path) -> None:
    file, member = tmp_path / "page.html", HOSTILE[2]
    joined = {**JOINED, "memberid": member}
    assert preview(events(joined), "--member", member, "--html", file).code == 0
    assert Tags(file.read_text(encoding="utf-8")).tags <= TAGS


def test_a_page_asks_for_nothing_from_elsewhere() -> None:
    text = page(look_ahead())
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text


def picture(look: Look) -> Any:
    svg = re.search(r"<svg.*?</svg>", page(look), re.DOTALL)
    assert svg is not None
    return ET.fromstring(svg[0])


def test_the_picture_says_what_it_is_and_has_a_mark_for_everything_that_comes() -> None:
    look = look_ahead()
    svg = picture(look)
    names = (svg.get("aria-labelledby") or "").split()
    assert [svg.find(f".//*[@id='{name}']").tag for name in names] == ["title", "desc"]
    assert svg.get("role") == "img"
    assert {text.text for text in svg.iter("text")} >= {*words.LANES.values(), "Feb 26"}
    titles = [mark.text or "" for mark in svg.iterfind("./g/title")]
    for entry in entries_of(look):
        assert any(day_in_words(entry.wall, ENGLISH) in title and entry.says in title for title in titles), entry


def test_the_table_says_the_same_as_the_picture() -> None:
    look = look_ahead()
    text = page(look)
    for entry in entries_of(look):
        assert f"{day_in_words(entry.wall, ENGLISH)}<br>" in text
        assert made._template().environment.from_string("{{ x }}").render(x=entry.says) in text


def test_marks_lie_within_the_picture_and_in_the_order_of_time() -> None:
    begin = datetime(2026, 1, 5)  # noqa: DTZ001 - on the member's clock
    entries = [Entry(begin + timedelta(days=day), "digest", "mail", "x") for day in range(-1, 367)]
    endpoints = [mark.x for mark in made._marks(entries, begin, begin + timedelta(days=365), ENGLISH)]
    assert endpoints == sorted(endpoints)
    assert made.LEFT <= endpoints[0] <= endpoints[-1] <= made.WIDTH - made.RIGHT
    assert len(set(endpoints)) >= 365


@pytest.mark.parametrize(("days", "most"), [(1, 1), (28, 2), (365, 13), (1098, 13)])
def test_the_axis_names_months_where_there_is_room(days: int, most: int) -> None:
    begin = datetime(2026, 1, 20)  # noqa: DTZ001 - on the member's clock
    ticks = list(made._ticks(begin, begin + timedelta(days=days), ENGLISH))
    named = [tick for tick in ticks if tick.label]
    assert 1 <= len(named) <= most
    gaps = [after.x - before.x for before, after in pairwise(named)]
    assert all(gap >= made.MONTH_WIDTH - 4 for gap in gaps)


def test_every_mark_has_its_shape_and_its_words() -> None:
    template = (Path(made.__file__).parent / "pages" / "preview.html.j2").read_text(encoding="utf-8")
    assert set(re.findall(r'kind == "(\w+)"', template)) == words.MARKS.keys() - {"other"}


def test_a_page_has_a_bound_and_says_how_much_more_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "ROWS_MAX", 2)
    text = page(look_ahead())
    assert text.count('class="when"') == 2
    assert f"and {len(entries_of(look_ahead())) - 2} more" in text


def test_all_that_a_look_says_is_kind() -> None:
    assert [text for text in constants(words) if UNKIND.search(text)] == []


def test_a_file_that_is_there_is_left_as_it_is(preview: Preview, events: Events, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("mine", encoding="utf-8")
    ran = preview(events(JOINED, INVITED), "--member", "ada", "--html", file)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"rapport: {file} exists: name a new file\n"
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_page_that_can_not_be_written_is_one_line(preview: Preview, events: Events, tmp_path: Path) -> None:
    ran = preview(events(JOINED), "--member", "ada", "--html", tmp_path / "none" / "page.html")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith("page.html: No such file or directory\n")


def test_the_page_of_the_docs_shows_every_picture_of_it_and_no_other() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/([\w-]+)\.png\)", (FOLDER.parent / "preview.md").read_text("utf-8"))
    assert shown == [shot.name for shot in PREVIEW_SHOTS]
    assert {path.stem for path in FOLDER.glob("preview*.png")} == set(shown)


def test_the_pictures_show_the_page_as_it_is_now() -> None:
    """When this fails: `.venv/bin/python -m tests.pictures`, and look at them."""
    assert PREVIEW_FINGERPRINT.read_text(encoding="ascii").strip() == fingerprint_of(page(look_ahead()))
