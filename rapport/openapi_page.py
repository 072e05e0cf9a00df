"""`docs/openapi.json`: the API as OpenAPI 3.1, from the routes themselves. `make docs` writes it, a test keeps it current."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.gateway.api.access.principals import Principal
from services.gateway.api.access.tokens import MemberTokens
from services.gateway.api.app import api
from services.gateway.api.events.outbox import Outbox
from services.gateway.api.parts import Parts
from services.gateway.publishing import NotTaken, Position
from shared.contracts import Event


async def _nowhere(events: Sequence[Event], heard: Callable[[], None]) -> list[Position | NotTaken]:  # noqa: ARG001 - as it is called
    return [NotTaken("nothing is published to write a page")] * len(events)


def _nobody(given: str) -> Principal:
    return Principal(given, given, frozenset())


def page() -> str:
    """Return the document."""
    parts = Parts(Outbox(_nowhere), _nobody, MemberTokens([]), lambda: datetime(2026, 1, 1, tzinfo=UTC))
    return json.dumps(api(parts).openapi(), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document; the argument is its path."""
    if len(arguments) != 1:
        sys.stderr.write("usage: name the page\n")
        return 2
    Path(arguments[0]).write_text(page(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
