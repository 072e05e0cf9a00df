"""`rapport run gateway` as an operator runs it: what it needs, what it says, and when it is ready."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from rapport.cli import app, main
from rapport.system.publishing import publisher
from shared.embedded import System
from shared.links import LinkAddresses, LinkKeys, ToDigest
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.observability.health import HealthSnapshot, not_ready
from shared.runtime.observability.health_monitor import Watch
from shared.runtime.observability.http_metrics import HttpMetrics
from shared.runtime.observability.metrics import Meters
from tests.component.gateway_bed import ONE_CLICK, SECRET
from tests.e2e.processes import ROOT, command, environment
from tests.valkey_cluster import free_ports

SECONDS_MAX = 240.0


@pytest.mark.deep
def test_it_needs_kafka_alone_serves_until_it_is_told_to_stop_and_says_what_it_is(
    embedded: System, tmp_path: Path
) -> None:
    door, pages = free_ports(2)
    public = f"http://127.0.0.1:{door}"
    endpoints = {
        "RAPPORT_KAFKA": embedded.kafka,
        "RAPPORT_DATA_DIR": str(tmp_path),
        "RAPPORT_PUBLIC_URL": public,
        "RAPPORT_LINK_SECRET": SECRET,
        "RAPPORT_GATEWAY": f"127.0.0.1:{door}",
        "RAPPORT_MONITORING": f"127.0.0.1:{pages}",
        "RAPPORT_LOG_FORMAT": "json",
    }
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command("run", "gateway"), cwd=ROOT, env=environment(endpoints), stdout=out, stderr=out
        ) as run,
    ):
        try:
            _until_ready(f"http://127.0.0.1:{pages}/ready")
            assert httpx.get(f"http://127.0.0.1:{pages}/live").status_code == 200
            url = LinkAddresses(public, LinkKeys([SECRET])).address(
                "unsubscribe", ToDigest("m-cmd", "2026-W48", "weekly")
            )
            assert httpx.post(url, data=ONE_CLICK).status_code == 200
            metrics = httpx.get(f"http://127.0.0.1:{pages}/metrics").text.splitlines()
            said = 'rapport_published_events_total{rule="none",service="gateway",type="rapport.member.preferences_set"} 1.0'
            assert {said, 'rapport_ready{service="gateway"} 1.0'} <= set(metrics)
            run.send_signal(signal.SIGTERM)
            assert run.wait(SECONDS_MAX) == 0
        finally:
            run.kill()
    text = log.read_text(encoding="utf-8")
    lines = [json.loads(line)["event"] for line in text.splitlines()]
    parts = f"Kafka {embedded.kafka}, metrics http://127.0.0.1:{pages}/metrics, pages http://127.0.0.1:{door}"
    assert lines == [f"rapport is ready: gateway ({parts}); Ctrl-C stops it", "a click was published"]
    assert url.rpartition("/")[2] not in text
    assert SECRET not in text


@pytest.mark.deep
def test_with_few_descriptors_and_600_idle_connections_members_are_served_and_the_log_stays_short(
    embedded: System, tmp_path: Path
) -> None:
    door, pages = free_ports(2)
    public = f"http://127.0.0.1:{door}"
    endpoints = {
        "RAPPORT_KAFKA": embedded.kafka,
        "RAPPORT_DATA_DIR": str(tmp_path),
        "RAPPORT_PUBLIC_URL": public,
        "RAPPORT_LINK_SECRET": SECRET,
        "RAPPORT_GATEWAY": f"127.0.0.1:{door}",
        "RAPPORT_MONITORING": f"127.0.0.1:{pages}",
        "RAPPORT_LOG_FORMAT": "json",
    }
    log = tmp_path / "log"
    few = ["prlimit", "--nofile=400:400", *command("run", "gateway")]
    with (
        log.open("wb") as out,
        subprocess.Popen(few, cwd=ROOT, env=environment(endpoints), stdout=out, stderr=out) as run,
        ExitStack() as held,
    ):
        try:
            _until_ready(f"http://127.0.0.1:{pages}/ready")
            for port in [door] * 600 + [pages] * 200:
                idle = held.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS_MAX))
                idle.sendall(b"GET / HTTP/1.1\r\n")
            assert len(list(Path(f"/proc/{run.pid}/fd").iterdir())) < 300
            url = LinkAddresses(public, LinkKeys([SECRET])).address(
                "unsubscribe", ToDigest("m-few", "2026-W48", "weekly")
            )
            assert httpx.post(url, data=ONE_CLICK, timeout=SECONDS_MAX).status_code == 200
            assert httpx.get(f"http://127.0.0.1:{pages}/ready", timeout=SECONDS_MAX).status_code == 200
            run.send_signal(signal.SIGTERM)
            assert run.wait(SECONDS_MAX) == 0
        finally:
            run.kill()
    assert len(log.read_text(encoding="utf-8").splitlines()) < 10


def _until_ready(url: str) -> None:
    end = time.monotonic() + SECONDS_MAX
    while True:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, "it was never ready"
        time.sleep(0.1)


def test_a_process_is_not_ready_before_its_door_is_open() -> None:
    meters = Meters()
    watch = Watch([], servers=["gateway"], server_metrics={"gateway": HttpMetrics(meters, "gateway")})

    async def answers() -> None: ...

    assert not_ready(watch.look(), watch.patience) == ["gateway: is not open yet"]
    assert _gauge(meters, "rapport_ready") == 0
    watch.opened("gateway", answers)
    seen: HealthSnapshot = watch.look()
    assert not_ready(seen, watch.patience) == []
    assert _gauge(meters, "rapport_ready") == 1


async def test_a_door_whose_kafka_does_not_answer_is_not_ready(embedded: System) -> None:
    meters = Meters()
    watch = Watch([], servers=["gateway"], server_metrics={"gateway": HttpMetrics(meters, "gateway")})
    async with publisher(KafkaAccess(embedded.kafka)) as given:
        watch.opened("gateway", given.answers)
        watch.start()
        try:
            await _until(watch, lambda reasons: reasons == [])
            broker = embedded.addresses.processes["kafka"]
            os.kill(broker, signal.SIGSTOP)
            try:
                await _until(watch, lambda reasons: "kafka has not answered" in " ".join(reasons))
                assert [_gauge(meters, f"rapport_{name}") for name in ("ready", "kafka_up")] == [0, 0]
            finally:
                os.kill(broker, signal.SIGCONT)
            await _until(watch, lambda reasons: reasons == [])
            assert [_gauge(meters, f"rapport_{name}") for name in ("ready", "kafka_up")] == [1, 1]
        finally:
            await watch.stop()


def _gauge(meters: Meters, name: str) -> float | None:
    return meters.registry.get_sample_value(name, {"service": "gateway"})


async def _until(watch: Watch, fits: Callable[[list[str]], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while watch.seen is None or not fits(not_ready(watch.seen, watch.patience)):  # noqa: ASYNC110 - what is waited for rings nobody
            await asyncio.sleep(0.1)


def test_without_a_public_address_and_keys_there_is_nothing_to_serve(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RAPPORT_PUBLIC_URL", raising=False)
    monkeypatch.setenv("RAPPORT_KAFKA", "127.0.0.1:9")
    with pytest.raises(SystemExit) as ended:
        main(["run", "gateway"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "rapport: RAPPORT_PUBLIC_URL or RAPPORT_API_KEYS: gateway serves the links in mails and the API, and has neither\n"
    )


def test_a_service_that_does_not_exist_is_refused_with_those_that_do() -> None:
    result = CliRunner().invoke(app, ["run", "gatewy"])
    assert result.exit_code == 2
    assert "no service 'gatewy'" in result.output
