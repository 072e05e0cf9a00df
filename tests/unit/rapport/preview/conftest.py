"""The look ahead as it is called, and the files that it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rapport.preview.preview_world import Events, Preview, command, files


@pytest.fixture
def preview(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Preview:
    return command(monkeypatch, capsys, tmp_path)


@pytest.fixture
def events(tmp_path: Path) -> Events:
    return files(tmp_path)
