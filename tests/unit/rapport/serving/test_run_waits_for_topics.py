"""`rapport run` posts webhooks once the topics are there: a consumer that asks first has the broker make them its own way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rapport.serving import running
from rapport.serving.used_endpoints import Endpoints
from rapport.webhooks import process
from shared.config.settings import Settings
from shared.runtime.kafka.connection import KafkaAccess


async def test_no_webhook_is_posted_before_the_topics_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Take the question away: without the gateway nothing else has asked by then."""
    posted: list[str] = []

    async def stopped_before(*_: Any) -> bool:
        return False

    @asynccontextmanager
    async def noted(*_: Any) -> AsyncIterator[None]:
        posted.append("webhooks")
        yield

    monkeypatch.setattr(running, "until_there", stopped_before)
    monkeypatch.setattr(running, "services", lambda *_, **__: [])
    monkeypatch.setattr(process, "posted", noted)
    settings = Settings(webhooks=tmp_path / "webhooks.json")
    found = Endpoints(KafkaAccess("nowhere:9092"), "redis://nowhere", None)
    await running._serve(["followups"], settings, found, print, begin_at_earliest=False, posts=True)
    assert posted == []
