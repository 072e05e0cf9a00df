"""What each service's versions stand for: a digest of the sources of its rules and of its state, beside the versions.

A stored item keeps the timers that the rules of its day gave it, until `RULES_VERSION` rises; a store of another
`STATE_VERSION` is built anew from the log. Both are raised by hand, so a test compares the sources with what was written
down here. `.venv/bin/python -m tests.versions` writes it anew; where the sources have changed and the version has not, it
wants `--same SERVICE`: the word that they still say the same of the same state, as after a move or a renaming.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from rapport.composition import DECIDERS, SERVICES
from shared import preferences
from shared.contracts.events.table import CODES as EVENT_CODES

ROOT: Final = Path(preferences.__file__).parents[1]
FILE: Final = Path(__file__).with_name("versions.json")
STATE: Final = {
    "invites": ("services/invites/state.py", "services/invites/stored.py"),
    "followups": ("services/followups/model",),
    "digest": ("services/digest/model",),
}
"""Where the form of what is stored stands."""
STORED: Final = (
    "shared/stored/item_names.py",
    "shared/stored/packing.py",
    "shared/runtime/processing/member/runtime_meta.py",
    "shared/runtime/processing/member/stored_form.py",
    "shared/stored/compressed.py",
)
"""What of it every service has."""
RULES: Final = {
    "invites": ("services/invites",),
    "followups": ("services/followups",),
    "digest": (
        "services/digest/apply",
        "services/digest/content",
        "services/digest/evaluate.py",
        "services/digest/mail/presend_check.py",
        "services/digest/push/evaluate.py",
        "services/digest/rules.py",
    ),
}
"""Where it stands what is said, and when."""
CODES: Final = tuple(sorted(f"{code} {kind.TYPE}" for code, kind in EVENT_CODES.items()))
"""Under which codes *followups* remembers which events: with a new one, what was passed over is read anew from the log."""
SHARED: Final = (
    "shared/calendar.py",
    "shared/contracts/limits.py",
    "shared/merge.py",
    "shared/preference_names.py",
    "shared/preference_statements.py",
    "shared/preferences.py",
)
"""What the rules of every service read."""
PARTS: Final = {"shared/decider.py": ("NextAction", "evaluation")}
"""Parts of other files that they read: how outcomes become events and timers."""
NO_RULES: Final = frozenset(
    {"__init__.py", "app.py", "decider.py", "explain.py", "rule_docs.py", "lines.py", "migrations.py"}
)
"""Files that decide nothing: faces to others, words, and what became of other versions."""


RELEASED: Final = {"invites": 13, "followups": 21, "digest": 18, "projection": 7}
"""The state versions of the first release: what it and later ones have written into snapshots has to be read by all that
follow. Until it is out, whoever raises one raises it here, too."""


class Versions(NamedTuple):
    """The versions of a service, and digests of the sources that they stand for."""

    state_version: int
    rules_version: int
    state: str
    rules: str


def versions_of(name: str) -> Versions:
    """Return how it stands with a service now."""
    decider = sys.modules[f"services.{name}.decider"]
    assert DECIDERS[name].version == decider.STATE_VERSION
    rules = _digest((*RULES[name], *STATE[name], *SHARED), *_parts())
    state = _digest((*STATE[name], *STORED), *(CODES if name == "followups" else ()))
    return Versions(decider.STATE_VERSION, decider.RULES_VERSION, state, rules)


def written() -> dict[str, Versions]:
    """Return what was written down."""
    return {name: Versions(**told) for name, told in json.loads(FILE.read_text(encoding="utf-8")).items()}


def unraised(before: Versions, now: Versions) -> list[str]:
    """Return the versions that should have risen, because what they stand for is another."""
    pairs = {
        "STATE_VERSION": (before.state, now.state, before.state_version, now.state_version),
        "RULES_VERSION": (before.rules, now.rules, before.rules_version, now.rules_version),
    }
    return [name for name, (was, digest, old, new) in pairs.items() if was != digest and new <= old]


def unmigrated(name: str) -> list[int]:
    """Return the state versions since the first release of which nobody has said what becomes of their snapshots."""
    decider = SERVICES[name]
    return [one for one in range(RELEASED.get(name, 1), decider.version) if one not in decider.migrations]


def _digest(places: tuple[str, ...], *more: str) -> str:
    """Return a digest of all that is run in these files, and of what else there is: no comment, docstring or import.

    `LookupError` where a place has nothing that is run: its digest would never change.
    """
    files = set()
    for place in places:
        found = {path for path in (ROOT / place).rglob("*.py") if path.name not in NO_RULES}
        if place.endswith(".py") and Path(place).name not in NO_RULES:
            found = {ROOT / place}
        if not found:
            raise LookupError(f"{place} in tests/versions.py: there is no file that decides or stores something")
        files |= found
    texts = [*sorted(map(_essence, files)), *more]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _parts() -> list[str]:
    """Return the parts of files. `LookupError` where one is no more."""
    texts = []
    for place, names in PARTS.items():
        tree = _Bare().visit(ast.parse((ROOT / place).read_text(encoding="utf-8")))
        found = {node.name: ast.dump(node) for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        texts += [found[name] for name in names]
    return texts


def _essence(path: Path) -> str:
    tree = _Bare().visit(ast.parse(path.read_text(encoding="utf-8")))
    return ast.dump(tree)


class _Bare(ast.NodeTransformer):
    """Takes out what nothing depends on: imports, and texts that stand alone."""

    def visit_Import(self, _node: ast.Import) -> None:
        """Take it out."""

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> None:
        """Take it out."""

    def visit_Expr(self, node: ast.Expr) -> Any:
        """Take out a docstring."""
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)


def main() -> None:
    """Write it down, unless a version should have risen first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--same", action="append", default=[], choices=sorted(DECIDERS), metavar="SERVICE")
    same = parser.parse_args().same
    before = written() if FILE.exists() else {}
    now = {name: versions_of(name) for name in DECIDERS}
    for name, versions in now.items():
        if name in before and name not in same and (missing := unraised(before[name], versions)):
            sys.exit(f"{name}: its sources have changed: raise {' and '.join(missing)} in services/{name}/decider.py")
        if missing_steps := unmigrated(name):
            sys.exit(
                f"{name}: say in services/{name}/migrations.py what becomes of snapshots of version {missing_steps[0]}"
            )
    FILE.write_text(json.dumps({name: one._asdict() for name, one in now.items()}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
