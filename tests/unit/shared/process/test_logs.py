"""Log lines: JSON for programs, and of errors and libraries nothing that could be somebody's words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.process.logs import FOREIGN_CHARS_MAX, NOISY, set_up_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.NOTSET)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def _stumble() -> None:
    raise ValueError("Grace wrote to grace@example.org")


def test_where_no_terminal_is_lines_are_json_and_a_setting_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert set_up_logs(logging.INFO, None) == "json"
    structlog.get_logger().info("recovered", partition=3)
    (line,) = _lines(capsys)
    assert (line["event"], line["partition"], line["level"]) == ("recovered", 3, "info")
    assert set_up_logs(logging.INFO, "console") == "console"
    structlog.get_logger().info("recovered", partition=3)
    assert "partition=3" in capsys.readouterr().err


def test_of_an_error_only_its_type_and_place_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(logging.INFO, "json")
    for log in (structlog.get_logger(), logging.getLogger("library")):
        try:
            _stumble()
        except ValueError:
            log.exception("failed")
    lines = _lines(capsys)
    assert [line["error"] for line in lines] == ["ValueError", "ValueError"]
    assert all("test_logs.py" in line["at"][0] for line in lines)
    assert "Grace" not in str(lines)


def test_of_what_a_library_logs_only_the_beginning_of_the_first_line_is_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs(logging.INFO, "json")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: ValueError('Grace')")
    logging.getLogger("asyncio").error("x" * 1000)
    first, second = _lines(capsys)
    assert first["event"] == "Task exception was never retrieved"
    assert first["logger"] == "asyncio"
    assert len(second["event"]) == FOREIGN_CHARS_MAX


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(logging.WARNING, "json")
    structlog.get_logger().info("recovered")
    logging.getLogger("aiokafka").error("connection lost")
    assert _lines(capsys) == []
