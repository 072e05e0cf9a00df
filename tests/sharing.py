"""Which test files share the embedded system: one process of a run takes them all, so that it starts once.

A start and a life of it cost half a minute of a core. `make test` gives each process whole files, whichever comes next: where
four processes met a file that needs the system, there were four of them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer

ROOT: Final = Path(__file__).parents[1]
GROUP: Final = "on the embedded system"
ASKS: Final = re.compile(r"\bembedded: System\b|(?<!def )\bkafka_servers\(")
"""A test or fixture that asks for the shared system, or may, by what `tests/docker/fixtures.py` has for both Kafkas."""
IMPORTS: Final = re.compile(r"^from (tests\.[\w.]+) import", re.MULTILINE)


def asks(file: str) -> bool:
    """Say whether a test file asks for the fixture `embedded`, itself or by what it imports of other tests.

    It goes by the sources: who gives files out to processes has collected nothing. A file that it does not see costs one more
    start of the system, and nothing else.
    """
    seen, to_see = set[str](), {file}
    while to_see:
        seen.add(one := to_see.pop())
        found, imported = _told_by(one)
        if found:
            return True
        to_see |= imported - seen
    return False


@cache
def _told_by(file: str) -> tuple[bool, frozenset[str]]:
    """Return whether this file asks for it, and which other files it imports."""
    path = ROOT / file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return bool(ASKS.search(text)), frozenset(f"{name.replace('.', '/')}.py" for name in IMPORTS.findall(text))


class OneProcessForEmbedded(LoadFileScheduling):  # type: ignore[misc]  # xdist is untyped
    """Whole files, as `--dist loadfile` gives them out, and those on the embedded system as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return GROUP if asks(file) else file


def scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Return the scheduling of a run by whole files. Containers are for all processes: their tests are spread as ever."""
    if config.getvalue("dist") != "loadfile" or "not docker" not in config.getvalue("markexpr"):
        return None
    return OneProcessForEmbedded(config, log)
