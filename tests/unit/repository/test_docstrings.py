"""What a function's docstring names in backticks stands in its file: a parameter that has another name by now does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"(?:^|[.:;(] |\n)`([a-z_]+)`")
"""At the beginning of a sentence, where a parameter is explained."""
INDENTED = re.compile(r'(?:"""|[.:;(] |\n *)`([a-z_]+)`')
"""The same in a source, which has all that the other finds, and more."""
ELSEWHERE = {
    "services/followups/engine/lines.py": {"today"},  # a word of members
    "services/gateway/personal/content/days.py": {"today"},
    "services/gateway/api/actions/table.py": {"post_followups_one_done"},  # what is made of names
    "services/gateway/api/problems.py": {"path"},  # what FastAPI says
    "shared/runtime/observability/metrics.py": {"increase"},  # a function of Prometheus
    "shared/runtime/ports/interfaces.py": {"head"},  # a field of the store
}


def missing(path: str, text: str) -> Iterator[str]:
    words = set(re.findall(r"\w+", re.sub(r'"""[\s\S]*?"""', "", text))) | ELSEWHERE.get(path, set())
    strange = not words.issuperset(INDENTED.findall(text))  # most files need not be parsed
    for node in ast.walk(ast.parse(text)) if strange else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for name in NAMED.findall(ast.get_docstring(node) or ""):
                if name not in words:
                    yield f"{path}:{node.lineno} {node.name}: `{name}`"


def test_what_a_docstring_explains_is_there() -> None:
    files = [path for folder in ("rapport", "services", "shared") for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 500
    found = [one for path in files for one in missing(str(path.relative_to(ROOT)), path.read_text())]
    assert found == []


def test_one_that_is_not_is_seen() -> None:
    text = 'def read(existing):\n    """Read.\n\n    `known` is asked first. `existing`: what was told.\n    """\n'
    assert list(missing("a.py", text)) == ["a.py:1 read: `known`"]
