"""The page about members' own pages and the operators' page shows them as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operator_pictures import operator_pages
from tests.page_pictures import own_pages
from tests.pictures import FOLDER, OPERATE_FINGERPRINT, OPERATE_SHOTS, OWN_FINGERPRINT, OWN_SHOTS, fingerprint_of

BYTES_MAX = 150_000
PAGE = (FOLDER.parent / "http-api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("fingerprint", "pages"),
    [(OWN_FINGERPRINT, own_pages), (OPERATE_FINGERPRINT, operator_pages)],
    ids=["own", "operate"],
)
def test_the_pictures_show_the_pages_as_they_are_now(fingerprint: Path, pages: Callable[[], dict[str, str]]) -> None:
    """When this fails: `.venv/bin/python -m tests.pictures`, and look at them."""
    assert fingerprint.read_text(encoding="ascii").strip() == fingerprint_of("".join(pages().values()))


def test_the_page_shows_every_picture_and_no_other_and_each_is_small() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/([\w-]+)\.png\)", PAGE)
    assert sorted(shown) == sorted(shot.name for shot in (*OWN_SHOTS, *OPERATE_SHOTS))
    assert {path.stem for kind in ("own", "operate") for path in FOLDER.glob(f"{kind}*.png")} == set(shown)
    for name in shown:
        found = (FOLDER / f"{name}.png").read_bytes()
        assert found.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(found) < BYTES_MAX
