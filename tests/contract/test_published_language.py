"""What stands in `docs/` is what the models say, and it is true of the golden events."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from shared.contracts import ACTIVITY, EVENTS, DeadLetter, topics_of
from shared.contracts.cloudevents import codec
from shared.contracts.published.publish import files, main, write

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
GOLDEN = HERE / "golden"


def golden(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return event


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DOCS / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    return document


@lru_cache(maxsize=1)
def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    return document


def test_the_committed_files_are_not_stale() -> None:
    expected = files(GOLDEN)
    stale = [
        name
        for name, text in expected.items()
        if not (DOCS / name).exists() or (DOCS / name).read_text("utf-8") != text
    ]
    assert not stale, "run `make docs`"
    assert {path.name for path in (DOCS / "schemas").iterdir()} == {Path(name).name for name in expected} - {
        "asyncapi.yaml"
    }


@pytest.mark.parametrize("name", EVENTS)
def test_a_golden_event_obeys_its_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    Draft202012Validator(schema(name)).validate(golden(name)["data"])


@pytest.mark.parametrize("name", EVENTS)
def test_a_schema_refuses_an_event_without_its_required_fields(name: str) -> None:
    for field in schema(name).get("required", []):
        less = {key: of for key, of in golden(name)["data"].items() if key != field}
        assert not Draft202012Validator(schema(name)).is_valid(less)


def test_a_dead_letter_obeys_its_schema() -> None:
    _, value, _ = codec.dead_letter(
        service="digest",
        topic=ACTIVITY,
        partition=0,
        offset=1,
        key=None,
        value=b"\xff",
        reason="is null",
        written=datetime(2026, 11, 3, 9, tzinfo=UTC),
    )
    Draft202012Validator(schema(DeadLetter.TYPE)).validate(json.loads(value))


def test_every_event_stands_on_its_channel() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    on = {channel["address"]: set(channel["messages"]) for channel in document["channels"].values()}
    for name, kind in EVENTS.items():
        assert {address for address, names in on.items() if name in names} == topics_of(kind)


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi()

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(reference := part.get("$ref"), str):
                if reference.startswith("#/"):
                    target: Any = document
                    for step in reference[2:].split("/"):
                        target = target[step]
                else:
                    assert (DOCS / reference).is_file()
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(document)


@pytest.mark.parametrize("name", EVENTS)
def test_the_headers_of_an_example_obey_the_schema_of_headers(name: str) -> None:
    document = asyncapi()
    message = document["components"]["messages"][name]
    headers = document["components"]["schemas"][message["headers"]["$ref"].rsplit("/", 1)[1]]
    for example in message["examples"]:
        Draft202012Validator(headers).validate(example["headers"])


def test_a_schema_of_a_type_that_is_no_more_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "rapport.invite.sung.json").write_text("{}", encoding="utf-8")
    assert {path.relative_to(tmp_path).as_posix() for path in write(tmp_path, GOLDEN)} == set(files(GOLDEN))
    assert not (tmp_path / "schemas" / "rapport.invite.sung.json").exists()


def test_the_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
    assert main([str(tmp_path), str(GOLDEN)]) == 0
