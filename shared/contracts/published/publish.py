"""Writes the published language for people and programs outside: AsyncAPI 3.0, and JSON Schema 2020-12 per event.

`python -m shared.contracts.published.publish docs tests/contract/golden` writes `docs/asyncapi.yaml`,
`docs/schemas/`, and both as one file, `docs/asyncapi-bundled.yaml`. Equal models give equal bytes, so a stale copy is
seen by comparing.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from shared.contracts.events.own.upkeep import DeadLetter
from shared.contracts.events.table import EVENTS
from shared.contracts.operators.discard import DeadLetterDiscarded
from shared.contracts.operators.replay import ReplayRequested
from shared.contracts.operators.step_over import StepOverRequested
from shared.contracts.published import asyncapi, bundle

SCHEMAS: Final = "schemas"
BUNDLED: Final = "asyncapi-bundled.yaml"
MODELS: Final[Mapping[str, type[BaseModel]]] = {
    **EVENTS,
    DeadLetter.TYPE: DeadLetter,
    DeadLetterDiscarded.TYPE: DeadLetterDiscarded,
    ReplayRequested.TYPE: ReplayRequested,
    StepOverRequested.TYPE: StepOverRequested,
}
"""All models of values, by CloudEvents `type`."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of the data of one event type."""
    model = MODELS[name]
    schema = model.model_json_schema(by_alias=True)
    _describe(schema, model, schema.get("$defs", {}))
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": name} | schema | {"title": name}


def files(examples: Path) -> dict[str, str]:
    """Return every file of the published language, by its path below `docs/`.

    `examples` is a folder with one event per type in CloudEvents' JSON form, `<type>.json`.
    """
    shown = {name: json.loads((examples / f"{name}.json").read_text(encoding="utf-8")) for name in EVENTS}
    document = asyncapi.document(shown)
    schemas = {f"{SCHEMAS}/{name}.json": json.dumps(schema_of(name), indent=2) + "\n" for name in MODELS}
    return {"asyncapi.yaml": _yaml(document), BUNDLED: _yaml(bundle.bundled(document, schema_of)), **schemas}


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.CSafeDumper):
    """Says what stands at two places twice: anchors are YAML's alone, and readers of JSON's part of it stumble on them."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def write(docs: Path, examples: Path) -> list[Path]:
    """Write all files below `docs`, delete schemas of types that are no more, and return what was written."""
    texts = files(examples)
    (docs / SCHEMAS).mkdir(parents=True, exist_ok=True)
    for stale in set((docs / SCHEMAS).glob("*.json")) - {docs / name for name in texts}:
        stale.unlink()
    for name, text in texts.items():
        (docs / name).write_text(text, encoding="utf-8", newline="\n")
    return [docs / name for name in texts]


def _describe(schema: dict[str, Any], model: type[BaseModel], definitions: dict[str, Any]) -> None:
    """Give each property the words that stand below the field, in this model and in those that it is made of."""
    for part in (model, *_parts(model)):
        properties = (schema if part is model else definitions.get(part.__name__, {})).get("properties", {})
        for field, words in _field_words(part).items():
            alias = part.model_fields[field].alias or field
            properties.get(alias, {}).setdefault("description", words)


def _parts(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        for part in _models_in(field.annotation):
            yield part
            yield from _parts(part)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


def _field_words(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings below the fields of a class and of those that it extends."""
    words: dict[str, str] = {}
    for kind in reversed([kind for kind in model.__mro__ if issubclass(kind, BaseModel) and kind is not BaseModel]):
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        assert isinstance(definition, ast.ClassDef)
        for field, below in zip(definition.body, definition.body[1:], strict=False):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    words[name] = " ".join(text.split())
                case _:
                    pass
    return {name: text for name, text in words.items() if name in model.model_fields}


def main(arguments: list[str]) -> int:
    """Write the published language: arguments are the folder of docs and the folder of examples."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m shared.contracts.published.publish DOCS EXAMPLES\n")
        return 2
    written = write(Path(arguments[0]), Path(arguments[1]))
    sys.stdout.write(f"{len(written)} files written to {arguments[0]}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
