"""`rapport --help` loads what it prints: a command loads what it works with when it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rapport.composition import SERVICES
from rapport.demo.scenes import SCENES
from rapport.names import SCENE_NAMES, SERVICE_NAMES

ROOT = Path(__file__).parents[3]
HELP = """
import sys
from rapport.cli import main
try:
    main(["run", "--help"])
except SystemExit:
    pass
heavy = ("aiokafka", "faststream", "fastapi", "redis", "services", "shared.contracts", "shared.runtime")
print("loaded:", [name for name in heavy if name in sys.modules])
"""


def test_help_loads_no_service_and_no_client() -> None:
    """Each of some hundred calls of a script pays for it. Broken by importing `rapport.composition` in a command's file."""
    ran = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "loaded: []"


def test_what_can_be_named_is_what_there_is() -> None:
    assert tuple(SERVICES) == SERVICE_NAMES
    assert tuple(SCENES) == SCENE_NAMES
