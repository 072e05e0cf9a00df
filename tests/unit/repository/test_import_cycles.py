"""No two files import each other, nor round a circle of several: what a file is made of can be read from below.

Imports for types alone and inside of functions count: they hide a circle from Python, not from a reader. Broken on purpose by
an import of `rapport.commands.run` in `rapport/composition.py`, in a function: both are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

from shared import preferences

ROOT: Final = Path(preferences.__file__).parents[1]
_IMPORT: Final = re.compile(r"^[ ]*(?:from ([\w.]+) import (\([^)]*\)|[^\n]*)|import ([\w., ]+))", re.MULTILINE)
"""By lines, as to parse all files takes seconds."""
_NAME: Final = re.compile(r"\w+(?: as \w+)?")


def graph(files: Mapping[str, str]) -> dict[str, set[str]]:
    """Return which of these modules, by their names, import which."""
    return {name: {one for one in _imported(text, files) if one != name} for name, text in files.items()}


def _imported(text: str, files: Mapping[str, str]) -> Iterable[str]:
    for module, names, plain in _IMPORT.findall(text):
        if plain:
            yield from (one for one in map(str.strip, plain.split(",")) if one in files)
        for name in _NAME.findall(names):
            inner = f"{module}.{name.split()[0]}"
            yield from (one for one in (inner if inner in files else module,) if one in files)


def modules() -> dict[str, str]:
    """Return the text of each module by its name."""
    found = {}
    for room in ("rapport", "services", "shared"):
        for path in (ROOT / room).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return found


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """Return one circle of imports; empty where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_files_import_each_other() -> None:
    arrows = graph(modules())
    assert sum(map(len, arrows.values())) > len(arrows), "the imports are found at all"
    assert circle(arrows) == []


def test_a_circle_is_found_wherever_it_hides() -> None:
    """The guard itself."""
    hidden = "def f() -> None:\n    from shared.b import (\n        thing,\n    )\n"
    for other in ("from shared import a\n", "import shared.a\n", "if TYPE_CHECKING:\n    from shared.a import f\n"):
        assert set(circle(graph({"shared.a": hidden, "shared.b": other}))) == {"shared.a", "shared.b"}
    assert circle(graph({"shared.a": hidden, "shared.b": "from shared.c import f\n", "shared.c": ""})) == []
