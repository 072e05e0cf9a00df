"""Answers that nobody takes, or that go on for long, on a real port: what holds a connection, and for how long."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.web.descriptors import Room, bound
from shared.runtime.web.http_server import LONG, GuardedProtocol, config

FEW_SECONDS = 0.2
SECONDS_MAX = 120.0
ROOM = Room(20, 16)
MUCH = 16 * 1024 * 1024
"""More than the buffers of both kernels take for a connection of which nobody reads."""
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
START = {"type": "http.response.start", "status": 200, "headers": [(b"x-here", b"yes")]}


class Served:
    """A running server, and clients of it that read nothing unless asked."""

    def __init__(self, listener: socket.socket, server: uvicorn.Server) -> None:
        self.at, self.server = listener.getsockname(), server

    def connections(self) -> list[GuardedProtocol]:
        return [one for one in self.server.server_state.connections if isinstance(one, GuardedProtocol)]

    def ask(self, sent: bytes = GET) -> socket.socket:
        one = socket.create_connection(self.at[:2])
        one.sendall(sent)
        return one


@asynccontextmanager
async def serving(
    app: ASGIApp, room: Room = ROOM, request: float = SECONDS_MAX, taken: float = FEW_SECONDS
) -> AsyncIterator[Served]:
    listener = bound("127.0.0.1", 0, room.accepted)
    server = uvicorn.Server(config(app, room, 1, request_seconds=request, taken_seconds=taken))
    task = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        await _until(lambda: server.started)
        yield Served(listener, server)
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, SECONDS_MAX)


async def at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send({"type": "http.response.body", "body": bytes(MUCH)})


async def in_parts(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    for _ in range(MUCH // 65_536):
        await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
    await send({"type": "http.response.body"})


async def fails_in_it(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send({"type": "http.response.body", "body": bytes(MUCH), "more_body": True})
    raise ValueError("in the middle of its answer")


@pytest.mark.parametrize("app", [at_once, in_parts, fails_in_it])
@pytest.mark.parametrize(
    "sent", [GET, GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")], ids=["kept", "close"]
)
async def test_who_never_reads_an_answer_does_not_hold_a_connection(app: ASGIApp, sent: bytes) -> None:
    """Broken on purpose (no deadline where writing is paused), those hold theirs that wait for their buffer to empty."""
    async with serving(app) as served:
        with served.ask(sent), served.ask(GET + sent):  # the other asks once more, and reads neither
            await _until(lambda: len(served.connections()) == 2)
            await _until(lambda: not served.connections())


async def test_who_takes_an_answer_slowly_gets_all_of_it_however_little_time_there_is_to_ask() -> None:
    """Broken on purpose (the deadline of the next request does not look at the answer before), the answer is cut."""
    async with serving(at_once, request=FEW_SECONDS, taken=SECONDS_MAX) as served:
        with served.ask() as client:
            client.setblocking(False)
            loop, began, got = asyncio.get_running_loop(), time.monotonic(), 0
            await _until(lambda: time.monotonic() > began + 3 * FEW_SECONDS)
            while part := await asyncio.wait_for(loop.sock_recv(client, 1 << 20), SECONDS_MAX):
                got += len(part)
            assert got > MUCH


async def test_long_answers_take_no_room_from_others_and_end_with_their_clients() -> None:
    """Broken on purpose (they count as all others do), who comes after them gets 503."""
    ended = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/long":
            scope["extensions"][LONG]()
            await send(START)
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            ended.append(scope)
        else:
            await send(START)
            await send({"type": "http.response.body", "body": b"here"})

    async with serving(app, Room(2, 16)) as served:
        url = f"http://127.0.0.1:{served.at[1]}/"
        streams: list[socket.socket] = []
        while len(streams) < 8:
            streams.append(served.ask(GET.replace(b"/ ", b"/long ")))
            await _until(lambda: sum(one in one.lobby.long for one in served.connections()) == len(streams))
        async with httpx.AsyncClient(timeout=SECONDS_MAX, verify=False) as client:
            assert [(await client.get(url)).text for _ in range(3)] == ["here"] * 3
        for one in streams:
            one.close()
        await _until(lambda: len(ended) == 8 and not served.connections())


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():  # noqa: ASYNC110 - what is waited for rings nobody
            await asyncio.sleep(0.01)
