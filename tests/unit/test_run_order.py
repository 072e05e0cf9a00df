"""The order in which a process of services starts and stops."""

import os
import signal

import pytest
from typer.testing import CliRunner

from shared.cli import run
from shared.cli.app import app


class Recorded:
    """A service that asks its process to stop as soon as it has started."""

    ready = True

    def __init__(self, order: list[str]) -> None:
        self._order = order

    async def start(self) -> None:
        self._order.append("joins")
        os.kill(os.getpid(), signal.SIGTERM)

    async def stop(self) -> None:
        self._order.append("leaves")

    def refusals(self) -> list[tuple[int, str]]:
        return []


def test_a_process_tidies_its_memory_before_it_joins_and_leaves_when_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []

    async def topics(*_: object) -> None:
        order.append("topics")

    monkeypatch.setattr(run, "_topics", topics)
    monkeypatch.setattr(run, "tune_collector", lambda: order.append("tidies"))
    monkeypatch.setattr(run, "services", lambda *_: [Recorded(order)])
    monkeypatch.setenv("RAPPORT_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("RAPPORT_REDIS", "redis://127.0.0.1:1")
    assert CliRunner().invoke(app, ["run", "invites"]).exit_code == 0
    assert order == ["topics", "tidies", "joins", "leaves"]
