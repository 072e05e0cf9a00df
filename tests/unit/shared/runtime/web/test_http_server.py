"""The server of our few pages, on a real port, before clients that say nothing, little or rubbish."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.runtime.web.bounded_lines import Bounded
from shared.runtime.web.descriptors import OF_THE_SERVICES, Listener, Room, bound, raise_limit, room
from shared.runtime.web.http_server import GuardedProtocol, config

HEADERS = {"cache-control": "no-store", "x-marked": "yes"}
ROOM = Room(20, 16)
FEW_SECONDS = 0.3
SECONDS_MAX = 120.0


class Served:
    """One running server."""

    def __init__(self, port: int, server: uvicorn.Server, listener: socket.socket) -> None:
        self.port, self.server, self.listener = port, server, listener
        self.url = f"http://127.0.0.1:{port}/"

    def connections(self) -> list[GuardedProtocol]:
        return [one for one in self.server.server_state.connections if isinstance(one, GuardedProtocol)]

    async def connect(
        self, sent: bytes = b"", address: str = "127.0.0.1"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        writer.write(sent)
        return reader, writer


async def _answer(request: Request) -> Response:
    await request.body()
    return PlainTextResponse("here")


@asynccontextmanager
async def serving(place: Room = ROOM, request_seconds: float = SECONDS_MAX) -> AsyncIterator[Served]:
    app = Starlette(routes=[Route("/", _answer, methods=["GET", "POST"])])
    listener = bound("127.0.0.1", 0, place.accepted)
    server = uvicorn.Server(config(app, place, 1, HEADERS, request_seconds))
    task = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn rings nobody
            await asyncio.sleep(0.01)
        yield Served(listener.getsockname()[1], server, listener)
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, SECONDS_MAX)


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nhost: x\r\n", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"],
    ids=["silent", "half a head", "half a body"],
)
async def test_whoever_sends_a_request_is_served_however_many_only_hold_the_line(sent: bytes) -> None:
    async with serving() as served:
        others = [await served.connect(sent) for _ in range(300)]
        async with httpx.AsyncClient(timeout=SECONDS_MAX, verify=False) as client:
            for _ in range(3):
                assert (await client.get(served.url)).text == "here"
        await _until(lambda: len(served.server.server_state.connections) <= ROOM.connections)
        ended = [asyncio.create_task(reader.read()) for reader, _ in others[:250]]
        await asyncio.wait_for(asyncio.wait(ended), SECONDS_MAX)  # the first were closed, the longest waiting first
        for _, writer in others:
            writer.close()


HALF = b"GET / HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize(
    ("address", "sent"),
    [("127.0.0.2", HALF), ("127.0.0.1", b"")],
    ids=["of another address", "silent, of the same address"],
)
async def test_a_request_that_comes_in_parts_outlives_a_flood(address: str, sent: bytes) -> None:
    """It is the oldest of all, so it was the first to go; now those go that hold more of the line, or have sent nothing."""
    async with serving() as served:
        reader, writer = await served.connect(HALF)
        await _until(lambda: any(one.has_begun for one in served.connections()))
        others = [await served.connect(sent, address) for _ in range(3 * ROOM.connections)]
        await _until(lambda: len(served.server.server_state.connections) <= ROOM.connections)
        writer.write(b"\r\n")
        await read_answer(reader)
        for _, other in [*others, (reader, writer)]:
            other.close()


async def test_those_go_first_that_we_have_had_the_time_to_read_from() -> None:
    """Whoever comes in one turn of the loop with others has sent nothing as far as we know, and yet the whole request."""
    place = Room(4, 64)
    async with serving(place) as served:
        slow = [await served.connect(HALF) for _ in range(place.connections)]
        await _until(lambda: sum(one.looked_at for one in served.connections()) == place.connections)
        sockets = [socket.create_connection(("127.0.0.1", served.port)) for _ in slow]  # the loop stands meanwhile
        for one in sockets:
            one.sendall(HALF + b"\r\n")
        others = [await asyncio.open_connection(sock=one) for one in sockets]
        for reader, _ in others:
            await read_answer(reader)
        for _, writer in [*slow, *others]:
            writer.close()


@pytest.mark.deep
async def test_a_flood_of_slow_heads_that_comes_again_and_again_keeps_nobody_waiting() -> None:
    """Each of sixty comes back as soon as it is closed, and drips. An honest client is answered in seconds, not at the
    end of the flood: where it was the oldest itself before its request was read, when it asks again. Broken on purpose
    (the oldest is not closed), it gets 503."""

    async def loris(served: Served) -> None:
        while not served.server.should_exit:
            reader, writer = await served.connect(b"GET / HTTP/1.1\r\n")
            try:
                while not reader.at_eof():
                    writer.write(b"x: y\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            except OSError:
                pass  # it was closed: once more
            finally:
                writer.transport.abort()

    async with serving() as served, httpx.AsyncClient(timeout=SECONDS_MAX, verify=False) as client:
        flood = [asyncio.create_task(loris(served)) for _ in range(3 * ROOM.connections)]
        await _until(lambda: len(served.server.server_state.connections) >= ROOM.connections)
        for _ in range(10):
            async with asyncio.timeout(SECONDS_MAX):
                assert await _asked_again(client, served.url) == (200, "here")
        for one in flood:
            one.cancel()
        await asyncio.gather(*flood, return_exceptions=True)


async def _asked_again(client: httpx.AsyncClient, url: str) -> tuple[int, str]:
    """Ask until there is an answer, as a browser does where a connection was closed before one."""
    while True:
        with suppress(httpx.TransportError):
            answer = await client.get(url, headers={"connection": "close"})
            return answer.status_code, answer.text


async def test_where_all_are_at_work_one_more_is_asked_to_come_again() -> None:
    gate = asyncio.Event()

    async def waits(request: Request) -> Response:
        await gate.wait()
        return PlainTextResponse("done")

    place = Room(4, 16)
    listener = bound("127.0.0.1", 0, place.accepted)
    server = uvicorn.Server(config(Starlette(routes=[Route("/", waits)]), place, 1, HEADERS))
    task = asyncio.create_task(server._serve(sockets=[listener]))
    await _until(lambda: server.started)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    async with httpx.AsyncClient(timeout=SECONDS_MAX, verify=False) as client:
        under_way = [asyncio.create_task(client.get(url)) for _ in range(place.connections)]
        await _until(lambda: len(server.server_state.tasks) == place.connections)
        answer = await client.get(url)
        assert (answer.status_code, answer.headers["x-marked"]) == (503, "yes")
        gate.set()
        assert [one.text for one in await asyncio.gather(*under_way)] == ["done"] * place.connections
    server.should_exit = True
    await asyncio.wait_for(task, SECONDS_MAX)


async def read_answer(reader: asyncio.StreamReader) -> None:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS_MAX)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert await reader.readexactly(4) == b"here"


async def test_the_queue_of_the_kernel_is_as_long_as_we_say() -> None:
    async with serving() as served:
        told = served.listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        assert struct.unpack_from("I", told, 28)[0] == ROOM.accepted, "tcpi_sacked of a listening socket is its backlog"


def test_descriptors_that_are_scarce_are_told_of_once_and_not_once_for_each_of_a_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(_: socket.socket) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket.socket, "accept", none_left)
    with bound("127.0.0.1", 0, 4) as listener:
        assert isinstance(listener, Listener)
        raised = []
        for _ in range(100):
            try:
                listener.accept()
            except OSError as refused:
                raised.append(type(refused))
    assert raised == [OSError] + [BlockingIOError] * 99


def test_a_line_that_anybody_can_cause_is_said_once_a_minute_with_how_many_were_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounded, now = Bounded(), 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def line(text: str) -> logging.LogRecord | None:
        record = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, text, (), None)
        return record if bounded.filter(record) else None

    assert [line("rubbish") is not None for _ in range(50)] == [True] + [False] * 49
    assert line("another") is not None
    now += 61
    passed = line("rubbish")
    assert passed is not None
    assert passed.getMessage() == "rubbish (and 49 times more since the last such line)"


def test_what_a_server_takes_lies_below_the_limit_of_files_with_all_that_may_come_at_once() -> None:
    for limit in (256, 400, 1_024, 4_096, 65_536):
        parts = [room(256, 128, 8, limit, 2_000), room(64, 64, 16, limit)]
        at_worst = sum(one.connections + one.long + 3 * one.accepted for one in parts)
        assert at_worst <= max(limit - OF_THE_SERVICES, 32)
    assert room(256, 128, 8, 65_536, 2_000) == Room(256, 128, 2_000)


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, soft), hard))
    try:
        assert raise_limit() == min(hard, 65_536)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def ended(reader: asyncio.StreamReader) -> bool:
    """Say whether the server ends the connection, within a generous time."""
    try:
        await asyncio.wait_for(reader.read(), SECONDS_MAX)
    except ConnectionError:
        return True
    return reader.at_eof()


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():  # noqa: ASYNC110 - what is waited for rings nobody
            await asyncio.sleep(0.01)
