"""The order in which a process of services begins."""

import os
import signal

import pytest
from aiokafka.errors import KafkaError
from typer.testing import CliRunner

from rapport.cli import app
from rapport.serving import running
from shared.embedded import System
from shared.runtime.service import Service


def test_a_process_tidies_its_memory_before_it_joins_and_ends_when_it_is_told_to(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    async def start(service: Service) -> None:
        order.append(f"{service.decider.name} joins")
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Service, "start", start)
    monkeypatch.setattr(running, "tune_collector", lambda: order.append("tidies"))
    monkeypatch.setenv("RAPPORT_KAFKA", embedded.kafka)
    monkeypatch.setenv("RAPPORT_REDIS", embedded.redis)
    assert CliRunner().invoke(app, ["run", "invites"]).exit_code == 0
    assert order == ["tidies", "invites joins"]


def test_a_service_that_cannot_stop_keeps_no_other_from_it(embedded: System, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    async def start(service: Service) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    async def stop(service: Service) -> None:
        order.append(service.decider.name)
        if service.decider.name == "invites":
            raise KafkaError

    monkeypatch.setattr(Service, "start", start)
    monkeypatch.setattr(Service, "stop", stop)
    monkeypatch.setenv("RAPPORT_KAFKA", embedded.kafka)
    monkeypatch.setenv("RAPPORT_REDIS", embedded.redis)
    assert CliRunner().invoke(app, ["run", "invites", "followups"]).exit_code == 1
    assert order == ["invites", "followups"]
