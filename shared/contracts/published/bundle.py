"""The AsyncAPI document as one file: what stands in files beside it moves into it.

Catalogues, editors and generators take one upload. What they get has no reference out of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

SCHEMA_REFERENCE: Final = "./schemas/"
DEFINITION_REFERENCE: Final = "#/$defs/"
COMPONENTS: Final = "#/components/schemas/"


def bundled(document: Mapping[str, Any], schema_of: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Return the document with the schemas of its payloads, and what those are made of, among its components.

    `schema_of` gives the JSON Schema of an event type. A part of a schema keeps its name.

    Raises:
        ValueError: two schemas call different things by one name, or a name is taken by something else.
    """
    components = document["components"]
    schemas: dict[str, Any] = dict(components["schemas"])
    for name in components["messages"]:
        whole = _rewritten(schema_of(name))
        parts = whole.pop("$defs", {})
        del whole["$schema"]  # components are in the dialect of AsyncAPI, which knows every keyword that is used here
        for key, part in {**parts, name: whole}.items():
            if schemas.setdefault(key, part) != part:
                raise ValueError(f"{key} would be two things in one file")
    messages = {name: _rewritten(message) for name, message in components["messages"].items()}
    return {**document, "components": {**components, "messages": messages, "schemas": schemas}}


def _rewritten(node: Any) -> Any:
    """Return `node` with references to files and to definitions as references to components. Examples have none."""
    if isinstance(node, list):
        return [_rewritten(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {key: _target(of) if key == "$ref" else _rewritten(of) for key, of in node.items()}


def _target(reference: str) -> str:
    if reference.startswith(SCHEMA_REFERENCE):
        return COMPONENTS + reference.removeprefix(SCHEMA_REFERENCE).removesuffix(".json")
    if reference.startswith(DEFINITION_REFERENCE):
        return COMPONENTS + reference.removeprefix(DEFINITION_REFERENCE)
    return reference
