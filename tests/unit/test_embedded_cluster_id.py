"""One in 64 random ids begins with a dash, and Kafka's tool refuses to format a folder under it."""

from __future__ import annotations

import uuid

import pytest

from shared.embedded import servers


def test_a_cluster_id_never_begins_with_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(
        [uuid.UUID(bytes=b"\xf8" + bytes(15)), uuid.UUID(bytes=b"\xfb" + bytes(15)), uuid.UUID(bytes=bytes(16))]
    )
    monkeypatch.setattr(uuid, "uuid4", lambda: next(drawn))
    assert servers.cluster_id() == "A" * 22
