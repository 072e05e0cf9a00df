"""The API on a real port, before clients that send too much, too slowly, or what two readers may take differently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from services.gateway.api import limits
from services.gateway.api.access.keys import SCOPES, create_key
from shared.runtime.web.descriptors import Room, bound
from shared.runtime.web.http_server import config
from tests.unit.services.gateway.api.api_bed import NOW, Api, fresh

SECONDS_MAX = 60.0
SNEAKY = "x\\r\\nset-cookie: a=b"


class Served:
    """A running server, and a key that may do everything."""

    def __init__(self, api: Api, port: int) -> None:
        self.api, self.port = api, port
        self.key = create_key(api.keys, "all", SCOPES, NOW)[1]

    def head(self, line: str, *headers: str) -> bytes:
        return "\r\n".join(
            [f"{line} HTTP/1.1", "host: door", f"authorization: Bearer {self.key}", *headers, "", ""]
        ).encode()

    async def says(self, *sent: bytes) -> bytes:
        """Send these parts and return all that comes back until the server closes; what it does not read is no error."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in sent:
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        try:
            async with asyncio.timeout(SECONDS_MAX):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def serves(self) -> bool:
        """Whether an honest client is served."""
        answer = await self.says(self.head("DELETE /v1/members/ada/pause", "connection: close"))
        return answer.startswith(b"HTTP/1.1 202 ")


@pytest.fixture
async def door() -> AsyncIterator[Served]:
    async with serving() as opened:
        yield opened


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    api = fresh()
    place = Room(20, 16)
    listener = bound("127.0.0.1", 0, place.accepted)
    server = uvicorn.Server(config(api.app, place, 1))
    task = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn rings nobody
            await asyncio.sleep(0.01)
        yield Served(api, listener.getsockname()[1])
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, SECONDS_MAX)
        listener.close()


async def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(door: Served) -> None:
    for length in (limits.BODY_BYTES_MAX + 1, 10**17, int("9" * 25)):
        answer = await door.says(door.head("POST /v1/events", f"content-length: {length}", "connection: close"))
        assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 ")), answer[:80]
    assert await door.serves()


async def test_a_body_without_end_is_cut_off_at_its_limit(door: Served) -> None:
    head = door.head(
        "POST /v1/events",
        "connection: close",
        "transfer-encoding: chunked",
        "content-type: application/cloudevents+json",
    )
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    answer = await door.says(head, *[chunk] * (2 * limits.BODY_BYTES_MAX // 65_536))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
    assert await door.serves()


async def test_a_stranger_s_body_is_not_read(door: Served) -> None:
    """The key is looked at before the body: what nobody may send is never held."""
    head = b"POST /v1/events HTTP/1.1\r\nhost: door\r\ncontent-length: 1000000\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(head)
    async with asyncio.timeout(SECONDS_MAX):
        assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.close()


async def test_a_body_that_does_not_come_is_given_up(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS_MAX", 0.2)
    started = (
        door.head(
            "POST /v1/members/ada/followups",
            "connection: close",
            "content-length: 20",
            "content-type: application/json",
        )
        + b"{"
    )
    answer = await door.says(started)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert await door.serves()


async def test_all_bodies_together_have_a_limit_and_what_is_held_is_given_back(
    door: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES_MAX", 100)
    kind = "content-type: application/cloudevents+json"
    waiting = asyncio.create_task(door.says(door.head("POST /v1/events", "content-length: 100", kind) + b" " * 90))
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    async with asyncio.timeout(SECONDS_MAX):
        while True:  # until the first one's bytes have come
            writer.write(door.head("POST /v1/events", "content-length: 20", kind) + b" " * 20)
            status = (await reader.readline()).split(b" ")[1]
            if status == b"503":
                break
            assert status == b"400"
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    assert b"retry-after" in await reader.readuntil(b"\r\n\r\n")
    writer.close()
    waiting.cancel()
    await asyncio.wait([waiting])
    async with asyncio.timeout(SECONDS_MAX):
        while not (
            answer := await door.says(
                door.head("POST /v1/events", "connection: close", "content-length: 20", kind) + b" " * 20
            )
        ).startswith(b"HTTP/1.1 400 "):
            assert answer.startswith(b"HTTP/1.1 503 ")
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "line",
    [
        "GET /v1/../v1/openapi.json", "GET /v1/%2e%2e/openapi.json", "GET /v1/members/ada%00/pause", "GET //v1/events",
        "GET /v1/members/%ff/pause", "GET /v1/members/ada/followups/../../x", "POST /v1/events;x=1", "GET /v1/events%20",
        "GET /v1/" + "a" * 9_000, "POST /v1/events/", "TRACE /v1/events", "CONNECT /v1/events", "PROPFIND /v1/events",
        "DELETE /v1/members//pause", "GET /v1/openapi.json/../events", "POST /v1/members/ada/followups//done/x",
    ],
)  # fmt: skip
async def test_a_path_or_a_method_that_is_none_leads_nowhere(door: Served, line: str) -> None:
    answer = await door.says(door.head(line, "connection: close"))
    assert answer.split(b" ")[1] in {b"400", b"404", b"405", b"414", b"200"}, answer[:200]
    assert not (answer.split(b" ")[1] == b"200" and b"a page" not in answer)
    assert b"\r\nlocation:" not in answer.lower()
    assert door.api.log.events == []


async def test_no_field_of_a_request_becomes_a_header_of_the_answer(door: Served) -> None:
    body = f'{{"id": "{SNEAKY}"}}'.encode()
    kind = "content-type: application/json"
    sent = [
        door.head(
            "POST /v1/members/ada%0d%0aset-cookie:%20a=b/followups/x%0d%0aset-cookie:a/done", "connection: close"
        ),
        door.head("POST /v1/members/ada/followups/x/done", kind, f"content-length: {len(body)}", "connection: close")
        + body,
        door.head("POST /v1/members/ada/followups/x/done", "idempotency-key: a%0d%0aset-cookie:a", "connection: close"),
        door.head("POST /v1/events", "ce-id: a%0d%0aset-cookie:%20a", "ce-specversion: 1.0", "connection: close"),
    ]
    for one in sent:
        answer = await door.says(one)
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert answer.startswith(b"HTTP/1.1 ")
        assert b"set-cookie" not in head


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/events HTTP/1.1\r\nhost: d\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
        b"POST /v1/events HTTP/1.1\r\nhost: d\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        (
            b"POST /v1/events HTTP/1.1\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\nhost: d\r\n"
            b"connection: close\r\n\r\n"
        ),
        b"POST /v1/events HTTP/1.1\nhost: d\n\n",
        b"POST http://elsewhere/v1/events HTTP/1.1\r\nhost: d\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /v1/events HTTP/1.1\r\nhost: d\r\nx: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_a_head_that_two_readers_may_understand_differently_is_refused(door: Served, head: bytes) -> None:
    answer = await door.says(head + b"\r\n\r\n")
    assert answer.split(b" ")[1] in {b"400", b"401"}, answer[:100]
    assert door.api.log.events == []
    assert await door.serves()
