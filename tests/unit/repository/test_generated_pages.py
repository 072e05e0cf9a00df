"""The pages that are generated from code are not stale, and say of a command or a setting what it says of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rapport import cli_page, settings_page
from rapport.generated_part import BEGIN, END, main, with_part
from shared.config.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"

each_page = pytest.mark.parametrize(
    ("name", "part"), [("cli.md", cli_page.part), ("configuration.md", settings_page.part)]
)


@each_page
def test_a_page_is_not_stale(name: str, part: Callable[[], str]) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert with_part(page, part()) == page, "run `make docs`: a command or a setting says something else now"


def test_every_setting_has_its_words() -> None:
    assert settings_page.described().keys() == Settings.model_fields.keys(), "write a docstring below each field"


@each_page
def test_what_is_generated_is_written_between_its_marks_and_nowhere_else(
    name: str, part: Callable[[], str], tmp_path: Path
) -> None:
    page = tmp_path / name
    page.write_text(f"before\n{BEGIN}stale\n{END}after\n", encoding="utf-8")
    assert main([str(page)], part) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n|")
    assert text.endswith(f"|\n\n{END}after\n")
    assert "stale" not in text


def test_a_page_without_marks_is_refused_and_no_page_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="the page has no lines"):
        with_part("# Page\n", "")
    assert main([], str) == 2
    assert "usage" in capsys.readouterr().err
