"""The page about the digest shows the digest as it is."""

from __future__ import annotations

import re

import pytest

from services.digest.words.render import render
from tests.pictures import (
    FINGERPRINT,
    FOLDER,
    LANGUAGE_SHOTS,
    LANGUAGES_FINGERPRINT,
    PAGE_SHOTS,
    PAGES_FINGERPRINT,
    SHOTS,
    fingerprint,
    fingerprint_of,
    linked_pages,
    mail_with_links,
    mails_in_languages,
    sample,
)

BYTES_MAX = 150_000
PAGE = (FOLDER.parent / "digest.md").read_text(encoding="utf-8")


def test_the_pictures_show_the_digest_as_it_is_now() -> None:
    """When this fails: `.venv/bin/python -m tests.pictures`, and look at them."""
    assert FINGERPRINT.read_text(encoding="ascii").strip() == fingerprint(mail_with_links())
    assert PAGES_FINGERPRINT.read_text(encoding="ascii").strip() == fingerprint_of("".join(linked_pages().values()))


def test_each_language_is_shown_by_the_digest_as_it_is_now() -> None:
    """When this fails: `.venv/bin/python -m tests.pictures`, and look at them."""
    now = fingerprint_of("".join(map(fingerprint, mails_in_languages().values())))
    assert LANGUAGES_FINGERPRINT.read_text(encoding="ascii").strip() == now
    page = (FOLDER.parent / "how-to" / "add-a-language.md").read_text(encoding="utf-8")
    assert re.findall(r"\.\./pictures/([\w-]+)\.png", page) == [shot.name for shot in LANGUAGE_SHOTS]


def test_the_page_shows_every_picture_and_no_other() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/([\w-]+)\.png\)", PAGE)
    assert shown == [shot.name for shot in (*SHOTS, *PAGE_SHOTS)]
    assert {path.stem for kind in ("digest", "page") for path in FOLDER.glob(f"{kind}*.png")} == set(shown)


@pytest.mark.parametrize("name", [shot.name for shot in (*SHOTS, *PAGE_SHOTS, *LANGUAGE_SHOTS)])
def test_a_picture_is_a_small_png(name: str) -> None:
    picture = (FOLDER / f"{name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(picture) < BYTES_MAX


def test_the_page_shows_the_plain_text_as_it_is() -> None:
    mail = render(sample())
    assert f"```\nSubject: {mail.subject}\n\n{mail.text}```\n" in PAGE
