"""The style of each tag of a mail is what css-inline makes of the whole mail, though it is written into the template once."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from css_inline import CSSInliner

from services.digest.words.render import Mail, render
from services.digest.words.styled import TAG, style_sheet, styled
from shared.texts.language import language
from tests.pictures import BRAND, mail_with_links, mails_in_languages, sample

TEMPLATES = files("services.digest.words.templates")
MAILS = {
    "with links": mail_with_links(), "without": render(sample()), "of a brand": render(sample(), None, BRAND),
    **mails_in_languages(),
}  # fmt: skip


class Elements(HTMLParser):
    """What a program makes of HTML: the elements, each with its attributes in any order, and the texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, sorted(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


@pytest.mark.parametrize("name", sorted(MAILS))
def test_a_mail_is_as_if_its_own_tags_were_given_their_styles(name: str) -> None:
    mail: Mail = MAILS[name]
    right_to_left = ' dir="rtl"' in mail.html
    bare = re.sub(r' style="[^"]*"', "", mail.html)
    assert bare != mail.html
    whole = _inlined(bare, style_sheet(BRAND.colour, right_to_left))
    assert Elements(_inlined(mail.html, "")).found == Elements(whole).found


def _inlined(html: str, sheet: str) -> str:
    """Return a mail as css-inline writes it, which leaves out blanks between the parts of a document."""
    inliner = CSSInliner(inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=sheet)
    return inliner.inline(html)


def test_a_selector_is_a_class_or_p_so_that_a_tag_says_all_that_its_style_depends_on() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", TEMPLATES.joinpath("digest.css").read_text("utf-8"), flags=re.DOTALL)
    selectors = [one.strip() for one in re.findall(r"([^{}]+)\{[^{}]*\}", sheet)]
    assert len(selectors) > 20
    assert [one for one in selectors if not re.fullmatch(r"\.[\w-]+|p", one)] == []


def test_every_class_of_the_template_stands_where_a_style_is_given() -> None:
    source = TEMPLATES.joinpath("digest.html.j2").read_text("utf-8")
    assert sum(" class=" in tag[0] for tag in TAG.finditer(source)) == source.count(" class=") > 30


def test_a_tag_keeps_what_a_template_puts_into_it() -> None:
    assert styled('<p class="a" title="{{ x > 1 }}">{{ y }}</p><i>z</i>', ".a { margin: 0; }") == (
        '<p class="a" title="{{ x > 1 }}" style="margin: 0;">{{ y }}</p><i>z</i>'
    )


def test_there_is_a_language_that_runs_from_right_to_left() -> None:
    assert any(' dir="rtl"' in mail.html for mail in MAILS.values())
    assert style_sheet(BRAND.colour, language("ar").right_to_left) != style_sheet(BRAND.colour, right_to_left=False)
