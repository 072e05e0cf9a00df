"""A look ahead is told in the member's language, on the terminal and on its page; in English where theirs is none of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rapport.preview import words
from shared.texts.language import language
from shared.texts.message import Counted, Text
from shared.texts.translations import LOCALES
from tests.unit.rapport.preview.preview_world import INVITED, JOINED, REMIND, Events, Preview
from tests.unit.services.digest.words.test_digest_words import constants

THIRD = 3
ENGLISH = {
    re.sub(r"\{\w+\}", "", part).strip(" .,:;")
    for text in vars(words).values() if isinstance(text, Text)
    for part in re.split(r"\{\w+\}", text)
    if len(part.split()) >= THIRD
}  # fmt: skip
"""What the texts say in English, where it is long enough to be no other language's."""


def looked(preview: Preview, events: Events, folder: Path, locale: str) -> tuple[str, str]:
    """Return what the terminal says, and the page."""
    file = folder / "page.html"
    wish = ("--set", f"locale={locale}", "--set", "retraction=auto", "--set", "digest=weekly")
    ran = preview(events(JOINED, INVITED, REMIND), "--member", "ada", "--days", "40", *wish, "--html", file)
    assert ran.code == 0
    return " ".join(ran.out.split()), file.read_text(encoding="utf-8")


@pytest.mark.parametrize("tag", LOCALES)
def test_nothing_of_it_is_english_in_another_language(
    preview: Preview, events: Events, tmp_path: Path, tag: str
) -> None:
    """Seen to fail with one text that was printed as it is."""
    lang = language(tag)
    for text in looked(preview, events, tmp_path, tag):
        assert [one for one in ENGLISH if one in text] == []
        assert lang.listed(["Bob Bell"]) in text
        assert lang(words.ALONE)[:20] in text
        assert "Monday" not in text


@pytest.mark.parametrize(
    ("locale", "tag"), [("de-AT", "de"), ("pt", "pt-BR"), ("ar", "ar"), ("tlh", "en"), ("en-US", "en")]
)
def test_the_page_says_in_which_language_it_is(
    preview: Preview, events: Events, tmp_path: Path, locale: str, tag: str
) -> None:
    _, page = looked(preview, events, tmp_path, locale)
    assert f'<html lang="{tag}"' in page
    assert ('dir="rtl"' in page) == (tag == "ar")
    assert language(tag)(words.FOOT) in page


def test_every_text_of_it_can_be_translated() -> None:
    """What it left out is said to whoever called it, in English."""
    plain = {name for name, text in vars(words).items() if name.isupper() and isinstance(text, str | tuple)
             and not isinstance(text, Text | Counted) and not name.startswith("_")}  # fmt: skip
    assert plain == {"REFUSED", "UNREAD", "OTHERS", "LATER", "STUMBLED", "RESTS"}
    assert constants(words)
