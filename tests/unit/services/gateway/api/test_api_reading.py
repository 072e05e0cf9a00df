"""The reading routes: what they answer, that nothing is read twice for nothing, and that a write is seen by who made it."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import jsonschema
import pytest
from pydantic import BaseModel

from services.gateway.api.access.keys import create_key
from services.gateway.api.app import application
from services.gateway.api.members import Followed
from services.gateway.projection.decider import PROJECTION, STATE_VERSION
from services.gateway.projection.model.people import Item, Profile
from services.gateway.reading.forms import answers
from shared.contracts import EVENTS
from shared.decider import View
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.reader import Reader
from shared.testing.fakes.fake_store import FakeStore
from tests.unit.services.gateway.api.api_bed import Log, pages, parts_of
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, applied, due, planned, said, stored
from tests.unit.services.gateway.reading.test_reader import STRANGER, Clock

ZOE = said(-9, "contact.connected", contact={"id": "zoe", "name": "Zoé"})
ADA = said(-9, "member.joined", name="Ada", zone="Europe/Paris")
TOLD = (
    ADA,
    ZOE,
    due(-1, text="Thank Zoé"),
    *(planned(day, f"contact/zoe/first_question/{day}") for day in range(1, 4)),
    said(-3, "invite.sent", invite_id="i1", contact={"id": "ben", "name": "Ben"}),
    said(-3, "promise.made", promise_id="p1", contact_id="zoe", what="Send it.", due="2026-12-01T09:00"),
    said(-2, "digest.prepared", digest_id="d", period="2026-W48", items=[], due_at="2026-11-23T07:00:00Z"),
)
ROUTES = ["agenda", "followups", "invites", "meetings", "contacts/zoe", "digests", "preferences"]


@dataclass
class Place:
    """An API that tests share, as to make one takes half a second; each reads from a store of its own."""

    members: Followed | None = None

    def partition_of(self, member: str) -> int:
        assert self.members is not None
        return self.members.partition_of(member)

    async def read(self, member: str, question: Callable[[View[Profile, Item]], Any], after: int | None = None) -> Any:
        assert self.members is not None
        return await self.members.read(member, question, after)

    async def read_stored(self, member: str, question: Callable[..., Any], after: int | None = None) -> Any:
        assert self.members is not None
        return await self.members.read_stored(member, question, after)

    async def is_stored(self, member: str, expected: Mapping[str, bytes | None], after: int | None = None) -> bool:
        assert self.members is not None
        return await self.members.is_stored(member, expected, after)

    async def read_with_offsets(self, member: str, question: Callable[[View[Profile, Item]], Any]) -> Any:
        assert self.members is not None
        return await self.members.read_with_offsets(member, question)


@cache
def shared() -> tuple[Place, httpx.ASGITransport, str]:
    """Return the place, what serves it, and a key that may read."""
    keys, place = Path(tempfile.mkdtemp(prefix="rapport-api-")) / "keys.json", Place()
    parts = replace(parts_of(keys, Log(), [0.0]), members=place, now=lambda: NOW)
    _, key = create_key(keys, "reader", ("read",), NOW)
    return place, httpx.ASGITransport(application(pages, parts), raise_app_exceptions=False), key


@asynccontextmanager
async def reading(store: FakeStore, clock: Clock | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with a key that may read, of an API on a store."""
    place, transport, key = shared()
    clock = clock or Clock()
    place.members = Reader(PROJECTION, store, PARTITIONS, clock.sleep, clock.monotonic)
    headers = {"authorization": f"Bearer {key}"}
    base = f"http://door/v1/members/{MEMBER}/"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
        yield client


@pytest.mark.parametrize("route", ROUTES)
async def test_an_answer_is_as_the_document_says_and_the_same_one_is_not_sent_twice(route: str) -> None:
    store = await stored(TOLD)
    async with reading(store) as client:
        first = await client.get(route)
        assert first.status_code == 200, first.text
        schema = DOCUMENT["paths"][f"/v1/members/{{member}}/{route.replace('/zoe', '/{contact_id}')}"]["get"]
        form = schema["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(first.json(), {**form, "components": DOCUMENT["components"]})
        assert first.headers["cache-control"] == "private, no-cache"
        again = await client.get(route, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert (await client.get(route, headers={"if-none-match": '"other"'})).status_code == 200


async def test_each_page_leads_to_the_next() -> None:
    async with reading(await stored(TOLD)) as client:
        first = (await client.get("agenda", params={"limit": 2})).json()
        assert [one["state"] for one in first["entries"]] == ["overdue", "coming"]
        assert first["entries"][0]["who"] == {"id": "zoe", "name": "Zoé"}
        second = (await client.get("agenda", params={"limit": 2, "after": first["next"]})).json()
        assert [one["id"] for one in second["entries"]] == [f"contact/zoe/first_question/{day}" for day in (2, 3)]
        assert "next" not in second
        only = (await client.get("agenda", params={"state": "overdue"})).json()["entries"]
        assert [one["text"] for one in only] == ["Thank Zoé"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=%21", "after"),
        ("after=AAAA", "after"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("state=new", "state"),
    ],
)
async def test_what_is_wrong_is_named(query: str, field: str) -> None:
    async with reading(await stored(TOLD)) as client:
        answer = await client.get(f"agenda?{query}")
        assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_read_after_a_write_waits_for_it_and_says_when_to_come_again() -> None:
    store, clock = await stored(TOLD, cursor=5), Clock()
    partition = Reader(PROJECTION, store, PARTITIONS).partition_of(MEMBER)
    async with reading(store, clock) as client:
        of_another = f"{partition + 1}:99"
        assert (await client.get("agenda", headers={"rapport-position": of_another})).status_code == 200
        assert clock.sleeps == 0, "the write of another partition is nothing to wait for"
        late = await client.get("agenda", headers={"rapport-position": f"{of_another},{partition}:5"})
        assert (late.status_code, late.headers["retry-after"]) == (503, "1")
        await applied(store, 6)
        seen = await client.get("agenda", headers={"rapport-position": f"{partition}:5"})
        assert seen.status_code == 200
        wrong = await client.get("agenda", headers={"rapport-position": "nonsense"})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "rapport-position")


async def test_whom_nobody_knows_is_not_found() -> None:
    async with reading(await stored(TOLD)) as client:
        for path in (f"../{STRANGER}/agenda", "contacts/nobody"):
            assert (await client.get(path)).status_code == 404


async def test_while_the_store_is_made_anew_nobody_is_unknown() -> None:
    async with reading(await stored(TOLD, version=STATE_VERSION - 1)) as client:
        for path in (f"../{STRANGER}/agenda", "contacts/nobody"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_store_that_does_not_answer_is_said_and_so_is_none(tmp_path: Path) -> None:
    class Gone(FakeStore):
        async def load(self, partition: int, wanted: Any) -> Any:
            raise Uncertain("store: TimeoutError", UncertainKind.STORE_UNREACHABLE)

    async with reading(Gone()) as client:
        answer = await client.get("agenda")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    parts = parts_of(tmp_path / "others.json", Log(), [0.0])
    _, key = create_key(tmp_path / "others.json", "reader", ("read",), NOW)
    transport = httpx.ASGITransport(application(pages, parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        answer = await client.get("/v1/members/ada/agenda", headers={"authorization": f"Bearer {key}"})
        assert (answer.status_code, "RAPPORT_REDIS" in answer.text) == (503, True)


DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[5] / "docs" / "openapi.json").read_bytes())
"""As it is published, which `test_api_document.py` holds to the code."""
FORMS = [
    form for form in vars(answers).values() if isinstance(form, type) and issubclass(form, BaseModel)
    and form is not BaseModel and form.model_config.get("json_schema_extra")
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_examples_are_right(form: type[BaseModel]) -> None:
    extra = form.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    for one in cast("list[dict[str, Any]]", extra["examples"]):
        jsonschema.validate(one, form.model_json_schema())
        form.model_validate(one)


def test_no_form_has_the_name_of_a_contract() -> None:
    """The document would hold one of the two for both."""
    of_contracts = {name for kind in EVENTS.values() for name in kind.model_json_schema().get("$defs", {})}
    assert not of_contracts & {form.__name__ for form in FORMS}


def test_each_reading_route_has_an_example_in_the_document() -> None:
    for path, methods in DOCUMENT["paths"].items():
        if "reading" not in methods.get("get", {}).get("tags", ()):
            continue
        [(kind, content)] = methods["get"]["responses"]["200"]["content"].items()
        if kind == "text/event-stream":
            assert content["example"], path
            continue
        ref = content["schema"]["$ref"]
        assert DOCUMENT["components"]["schemas"][re.sub(".*/", "", ref)]["examples"], path
