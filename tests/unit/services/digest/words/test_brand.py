"""White label: the mail says whose it is, leads to the product's own pages, and what can not be read is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.digest.content.model import DigestContent, Entry
from services.digest.words.render import render
from services.gateway import render as pages
from shared.texts.brand import COLOUR, COLOUR_DARK, TINTS, TINTS_DARK, Brand
from shared.texts.looks import FOOTER_CHARS_MAX, colour, page_template, text_line
from tests.unit.services.gateway.gateway_world import LINKS

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
TOLD = DigestContent(
    "Ada",
    "2026-W48",
    "UTC",
    AT,
    due=(Entry("contact/grace&co/thank", "thank", "grace&co", "Grace", AT),),
    member="ada/1",
)
BRAND = Brand(
    "Verein",
    "#123456",
    "Verein e. V., Berlin",
    "https://v.example/me",
    "https://v.example/{contact}/write?as={member}&why={rule}",
)


def test_a_mail_bears_the_products_name_colour_and_footer() -> None:
    mail = render(TOLD, brand=BRAND)
    assert "Rapport" not in mail.text + mail.html
    assert "because Verein keeps an eye" in " ".join(mail.text.split())
    assert mail.text.rstrip().endswith("Verein e. V., Berlin")
    assert "#123456" in mail.html
    ours = {COLOUR, COLOUR_DARK, *(shade for shade, _ in (*TINTS, *TINTS_DARK))}
    assert not {one for one in ours if one in mail.html}, "fails where a shade of our green stays"
    pressed = pages.ask("let-go", "t", LINKS["let-go"], pages.Look(BRAND))
    assert not {one for one in ours if one in pressed}
    assert "Verein e. V., Berlin" in mail.html


def test_what_is_suggested_leads_to_the_products_page_and_the_preferences_to_theirs() -> None:
    mail = render(TOLD, brand=BRAND)
    page = "https://v.example/grace%26co/write?as=ada%2F1&why=thank"
    assert f"\n     {page}\n" in mail.text
    assert f'href="{page.replace("&", "&amp;")}"' in mail.html
    assert "\nYour preferences:\nhttps://v.example/me\n" in mail.text
    assert 'href="https://v.example/me"' in mail.html


def test_a_page_that_names_a_person_is_no_page_for_a_reminder_without_one() -> None:
    assert BRAND.page(member="ada", contact="", rule="own_reminder", item="f-1") == ""
    assert Brand(product_url="https://v.example/{item}").page(member="a", contact="", rule="r", item="a b") == (
        "https://v.example/a%20b"
    )
    assert Brand().page(member="a", contact="c", rule="r", item="i") == ""


@pytest.mark.parametrize("value", ["#fff", "green", "#ffff00", "#8fcab2", "", "#12345g"])
def test_a_colour_that_is_none_or_can_not_be_read_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"#rrggbb|read on white"):
        colour(value)


def test_a_colour_that_can_be_read_is_taken() -> None:
    assert colour("#2B6350") == "#2b6350"


@pytest.mark.parametrize(
    "value",
    ["https://x.example/{who}", "https://x.example/{contact", "https://x.example/}", "ftp://x.example/{contact}", "{contact}",
     "https://x.example/{contact!r}", "https://x.example/{contact.id}", "https://x.example/{}"],
)  # fmt: skip
def test_a_page_that_names_what_nobody_knows_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"may name|must|http"):
        page_template(value, ("member", "contact"))


def test_lines_are_lines() -> None:
    assert text_line(" Verein ", FOOTER_CHARS_MAX) == "Verein"
    for value in ("", " ", "a\nb", "x" * (FOOTER_CHARS_MAX + 1)):
        with pytest.raises(ValueError, match=r"one line|at most"):
            text_line(value, FOOTER_CHARS_MAX)
