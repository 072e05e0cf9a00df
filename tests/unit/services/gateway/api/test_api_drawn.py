"""Requests of all kinds, drawn from the OpenAPI document by schemathesis: none ends in a fault, each answer is as documented.

What is drawn is valid by the schemas, or breaks them in one place.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.gateway.api.access.keys import SCOPES
from services.gateway.api.app import OPENAPI
from tests.depth import examples
from tests.unit.services.gateway.api.api_bed import fresh, shared

pytestmark = pytest.mark.deep

schema = schemathesis.openapi.from_asgi(OPENAPI, fresh().app)
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def key() -> dict[str, str]:
    return fresh().key(*SCOPES)


@schema.parametrize()
@settings(
    max_examples=examples(32), deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_no_request_ends_in_a_fault_of_ours(case: schemathesis.Case[Any], key: dict[str, str]) -> None:
    shared().clock[0] += 10  # seconds: it asks more often than a key may
    answer = case.call_and_validate(headers=key, checks=CHECKS)
    assert answer.status_code < 500 or answer.status_code == 503, "503 where there is no store to read from"
