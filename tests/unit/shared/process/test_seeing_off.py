"""What is not switched on is not even imported; and a port that is taken is said before anything starts."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config.settings import Settings
from shared.process.errors import NotServed
from shared.process.seeing import Seeing
from shared.runtime.observability.log_observer import LogObserver
from shared.runtime.observability.reported.tally import Tally

ROOT = Path(__file__).parents[4]
OFF = """
import sys
from rapport.serving.running import run_until_stopped
from shared.process.seeing import Seeing
from shared.config.settings import Settings
Seeing(Settings()).observer("invites")
heavy = ("shared.runtime.observability.tracing", "shared.runtime.observability.health_server")
print(sorted(name for name in heavy if name in sys.modules))
"""


@pytest.mark.deep
def test_without_the_settings_nothing_of_pages_and_traces_is_imported() -> None:
    command = [sys.executable, "-c", OFF]
    found = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_without_the_settings_a_service_has_a_log_and_a_tally_for_its_report_and_nothing_else() -> None:
    observer = Seeing(Settings()).observer("invites")
    assert [type(one) for one in observer._observers] == [LogObserver, Tally]  # type: ignore[attr-defined]  # from inside


async def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(monitoring=f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(NotServed, match=r"^RAPPORT_MONITORING: 127\.0\.0\.1:\d+ cannot be served: Address already"):
            async with Seeing(settings).of([]):
                pass
