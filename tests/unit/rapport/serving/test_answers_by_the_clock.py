"""What answers over HTTP goes by the clock that the gateway is given: a demo that stays lives in another year."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from rapport.inspect.memory import member_replay
from rapport.serving.gateway import _desk
from rapport.terminal.failure import NothingFound
from services.gateway.port import NotFound
from services.gateway.projection.model.people import Item, Profile
from shared.config.settings import Settings
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.reader import Reader

SECONDS_MAX = 30.0
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MEMBERS = cast("Reader[Profile, Item]", object())


async def test_the_overview_waits_behind_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both be asked of one thread, and who looks when something is wrong waits for a minute."""
    begun, go = threading.Event(), threading.Event()

    async def checks(*_: Any) -> list[Any]:
        begun.set()
        go.wait(SECONDS_MAX)
        return []

    async def standings(*_: Any) -> list[Any]:
        return []

    monkeypatch.setattr("rapport.doctor.checks.all_checks", checks)
    monkeypatch.setattr("rapport.operating.desk.service_statuses", standings)
    async with _desk(Settings(), KafkaAccess("nowhere:9092"), MEMBERS, lambda: AT) as (desk, _):
        assert desk is not None
        checking = asyncio.create_task(desk.checks())
        await asyncio.to_thread(begun.wait, SECONDS_MAX)
        assert await asyncio.wait_for(desk.services(), SECONDS_MAX) == []
        go.set()
        assert await checking == []


async def test_why_and_preview_are_told_as_of_that_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `Desk` or `Questions` ask the machine what time it is, and a scene of another year has not happened to them."""
    asked: list[datetime] = []

    async def remember(_: Any, __: str, ___: Any, now: datetime, *____: Any) -> None:
        asked.append(now)
        raise NothingFound("nobody")

    monkeypatch.setattr(member_replay, "remember", remember)
    async with _desk(Settings(), KafkaAccess("nowhere:9092"), MEMBERS, lambda: AT) as (desk, questions):
        assert desk is not None
        assert questions is not None
        for one in (desk, questions):
            with pytest.raises(NotFound):
                await one.why("ada", "invite/i1")
        assert asked == [AT, AT]
        assert questions._now() == AT, "so preview looks ahead from it, too"
