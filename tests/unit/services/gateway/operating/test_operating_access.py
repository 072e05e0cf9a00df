"""Who sees the operators' page and may act on it: whoever has given a key with `operate`, for an hour, and nobody else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.gateway.api.access.keys import ApiKeys, Scope, revoke_key
from services.gateway.api.access.tokens import MemberToken, MemberTokens
from services.gateway.api.limits import REQUESTS_PER_SECOND, Rates
from services.gateway.operating.entry import COOKIE, COOKIE_SECURE
from services.gateway.operating.render import ENTER
from services.gateway.port import Checked
from shared.links import Desk as Sealed
from shared.links import Mark, Visit
from shared.runtime.observability.http_observer import SILENT_HTTP
from tests.unit.services.gateway.operating.operators import NOW, PARKED, PLACE, SECRET, System, desk

PATHS = (
    "/operate", "/operate/services/invites", "/operate/checks", "/operate/letters", f"/operate/letters/{PLACE}",
    "/operate/parked", "/operate/why",
)  # fmt: skip
LATER = int((NOW + timedelta(minutes=30)).timestamp())


async def test_a_key_with_the_scope_opens_every_page_and_nobody_sees_one_without(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        for path in PATHS:
            answer = await opened.get(path)
            assert (answer.status_code, "rapport.activity" in answer.text) == (403, False)
            assert ENTER["closed"][1] in answer.text
        assert (await opened.enter(opened.key("operate"))).status_code == 200
        for path in PATHS:
            assert (await opened.get(path)).status_code == 200, path


@pytest.mark.parametrize("scopes", [("ingest", "read", "act"), ("read",), ("act",)])
async def test_a_key_of_other_scopes_opens_nothing(tmp_path: Path, scopes: tuple[Scope, ...]) -> None:
    async with desk(tmp_path) as opened:
        answer = await opened.enter(opened.key(*scopes))
        assert (answer.status_code, dict(opened.client.cookies)) == (403, {})
        assert ENTER["refused"][0] in answer.text


async def test_no_key_another_key_and_a_members_token_open_nothing(tmp_path: Path) -> None:
    """Let `enter` take what any principal has, and a token of that scope opens the page."""
    async with desk(tmp_path) as opened:
        made = ApiKeys(opened.file)
        key = opened.key("operate")
        found = made.find(key)
        assert found is not None
        token = MemberTokens([SECRET]).seal(MemberToken("ada", ("operate",), LATER, found.id))
        for given in ("", "x", f"{key}x", key[:-1], "rk_000000000000_" + "A" * 43, token):
            answer = await opened.enter(given)
            assert (answer.status_code, dict(opened.client.cookies)) == (403, {})
        assert (await opened.post("/operate/enter", {})).status_code == 403


async def test_a_visit_ends_after_an_hour_with_the_key_and_when_it_is_closed(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        key = opened.key("operate")
        await opened.enter(key)
        opened.clock[0] += timedelta(minutes=59)
        assert (await opened.get("/operate")).status_code == 200
        opened.clock[0] += timedelta(minutes=1)
        assert (await opened.get("/operate")).status_code == 403
        await opened.enter(key)
        assert ENTER["left"][1] in (await opened.press("/operate/leave")).text
        assert not opened.client.cookies
        await opened.enter(key)
        revoke_key(opened.file, key[3:15], NOW)
        assert (await opened.get("/operate")).status_code == 403


async def test_keys_that_cannot_be_read_let_nobody_in_and_refuse_nobody_for_good(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        key = opened.key("operate")
        await opened.enter(key)
        opened.file.write_text("{")
        assert (await opened.get("/operate")).status_code == 503
        assert (await opened.enter(key)).status_code == 503


@pytest.mark.parametrize(
    "sealed", [Visit("ada", LATER), Visit("ada", LATER, "x"), Mark("x"), Sealed("x", LATER), Sealed("", LATER)]
)
async def test_nothing_else_that_is_sealed_opens_it(tmp_path: Path, sealed: Visit | Mark | Sealed) -> None:
    async with desk(tmp_path) as opened:
        opened.key("operate")
        opened.client.cookies.set(COOKIE, opened.keys.seal(sealed))
        assert (await opened.get("/operate")).status_code == 403


async def test_the_cookie_is_for_this_site_alone_and_holds_no_key(tmp_path: Path) -> None:
    async with desk(tmp_path, base="https://pages/rapport") as opened:
        key = opened.key("operate")
        answer = await opened.post("/rapport/operate/enter", {"key": key})
        assert (answer.status_code, answer.headers["location"]) == (303, "/rapport/operate")
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name == COOKIE_SECURE
        assert rest.partition("; ")[2] == "HttpOnly; Max-Age=3600; Path=/; SameSite=strict; Secure"
        assert key[-43:] not in answer.headers["set-cookie"]
        assert key[-43:] not in answer.text


ACTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/operate/letters", {"do": "replay", "place": PLACE}),
    ("/operate/letters", {"do": "discard", "place": PLACE}),
    ("/operate/parked", {"place": PARKED}),
    ("/operate/why", {"member": "ada", "item": "i1"}),
    ("/operate/leave", {}),
)


@pytest.mark.parametrize(("path", "fields"), ACTS)
async def test_a_form_of_another_site_or_visit_does_nothing(tmp_path: Path, path: str, fields: dict[str, str]) -> None:
    """Compare the mark with itself in `entry.form`, and any page that an operator has open can act for them."""
    async with desk(tmp_path) as opened:
        key = opened.key("operate")
        await opened.enter(key)
        await opened.get("/operate/why")
        old = opened.mark
        for mark in ("", "x", opened.keys.seal(Mark("x"))):
            assert (await opened.post(path, {**fields, "mark": mark})).status_code == 403
        cross = await opened.post(path, {**fields, "mark": old}, sec_fetch_site="cross-site")
        assert cross.status_code == 403
        same_site = await opened.post(path, {**fields, "mark": old}, sec_fetch_site="same-site")
        assert same_site.status_code == 403
        opened.clock[0] += timedelta(seconds=5)
        await opened.enter(key)
        assert (await opened.post(path, {**fields, "mark": old})).status_code == 403
        assert opened.system.acts == []
        opened.client.cookies.clear()
        assert (await opened.post(path, {**fields, "mark": old})).status_code == 403
        assert opened.system.acts == []


async def test_a_key_is_not_taken_from_another_site(tmp_path: Path) -> None:
    """Else a page could let a browser in under a key of its own choice."""
    async with desk(tmp_path) as opened:
        answer = await opened.post("/operate/enter", {"key": opened.key("operate")}, sec_fetch_site="cross-site")
        assert (answer.status_code, dict(opened.client.cookies)) == (403, {})


async def test_a_flood_of_wrong_keys_keeps_no_right_one_out_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Count each key that is given, and whoever floods the form keeps operators out."""
    refused: list[int] = []
    monkeypatch.setattr(SILENT_HTTP, "key_refused", lambda: refused.append(1), raising=True)
    monkeypatch.setattr(Rates.__init__, "__defaults__", (REQUESTS_PER_SECOND, 20))
    async with desk(tmp_path) as opened:
        key = opened.key("operate")
        answers = [(await opened.enter("rk_wrong")).status_code for _ in range(21)]
        assert answers == [403] * 20 + [429]
        assert len(refused) == 21
        assert (await opened.enter(key)).status_code == 200


async def test_whoever_has_gone_is_waited_for_no_more(tmp_path: Path) -> None:
    """Await the system alone, and what nobody reads any more keeps its place."""
    ended: list[str] = []

    class Slow(System):
        async def checks(self) -> list[Checked]:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("checks")
            return []

    async with desk(tmp_path, Slow()) as opened:
        await opened.enter(opened.key("operate"))
        cookies = "; ".join(f"{name}={value}" for name, value in opened.client.cookies.items())
        app = opened.client._transport.app  # type: ignore[attr-defined]  # of httpx
        came = iter(({"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}))

        async def receive() -> Any:
            return next(came)

        async def send(_: Any) -> None:
            return None

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/operate/checks", "raw_path": b"/operate/checks", "query_string": b"", "root_path": "",
            "headers": [(b"cookie", cookies.encode())], "server": ("pages", 80), "client": ("127.0.0.1", 1), "state": {},
        }  # fmt: skip
        await asyncio.wait_for(app(scope, receive, send), 30)
    assert ended == ["checks"]


async def test_nothing_acts_by_an_address_alone(tmp_path: Path) -> None:
    system = System()
    async with desk(tmp_path, system) as opened:
        await opened.enter(opened.key("operate"))
        for path in (*PATHS, f"/operate/letters?do=replay&place={PLACE}", "/operate/enter", "/operate/leave"):
            await opened.get(path)
        assert system.acts == []
        for verb in ("PUT", "DELETE", "PATCH"):
            assert (await opened.client.request(verb, "/operate/letters")).status_code == 405
