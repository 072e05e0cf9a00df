"""The scenes as anybody plays them: `rapport demo`, with the real services on Kafka, Valkey and SMTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.demo.scenes import NETWORK
from tests.transcripts import TOLD, play

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("scene", TOLD)
def test_a_scene_is_lived_through_as_its_transcript_in_the_docs_tells(scene: str, tmp_path: Path) -> None:
    told = TOLD[scene].read_text(encoding="utf-8")
    assert play(scene, tmp_path) == told, "if this is right: .venv/bin/python -m tests.transcripts"


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
