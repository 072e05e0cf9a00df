"""A store of the projection that other sources have written is read again from the topics: so its version must rise."""

from __future__ import annotations

from services.gateway.projection.decider import STATE_VERSION
from tests.versions import _digest

SOURCES = (
    "services/gateway/projection/model",
    "services/gateway/projection/apply",
    "shared/preferences.py",
    "shared/preference_statements.py",
    "shared/runtime/processing/member/runtime_meta.py",
    "shared/preference_names.py",
)
WRITTEN = (11, "8055c928b0c5a149")


def test_the_version_rises_with_what_is_stored() -> None:
    now = (STATE_VERSION, _digest(SOURCES))
    assert now == WRITTEN, f"raise STATE_VERSION where what is stored is another, and write {now} here"
