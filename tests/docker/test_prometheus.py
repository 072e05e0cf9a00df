"""promtool on what `deploy/prometheus` holds: the configuration, the rules, and the tests of the alarms."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus"
IMAGE = "prom/prometheus:v2.42.0"
"""No later than the one of docker-compose.yml: what it understands, that one does."""
SECONDS_MAX = 300.0
"""With the download of the image."""
ANSWER_SECONDS_MAX = 15.0

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module", autouse=True)
def engine() -> None:
    """Skip where no Docker engine answers."""
    if shutil.which("docker") is None:
        pytest.skip("there is no docker command")
    found = subprocess.run(["docker", "info"], capture_output=True, timeout=ANSWER_SECONDS_MAX, check=False)
    if found.returncode != 0:
        pytest.skip("no Docker engine answers")


def _promtool(*arguments: str, folder: Path = PROMETHEUS) -> subprocess.CompletedProcess[str]:
    mount = f"{folder}:/etc/prometheus:ro"
    command = ["docker", "run", "--rm", "--network", "none", "--volume", mount, "--entrypoint", "promtool", IMAGE]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=SECONDS_MAX, check=False)


def _says_good(found: subprocess.CompletedProcess[str]) -> bool:
    return found.returncode == 0 and "FAILED" not in found.stdout + found.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "/etc/prometheus/prometheus.yml"),
        ("check", "rules", "/etc/prometheus/alerts.yml"),
        ("test", "rules", "/etc/prometheus/alerts_test.yml"),
    ],
    ids=["configuration", "rules", "alarms"],
)
def test_promtool_finds_nothing_wrong(arguments: tuple[str, ...]) -> None:
    found = _promtool(*arguments)
    assert _says_good(found), found.stdout + found.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("rapport_refused_partitions) > 0", "rapport_refused_partitions) > 99"),
        ('"unknown"}[1h])) > 0', '"sent"}[1h])) > 0'),
    ],
)
def test_an_alarm_that_is_broken_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    for file in PROMETHEUS.glob("*.yml"):
        shutil.copy(file, tmp_path)
    alerts = tmp_path / "alerts.yml"
    text = alerts.read_text(encoding="utf-8")
    assert text.count(right) == 1
    alerts.write_text(text.replace(right, wrong), encoding="utf-8")
    tmp_path.chmod(0o755)  # the container's user is another one
    assert not _says_good(_promtool("test", "rules", "/etc/prometheus/alerts_test.yml", folder=tmp_path))
