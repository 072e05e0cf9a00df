"""What stands in `docs/` is what the models say, and it is true of the golden events."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from shared.contracts import ACTIVITY, EVENTS, DeadLetter, topics_of
from shared.contracts.cloudevents import codec
from shared.contracts.published import bundle
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
    document: dict[str, Any] = yaml.load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return document


@lru_cache(maxsize=1)
def bundled() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((DOCS / "asyncapi-bundled.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
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
        "asyncapi.yaml",
        "asyncapi-bundled.yaml",
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

    for reference in references(document):
        if reference.startswith("#/"):
            target_of(document, reference)
        else:
            assert (DOCS / reference).is_file()


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            yield reference
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from references(inner)


def target_of(document: dict[str, Any], reference: str) -> Any:
    target: Any = document
    for step in reference.removeprefix("#/").split("/"):
        target = target[step]
    return target


def test_the_bundled_document_leads_nowhere_outside() -> None:
    """Uploaded alone, it has all it speaks of."""
    document = bundled()
    found = list(references(document))
    assert found
    assert all(reference.startswith("#/") for reference in found)
    for reference in found:
        target_of(document, reference)
    whole = asyncapi()
    assert {name: of for name, of in document.items() if name != "components"} == {
        name: of for name, of in whole.items() if name != "components"
    }
    text = (DOCS / "asyncapi-bundled.yaml").read_text(encoding="utf-8")
    assert not [node for node in yaml.parse(text, yaml.CSafeLoader) if getattr(node, "anchor", None)]


@pytest.mark.parametrize("name", EVENTS)
def test_the_bundled_document_says_the_same_of_a_payload(name: str) -> None:
    """Held by the golden event, and by the same event without each of its required fields."""
    document = bundled()
    payload = document["components"]["messages"][name]["payload"]
    reads = Draft202012Validator({**payload, "components": document["components"]})
    data = golden(name)["data"]
    assert reads.is_valid(data)
    for field in schema(name).get("required", []):
        assert not reads.is_valid({key: of for key, of in data.items() if key != field})


def test_one_name_for_two_things_is_no_bundle() -> None:
    document: dict[str, Any] = {"components": {"messages": {"a": {}, "b": {}}, "schemas": {}}}

    def schema_of(name: str) -> dict[str, Any]:
        return {"$schema": "", "title": name, "$defs": {"Part": {"const": name}}}

    with pytest.raises(ValueError, match="Part would be two things"):
        bundle.bundled(document, schema_of)


def test_a_server_is_named_with_what_it_asks_for() -> None:
    document = asyncapi()
    compose = yaml.safe_load((DOCS.parent / "docker-compose.yml").read_text(encoding="utf-8"))
    (port,) = compose["services"]["kafka"]["ports"]
    host, number = document["servers"]["containers"]["host"].split(":")
    assert port == f"${{BIND_ADDRESS_WITHOUT_LOGIN:-{host}}}:${{KAFKA_PORT:-{number}}}:9092"
    assert document["servers"]["containers"]["protocol"] == "kafka"
    for way in document["servers"]["yours"]["security"]:
        target_of(document, way["$ref"])


def test_no_schema_has_a_format_that_json_schema_does_not_know() -> None:
    """Strict readers (ajv) refuse a schema with one."""
    known = {"date-time", "date", "time", "email", "uri", "uuid", "regex"}
    for path in (DOCS / "schemas").iterdir():
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r'"format": "([^"]+)"', text)) <= known, path.name


@pytest.mark.parametrize("name", EVENTS)
def test_the_headers_of_an_example_obey_the_schema_of_headers(name: str) -> None:
    document = asyncapi()
    message = document["components"]["messages"][name]
    headers = document["components"]["schemas"][message["headers"]["$ref"].rsplit("/", 1)[1]]
    assert message["examples"]
    for example in message["examples"]:
        Draft202012Validator(headers).validate(example["headers"])


@pytest.mark.deep
def test_a_schema_of_a_type_that_is_no_more_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "rapport.invite.sung.json").write_text("{}", encoding="utf-8")
    assert {path.relative_to(tmp_path).as_posix() for path in write(tmp_path, GOLDEN)} == set(files(GOLDEN))
    assert not (tmp_path / "schemas" / "rapport.invite.sung.json").exists()


@pytest.mark.deep
def test_the_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
    assert main([str(tmp_path), str(GOLDEN)]) == 0
