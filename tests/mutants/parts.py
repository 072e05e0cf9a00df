"""What is broken at random, and the tests that should notice: deciders, rules and the processing of a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LIBRARIES: Final = (
    "aiokafka", "babel", "faststream", "hypothesis", "msgspec", "opentelemetry.trace", "pydantic", "pytest_asyncio.plugin",
    "_pytest.junitxml", "anyio._backends._asyncio",
    "pydantic_settings", "redis.asyncio", "structlog", "uvicorn", "starlette.applications", "aiosmtplib",
    "shared.contracts", "shared.config.settings",
)  # fmt: skip
"""Imported once, before any mutant: nothing of it is broken, and nothing of it imports what is."""
ALL: Final = (
    "tests/unit/services/test_explain_laws.py", "tests/unit/shared/runtime/processing/test_missed.py",
    "tests/unit/rapport/inspect/test_why_told.py", "tests/unit/rapport/preview/test_preview.py",
    "tests/unit/repository/test_declared_once.py", "tests/unit/repository/test_versions.py",
    "tests/unit/services/test_rules_digests.py", "tests/unit/services/test_stored_defaults.py",
)  # fmt: skip
"""What tries all services together, as far as it does not take long."""


@dataclass(frozen=True, slots=True)
class Part:
    """Files that have their tests in common."""

    folder: str
    below: tuple[str, ...]
    """Folders and files below it that are broken; those of folders one by one, not what is deeper."""
    tests: tuple[str, ...]
    imported: tuple[str, ...] = (
        "shared.embedded", "shared.runtime.kafka.connection", "shared.runtime.service", "shared.texts", "shared.decider",
        "tests.docker.fixtures",
    )  # fmt: skip
    """Imported once, beside `LIBRARIES`."""

    def files(self, root: Path) -> list[str]:
        """Return the files, in the order of their names; nothing is to be broken in an `__init__`."""
        found = [
            file
            for name in self.below
            for file in (
                [root / self.folder / name] if name.endswith(".py") else (root / self.folder / name).glob("*.py")
            )
        ]
        return sorted(file.relative_to(root).as_posix() for file in found if file.name not in LEFT_OUT)


LEFT_OUT: Final = frozenset({"__init__.py", "app.py", "rule_docs.py"})
"""They import, declare and describe."""
PROCESSING: Final = (
    "tests/unit/shared/runtime/processing",
    *(f"tests/unit/shared/runtime/observability/test_{name}.py" for name in ("process_report", "seeing_states")),
    *(f"tests/unit/shared/testing/test_{name}.py" for name in ("fake_feed", "service_in_memory")),
    *(f"tests/simulation/test_{name}.py" for name in ("missing_markers", "promises", "stuck_items", "sweeps", "step_over")),
)  # fmt: skip
"""Of the simulation what plays a step: all of it takes minutes with nothing broken."""
PROJECTION: Final = (
    "tests/unit/services/gateway/projection",
    *(f"tests/unit/services/gateway/reading/test_{name}.py" for name in ("reading", "reading_rows", "reading_wishes")),
    "tests/unit/repository/test_versions.py",
    "tests/unit/services/test_stored_defaults.py",
)
PARTS: Final = (
    Part("shared/runtime/processing", (".", "member", "read_again"), PROCESSING, ()),
    Part("services/invites", (".", "rules"), ("tests/unit/services/invites", *ALL)),
    Part(
        "services/followups",
        (".", "model", "rules", "rules/form", "engine", "apply"),
        ("tests/unit/services/followups", *ALL),
    ),
    Part("services/gateway/projection", (".", "model", "apply"), PROJECTION),
    Part(
        "services/digest",
        (".", "model", "apply", "content", "mail/presend_check.py"),
        ("tests/unit/services/digest", *ALL),
    ),
)
"""The first imports least beforehand: what the others import is broken before they do."""


def chosen(root: Path, prefixes: Sequence[str]) -> list[tuple[Part, list[str]]]:
    """Return each part with those of its files that begin with one of the prefixes; all without prefixes."""
    picked = [
        (part, [file for file in part.files(root) if not prefixes or file.startswith(tuple(prefixes))])
        for part in PARTS
    ]
    return [(part, files) for part, files in picked if files]
