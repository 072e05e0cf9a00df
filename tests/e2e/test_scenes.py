"""The scenes as anybody plays them: `rapport demo`, with the real services on Kafka, Valkey and SMTP."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from rapport.demo.scenes.let_it_go import SCENE as LET_IT_GO
from rapport.names import NETWORK
from tests.e2e.processes import ROOT, command, environment
from tests.transcripts import TOLD, play
from tests.valkey_cluster import free_ports

pytestmark = pytest.mark.deep
SECONDS_MAX = 120.0
SCENE_SECONDS_MAX = 600.0
"""A demo that has not played its scene by then is ended, and the test says how far it came."""


STAYS = LET_IT_GO.name
"""The scene after which the demo stays up: it is played once for both tests."""
LINES = re.compile(r"http\S+/v1|(?<=its key is in )\S+|http\S+/open/\S+|http\S+/metrics")


@pytest.mark.parametrize("scene", sorted(set(TOLD) - {STAYS}))
def test_a_scene_is_lived_through_as_its_transcript_in_the_docs_tells(scene: str, tmp_path: Path) -> None:
    told = TOLD[scene].read_text(encoding="utf-8")
    assert play(scene, tmp_path) == told, "if this is right: .venv/bin/python -m tests.transcripts"


def test_a_demo_that_stays_shows_what_it_played_and_its_clock_goes_on_until_ctrl_c(tmp_path: Path) -> None:
    """Leave the clock standing, and the reminder of three seconds later never falls due."""
    gateway, monitoring = free_ports(2)
    places = {
        "RAPPORT_DATA_DIR": str(tmp_path),
        "RAPPORT_GATEWAY": f"127.0.0.1:{gateway}",
        "RAPPORT_MONITORING": f"127.0.0.1:{monitoring}",
    }
    with subprocess.Popen(
        command("demo", "--scene", STAYS, "--stay"), cwd=ROOT, env=environment(places), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8",
    ) as demo, ThreadPoolExecutor(1) as apart:  # fmt: skip
        end = threading.Timer(SCENE_SECONDS_MAX, demo.kill)
        end.start()
        try:
            assert demo.stdout is not None and demo.stderr is not None  # noqa: PT018 - they are pipes
            told = apart.submit(demo.stdout.read)
            said = ""
            while "Ctrl-C ends it" not in said:
                line = demo.stderr.readline()
                assert line, said
                said += line
            api, key, page, metrics = LINES.findall(said)
            _is_served(api, Path(key).read_text(encoding="utf-8").strip(), page, metrics)
            demo.send_signal(signal.SIGINT)
            rest = demo.stderr.read()
            assert demo.wait(SECONDS_MAX) == 0, rest
            assert told.result() == TOLD[STAYS].read_text(encoding="utf-8")
        finally:
            end.cancel()
            demo.kill()
    assert "Nothing is left running." in rest


def _is_served(api: str, key: str, page: str, metrics: str) -> None:
    member = f"{api}/members/{LET_IT_GO.member}"
    with httpx.Client(headers={"authorization": f"Bearer {key}"}, timeout=SECONDS_MAX) as client:
        assert "Open my page" in client.get(page).raise_for_status().text
        assert "rapport_" in client.get(metrics).raise_for_status().text
        shown = client.get(f"{member}/invites").raise_for_status().json()
        assert shown["invites"], "what the scene has told is there"
        due = (LET_IT_GO.end + timedelta(seconds=3)).isoformat()
        client.post(
            f"{member}/followups", json={"followup_id": "r-1", "what": "Stretch", "due": due}
        ).raise_for_status()
        deadline = time.monotonic() + SECONDS_MAX
        while not _is_due(client.get(f"{member}/followups").json()["open"]):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def _is_due(followups: list[dict[str, Any]]) -> bool:
    return any("/r-1/" in one["id"] and one["state"] == "due" for one in followups)


def test_the_demo_shows_a_meeting_with_everything_around_it_and_a_digest_worth_reading(tmp_path: Path) -> None:
    told = play(NETWORK, tmp_path)
    _, _, meeting = told.partition("Anna and Lin Zhou\n")
    meeting, _, digest = meeting.partition("One of Anna's digests")
    around = [
        "Anna proposes a lunch", "agree on a lunch", "[prepare_questions", "3 questions ready", "[meeting_today",
        "[did_it_happen", "had a lunch", "[after_meeting", "that answers after_meeting", "[second_meeting",
        "Anna proposes an online chat", "[proposal_unanswered", "agree on an online chat", "[stay_in_touch",
    ]  # fmt: skip
    places = [meeting.find(words) for words in around]
    assert -1 not in places, around[places.index(-1)]
    assert places == sorted(places), "in this order"
    for words in ("Your note of", "Lunch with Lin Zhou", "Café Luna", "INVITES YOU MIGHT LET GO", "and 15 more"):
        assert words in digest
