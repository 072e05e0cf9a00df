"""The page about members' own pages shows them as they are."""

from __future__ import annotations

import re

from tests.page_pictures import own_pages
from tests.pictures import FOLDER, OWN_FINGERPRINT, OWN_SHOTS, fingerprint_of

BYTES_MAX = 150_000
PAGE = (FOLDER.parent / "http-api.md").read_text(encoding="utf-8")


def test_the_pictures_show_the_pages_as_they_are_now() -> None:
    """When this fails: `.venv/bin/python -m tests.pictures`, and look at them."""
    assert OWN_FINGERPRINT.read_text(encoding="ascii").strip() == fingerprint_of("".join(own_pages().values()))


def test_the_page_shows_every_picture_and_no_other_and_each_is_small() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/([\w-]+)\.png\)", PAGE)
    assert sorted(shown) == sorted(shot.name for shot in OWN_SHOTS)
    assert {path.stem for path in FOLDER.glob("own*.png")} == set(shown)
    for name in shown:
        found = (FOLDER / f"{name}.png").read_bytes()
        assert found.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(found) < BYTES_MAX
