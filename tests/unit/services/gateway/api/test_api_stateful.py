"""Requests that follow from each other, drawn from the OpenAPI document and its links: none ends in a fault of ours.

What was uploaded is looked at, confirmed and dropped, in any order; what was asked for is answered.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.gateway.api.access.keys import SCOPES
from services.gateway.api.app import OPENAPI
from tests.unit.services.gateway.api.uploads import KeptInMemory, imports_of, shared

pytestmark = pytest.mark.deep

STEPS, STORIES = 8, 8
LINKING = "/imports|/followups$|/done$|/snooze$|/dismiss$"
"""Paths that lead to others, and where they lead to; all others are drawn one by one (`test_api_drawn`)."""
LINKED = {"read_import", "confirm_import", "drop_import"}
"""Operations that only a link of the document leads to: nobody draws the id of an import."""


def test_no_story_ends_in_a_fault_of_ours() -> None:
    """Look for what is kept without asking whether anything is, and a story of upload, drop and confirm finds it."""
    api, current = shared()
    api.keys.unlink(missing_ok=True)
    key = api.key(*SCOPES)
    schema = schemathesis.openapi.from_asgi(OPENAPI, api.app).include(path_regex=LINKING)
    # what fits no schema is drawn for each path by itself (`test_api_drawn`): stories of what fits go further
    schema.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE])
    served: set[str] = set()

    class Story(schema.as_state_machine()):  # type: ignore[misc]  # made of the document
        def setup(self) -> None:
            current.now = imports_of(api, KeptInMemory(), [], [1])

        def before_call(self, case: schemathesis.Case[Any]) -> None:
            api.clock[0] += 10  # seconds: it asks more often than a key may
            case.headers.update(key)

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            if response.status_code < 300:
                served.add(case.operation.definition.raw["operationId"])
            assert response.status_code < 500 or response.status_code == 503, response.text

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=STORIES, stateful_step_count=STEPS, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],  # to make a story shorter takes minutes
        ),
    )  # fmt: skip
    assert served & LINKED, "links are followed"
