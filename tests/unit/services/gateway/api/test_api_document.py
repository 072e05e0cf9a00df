"""The OpenAPI document: current, whole, and its examples are what the API takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rapport import openapi_page
from services.gateway.api.access.keys import SCOPES
from services.gateway.api.app import OPENAPI
from shared.contracts.events.own.followup import FollowupPlan
from tests.unit.services.gateway.api.api_bed import shared_api

FILE = Path(__file__).parents[5] / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(FILE.read_bytes())
"""As it is published: the first test holds it to the code."""
OPERATIONS = [(path, method, what) for path, methods in DOCUMENT["paths"].items() for method, what in methods.items()]
BODIES = [
    (path, method, kind, content)
    for path, method, what in OPERATIONS
    for kind, content in what.get("requestBody", {}).get("content", {}).items()
    if "example" in content
]


def test_the_page_is_not_stale(tmp_path: Path) -> None:
    assert openapi_page.main([str(tmp_path / "page.json")]) == 0
    assert FILE.read_text(encoding="utf-8") == (tmp_path / "page.json").read_text(encoding="utf-8"), "run `make docs`"
    assert openapi_page.main([]) == 2


def test_the_page_for_people_names_what_an_entry_of_the_agenda_may_be_about() -> None:
    """Fails where the page, the document and the forms of the answers do not say the same."""
    page = FILE.with_name("http-api.md").read_text(encoding="utf-8")
    section = page.partition("## Reading")[2].partition("\n## ")[0]
    fields = DOCUMENT["components"]["schemas"]["AgendaEntry"]["properties"]
    assert set(re.findall(r"^- `(\w+)`", section, re.MULTILINE)) == set(fields)
    days = {"starts_at", "promised_for", "on_day"}
    assert days <= set(fields)
    assert days <= set(DOCUMENT["components"]["schemas"]["OpenFollowup"]["properties"])
    assert days <= set(FollowupPlan.model_fields)


async def test_the_api_serves_it_to_anybody() -> None:
    async with shared_api() as door:
        assert (await door.client.get(OPENAPI)).json() == DOCUMENT


def test_each_operation_has_a_name_of_its_own_its_scope_and_its_problems() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    names = [what["operationId"] for _, _, what in OPERATIONS]
    assert len(set(names)) == len(names) >= 18
    for _, _, what in OPERATIONS:
        [security] = what["security"]
        assert set(security["key"]) <= set(SCOPES)
        assert what["summary"]
        for status in ("401", "403", "408", "413", "414", "422", "429", "503"):
            assert "application/problem+json" in what["responses"][status]["content"]


def test_all_that_it_refers_to_is_there() -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [one for value in node.values() for one in references(value)]
        return [one for value in node for one in references(value)] if isinstance(node, list) else []

    schemas = DOCUMENT["components"]["schemas"]
    found = set(references(DOCUMENT))
    assert found <= {f"#/components/schemas/{name}" for name in schemas}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_each_object_says_what_it_may_have() -> None:
    """Generators of clients make of one that says nothing an object that must be empty."""

    def silent(node: Any, at: str) -> list[str]:
        children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        found = [one for name, of in children if "example" not in str(name) for one in silent(of, f"{at}/{name}")]
        is_object = isinstance(node, dict) and node.get("type") == "object"
        return [*found, at] if is_object and not {"properties", "additionalProperties"} & node.keys() else found

    assert silent(DOCUMENT, "") == []


@pytest.mark.parametrize(
    ("path", "method", "kind", "content"), BODIES, ids=lambda one: one if isinstance(one, str) else ""
)
async def test_an_example_is_as_its_schema_says_and_the_api_takes_it(
    path: str, method: str, kind: str, content: dict[str, Any]
) -> None:
    Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]}).validate(content["example"])
    headers = {"content-type": kind}
    if kind == "application/json" and path == "/v1/events":
        names = ("specversion", "id", "source", "type", "time", "memberid")
        [event] = [one["example"] for at, _, kind, one in BODIES if kind == "application/cloudevents+json"]
        headers |= {f"ce-{name}": event[name] for name in names}
    at = path.replace("{member}", "ada").replace("{", "").replace("}", "")
    async with shared_api() as door:
        answer = await door.client.request(
            method.upper(), at, headers=headers | door.key(*SCOPES), content=json.dumps(content["example"])
        )
        assert answer.status_code in {201, 202}, answer.text
