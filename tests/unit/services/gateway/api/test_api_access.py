"""Who may use which route: each needs a key, its scope, and of a member's token the very member.

All routes are asked, as the application has them: one that is added without its scope fails here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from services.gateway.api import limits
from services.gateway.api.access.keys import SCOPES, revoke_key
from services.gateway.api.access.principals import Needs
from services.gateway.api.access.tokens import MemberToken, MemberTokens
from services.gateway.api.app import OPENAPI, api
from tests.unit.services.gateway.api.api_bed import NOW, SECRET, Api, Log, parts_of, shared_api

OPEN = {OPENAPI}
"""What anybody may read."""


@pytest.fixture
async def door() -> AsyncIterator[Api]:
    async with shared_api() as opened:
        yield opened


def routes() -> list[RouteContext]:
    found = list(iter_route_contexts(api(parts_of(Path("nowhere"), Log(), [0.0])).routes))
    others = {one.path for one in found if not isinstance(one.original_route, APIRoute)}
    assert others == OPEN, "what is no route of the API has no scope"
    return [one for one in found if one.path not in OPEN]


def needed(dependant: Dependant) -> Iterator[Needs]:
    """Return what a route needs, with all that it depends on."""
    for one in dependant.dependencies:
        if isinstance(one.call, Needs):
            yield one.call
        yield from needed(one)


ROUTES = [(str(route.path), min(route.methods or ()), *needed(route.dependant)) for route in routes()]


def test_each_route_needs_one_scope() -> None:
    """A route for which none is named cannot be added unseen."""
    assert ROUTES
    assert [entry[:2] for entry in ROUTES if len(entry) != 3] == []


@pytest.mark.parametrize(("path", "method", "needs"), ROUTES)
async def test_who_may_not_is_refused(door: Api, path: str, method: str, needs: Needs) -> None:
    """No key, one that is wrong or revoked, one of another scope, and the token of another member."""
    at = path.replace("{member}", "ada").replace(":path", "").replace("{", "").replace("}", "")

    async def status(headers: dict[str, str], where: str = at) -> int:
        answer = await door.client.request(method, where, headers=httpx.Headers(headers, encoding="latin-1"))
        if answer.status_code in {401, 403}:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code
            assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
        return answer.status_code

    right = door.key(needs.scope)
    right_token = right["authorization"]
    assert await status(right) not in {401, 403}, "the right key is let in"
    wrong = [
        {},
        {"authorization": right_token[:-1] + ("A" if right_token[-1] != "A" else "B")},
        {"authorization": right_token.removeprefix("Bearer ")},
        {"authorization": right_token.replace("Bearer", "Basic")},
        {"authorization": "Bearer rk_000000000000_" + "A" * 43},
        {"authorization": "Bearer " + "A" * 10_000},
        {"authorization": "Bearer ł".encode().decode("latin-1")},
    ]
    assert {await status(one) for one in wrong} == {401}
    others = [scope for scope in SCOPES if scope != needs.scope]
    assert await status(door.key(*others)) == 403, "all other scopes together do not suffice"

    key_id = right_token.split("_")[1]

    def token(member: str, scopes: tuple[str, ...], key: str = key_id, seconds: int = 60) -> dict[str, str]:
        until = int((NOW + timedelta(seconds=seconds)).timestamp())
        return {"authorization": f"Bearer {MemberTokens([SECRET]).seal(MemberToken(member, scopes, until, key))}"}

    own = await status(token("ada", (needs.scope,)))
    speaks = "{member}" in path and not needs.keys_only
    assert (own not in {401, 403}) == speaks, "a token speaks for its member, where the route is about one"
    assert await status(token("eve", (needs.scope,))) == 403
    assert await status(token("ada", tuple(others))) == 403
    assert await status(token("ada", (needs.scope,), seconds=0)) == 401
    assert await status(token("ada", (needs.scope,), key="000000000000")) == 401
    foreign = MemberTokens(["another-secret-of-thirty-two-characters"])
    sealed = foreign.seal(MemberToken("ada", (needs.scope,), int(NOW.timestamp()) + 60, key_id))
    assert await status({"authorization": f"Bearer {sealed}"}) == 401
    revoke_key(door.keys, key_id, NOW)
    assert await status(right) == 401, "a key is refused once it is revoked"
    assert await status(token("ada", (needs.scope,))) == 401, "and so is a token that was made with it"


async def test_a_token_is_made_with_a_key_for_one_member_and_a_short_while(door: Api) -> None:
    key = door.key("act", "read")
    made = await door.client.post("/v1/members/a%2Fb/tokens", headers=key, json={"scopes": ["read"], "seconds": 60})
    assert (made.status_code, made.json()["expires"]) == (201, "2026-11-23T08:01:00.000Z")
    token = MemberTokens([SECRET]).open(made.json()["token"], NOW)
    assert token is not None
    assert (token.member, token.scopes) == ("a/b", ("read",))
    again = await door.client.post(
        "/v1/members/a%2Fb/tokens", headers={"authorization": f"Bearer {made.json()['token']}"}, json={}
    )
    assert again.status_code == 403, "a token makes no token"
    less = await door.client.post("/v1/members/ada/tokens", headers=door.key("act"), json={"scopes": ["read"]})
    assert less.status_code == 403, "no token may more than its key"


@pytest.mark.parametrize(
    ("limit", "most", "status"),
    [("BODY_BYTES_MAX", 4, 413), ("BODIES_BYTES_MAX", 4, 503), ("BODY_SECONDS_MAX", 0.0, 408)],
)
async def test_a_body_beyond_a_limit_is_refused_as_such_where_the_framework_reads_it(
    door: Api, monkeypatch: pytest.MonkeyPatch, limit: str, most: float, status: int
) -> None:
    """FastAPI makes of an error that it does not know 400: with `Problem` a plain `Exception` this fails."""
    monkeypatch.setattr(limits, limit, most)

    async def parts() -> AsyncIterator[bytes]:
        yield b"{}   "
        if status == HTTPStatus.REQUEST_TIMEOUT:
            await asyncio.Event().wait()

    headers = {**door.key("act"), "content-type": "application/json"}
    answer = await door.client.post("/v1/members/ada/tokens", headers=headers, content=parts())
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert ("retry-after" in answer.headers) == (status == HTTPStatus.SERVICE_UNAVAILABLE)


async def test_who_asks_too_often_is_told_when_to_come_again_and_others_are_served(door: Api) -> None:
    hasty, other = door.key("read", name="hasty"), door.key("read", name="other")
    for _ in range(limits.REQUESTS_AT_ONCE):
        assert (await door.client.get("/v1/x", headers=hasty)).status_code == 404
    refused = await door.client.get("/v1/x", headers=hasty)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (await door.client.get("/v1/x", headers=other)).status_code == 404
    door.clock[0] += 1
    assert (await door.client.get("/v1/x", headers=hasty)).status_code == 404


async def test_while_the_keys_cannot_be_read_nobody_is_let_in_and_nobody_refused_for_good(door: Api) -> None:
    key = door.key("read")
    assert (await door.client.get("/v1/x", headers=key)).status_code == 404
    door.keys.write_text('{"keys": [{}]}', encoding="utf-8")
    answer = await door.client.get("/v1/x", headers=key)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_other_paths_are_the_pages_and_nothing_leads_on(door: Api) -> None:
    for path in ("/", "/v10/x", "/V1/openapi.json", "/%76%31/openapi.json", "//v1/openapi.json"):
        assert (await door.client.get(path)).text == "a page", path
    key = door.key(*SCOPES)
    for path in ("/v1", "/v1/", "/v1/openapi.json/", "/v1//openapi.json", "/v1/members/ada", "/v1/%ff"):
        answer = await door.client.get(path, headers=key)
        assert answer.status_code in {400, 404, 405}, path
        assert "location" not in answer.headers
