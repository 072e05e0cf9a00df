"""Writes the table of all settings: `python -m rapport.settings_page docs/configuration.md`.

The words are the docstrings below the fields of `Settings`, the defaults are those of the fields.
"""

from __future__ import annotations

import ast
import inspect
import sys
from itertools import pairwise

from rapport.generated_part import cells, main
from shared.config.secret_files import SECRETS, file_variable
from shared.config.settings import PREFIX, Settings


def described() -> dict[str, str]:
    """Return what stands below each field of `Settings`, in one line."""
    [body] = (node.body for node in ast.parse(inspect.getsource(Settings)).body if isinstance(node, ast.ClassDef))
    found = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            found[field.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def part() -> str:
    """Return the table."""
    words = described()
    rows = [cells("variable", "default", ""), "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        value = str(field.default).lower() if isinstance(field.default, bool) else field.default
        default = "none" if value is None else f"`{value}`"
        file = f" May stand in a file: `{file_variable(PREFIX, name)}`." if name in SECRETS else ""
        rows.append(cells(f"`{PREFIX}{name.upper()}`", default, words[name] + file))
    return "\n".join(rows)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], part))
