"""What holds of every scene before it is played, and of the page that shows them."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from rapport.cli import app
from rapport.demo.scenes import SCENES
from rapport.demo.scenes.scene import Scene
from services.followups.rules.table import RULES
from shared.contracts.cloudevents import codec
from tests.transcripts import PAGE, TOLD, with_days

USAGE = 2

every_scene = pytest.mark.parametrize("scene", SCENES.values(), ids=list(SCENES))


@every_scene
def test_the_events_of_a_scene_are_different_events_in_the_order_of_the_log(scene: Scene) -> None:
    events = scene.events()
    assert len({event.id for event in events}) == len(events)
    assert [event.logged for event in events] == sorted(event.logged for event in events)


@every_scene
def test_a_scene_reports_nothing_before_it_begins_or_after_it_ends(scene: Scene) -> None:
    assert [event.id for event in scene.events() if not scene.start <= event.logged <= scene.end] == []


@every_scene
def test_every_event_of_a_scene_can_be_published_and_read(scene: Scene) -> None:
    for event in scene.events():
        key, value, headers = codec.encode(event)
        read = codec.decode(key=key, value=value, headers=headers, logged=event.logged, topic=event.data.TOPIC)
        assert read is not None
        assert read.data == event.data


def test_a_scene_is_the_same_each_time() -> None:
    for scene in SCENES.values():
        assert [event.id for event in scene.events()] == [event.id for event in scene.events()]


def test_persistence_has_the_rules_of_its_story_on_the_way() -> None:
    told = TOLD["persistence"].read_text(encoding="utf-8")
    rules = {"thank", "propose_meeting", "prepare_questions", "after_meeting", "second_meeting"}
    rules |= {"keep_at_it", "after_gathering"} & set(RULES)
    assert {rule for rule in rules if not re.search(rf"\b{rule}\b", told)} == set()
    assert "as guest of Lin Zhou" in told
    assert told.index("gone forward") < told.index("gone back") < told.index("“hired”")


def test_letting_go_has_one_proposal_one_mail_and_no_blame() -> None:
    told = TOLD["let-it-go"].read_text(encoding="utf-8")
    assert told.count("Rapport proposes") == told.count("Rapport mails") == told.count("Rapport pulls back") == 1
    assert "Rapport finds 150 invites, open for 91 to 548 days." in told
    assert [word for word in ("ignored", "rejected", "overdue", "failed", "sorry") if word in told.lower()] == []


def test_the_page_shows_days_of_the_transcripts_as_they_are() -> None:
    told = {name: path.read_text(encoding="utf-8") for name, path in TOLD.items()}
    shown = PAGE.read_text(encoding="utf-8")
    assert with_days(shown, told) == shown, "write it anew: .venv/bin/python -m tests.transcripts"
    assert len(re.findall(r"^<!-- [a-z-]+: .* -->\n```text\n\w", shown, re.MULTILINE)) == shown.count("```text") > 0


def test_the_page_names_and_links_every_scene() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"\| `([a-z-]+)` \|", page)) == set(SCENES)
    assert {path.name for path in TOLD.values()} == set(re.findall(r"\(scenes/([a-z-]+\.txt)\)", page))


def test_a_scene_that_does_not_exist_is_refused_with_the_names_of_those_that_do() -> None:
    ran = CliRunner().invoke(app, ["demo", "--scene", "triumph"], env={"COLUMNS": "200"})
    assert ran.exit_code == USAGE
    for name in SCENES:
        assert name in ran.output
