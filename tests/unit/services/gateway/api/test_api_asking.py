"""`GET /why/{item}` and `/preview`: what is asked, how an answer looks, and why there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from services.gateway.api.app import application
from services.gateway.port import Busy, NoAnswer, NotFound, WrongQuestion
from tests.unit.services.gateway.api.api_bed import Api, fresh, pages

AT = "2026-11-23T08:00:00.000Z"
STEP = {
    "time": AT, "local": "2026-11-23T09:00:00+01:00", "logged": AT, "producer_time": None, "type": "rapport.invite.sent",
    "id": "e1", "by": "/shop", "rule": None, "because": None, "changed": ["invites"], "says": "An invite was sent.",
}  # fmt: skip
STANDS = {
    "service": "invites", "rule": "r", "standing": "planned", "code": "soon", "next_at": AT, "next_local": None,
    "next_type": "x", "because": {"id": "e1"}, "since": None, "notes": [], "ends": ["x"], "item": "invite/i1",
    "says": "Soon.",
}  # fmt: skip


@dataclass
class Questions:
    """Answers always the same, and notes what it was asked."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    fails: Exception | None = None

    async def why(self, member: str, item: str) -> Mapping[str, Any]:
        self._note(member, item)
        return {
            "member": member, "item": item, "rule": None, "followup_id": None, "period": None, "zone": "Europe/Paris",
            "steps": [STEP], "earlier": 0, "standing": [STANDS], "unreadable_records": 0,
        }  # fmt: skip

    async def preview(self, member: str, days: int, wishes: Sequence[str]) -> Mapping[str, Any]:
        self._note(member, days, *wishes)
        return {"member": member, "from": AT, "until": AT, "events": {"t": [{"id": "e"}]}, "more": 0}

    def _note(self, *asked: Any) -> None:
        self.asked.append(asked)
        if self.fails is not None:
            raise self.fails


@asynccontextmanager
async def opened(questions: Questions | None) -> AsyncIterator[tuple[Api, httpx.AsyncClient]]:
    made = fresh()
    app = application(pages, replace(made.parts, asked=questions))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as client:
        client.headers.update(made.key("read"))
        yield made, client


async def test_why_tells_of_an_item_by_any_of_its_names() -> None:
    questions = Questions()
    async with opened(questions) as (_, client):
        answer = await client.get("/v1/members/a%2Fb/why/contact/ben%2F1/thank/2026-11-03")
        assert answer.status_code == 200
        assert questions.asked == [("a/b", "contact/ben/1/thank/2026-11-03")]
        told = answer.json()
        assert told["steps"] == [{name: value for name, value in STEP.items() if value is not None}]
        assert told["standing"][0]["because"] == {"id": "e1"}
        assert answer.headers["cache-control"] == "private, no-store"


async def test_preview_looks_as_far_as_it_is_asked_and_with_other_wishes() -> None:
    questions = Questions()
    async with opened(questions) as (_, client):
        told = (await client.get("/v1/members/ada/preview")).json()
        assert (told["from"], told["until"], told["events"], told["more"]) == (AT, AT, {"t": [{"id": "e"}]}, 0)
        assert (await client.get("/v1/members/ada/preview?days=7&set=digest=daily&set=a=b")).status_code == 200
        assert questions.asked == [("ada", 90), ("ada", 7, "digest=daily", "a=b")]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("days=0", "days"), ("days=367", "days"), ("days=x", "days"), (f"set={'x' * 201}", "set"),
        ("&".join(["set=a=b"] * 21), "set"),
    ],
)  # fmt: skip
async def test_a_question_has_its_bounds(query: str, name: str) -> None:
    questions = Questions()
    async with opened(questions) as (_, client):
        answer = await client.get(f"/v1/members/ada/preview?{query}")
        assert (answer.status_code, answer.json()["field"].split(".")[0]) == (422, name)
        assert questions.asked == []


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotFound("nothing is known of 'x'"), 404, "nothing is known of 'x'"), (NoAnswer("Kafka: away"), 503, "Kafka: away"),
        (Busy(), 503, "others are asking"), (WrongQuestion("colour: is no preference"), 422, "colour"),
        (WrongQuestion("it may be two", "item"), 422, "it may be two"),
    ],
)  # fmt: skip
async def test_why_there_is_no_answer_is_said(error: Exception, status: int, said: str) -> None:
    async with opened(Questions(fails=error)) as (_, client):
        for path in ("why/x", "preview"):
            answer = await client.get(f"/v1/members/ada/{path}")
            assert (answer.status_code, said in answer.text) == (status, True)
            assert ("retry-after" in answer.headers) == (status == 503)


async def test_without_a_system_that_plays_records_there_is_no_answer() -> None:
    async with opened(None) as (_, client):
        for path in ("why/x", "preview"):
            answer = await client.get(f"/v1/members/ada/{path}")
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
