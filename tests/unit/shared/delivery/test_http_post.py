"""One attempt against receivers that behave in every way, over loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared.delivery import http_post
from shared.delivery.http_post import ANSWER_BYTES_MAX, CONNECTIONS_MAX, GONE, WAIT_SECONDS_MAX, HttpPost, Posting
from shared.delivery.outcome import Delivered, Outcome, Rejected, Unknown
from shared.runtime.ports.limits import EFFECTS_AT_ONCE_MAX

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEADERS = {"content-type": "application/json", "webhook-id": "1"}


@asynccontextmanager
async def receiver(answer: Answer) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve on loopback; give the address and the heads that came."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:")
                heads.append(head + await reader.readexactly(length))
                await answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks;v=1?of=rapport", heads
    finally:
        server.close()


def says(text: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(text.encode())

    return answer


def status(line: str, *headers: str, body: str = "") -> Answer:
    return says("\r\n".join([f"HTTP/1.1 {line}", f"content-length: {len(body)}", *headers, "", body]))


async def _posted(answer: Answer) -> tuple[Outcome, list[bytes]]:
    async with receiver(answer) as (url, heads), HttpPost(private=True) as sender:
        return await sender.send(Posting(url, HEADERS, b'{"a":1}')), heads


@pytest.mark.parametrize("line", ["200 OK", "202 Accepted", "204 No Content"])
async def test_what_is_taken(line: str) -> None:
    outcome, [request] = await _posted(status(line))
    assert outcome == Delivered()
    assert request.startswith(b"POST /hooks;v=1?of=rapport HTTP/1.1\r\n")
    assert request.endswith(b'\r\n\r\n{"a":1}')
    assert b"webhook-id: 1" in request


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (status("410 Gone"), Rejected(GONE, permanent=True)),
        (status("500 Oh no", body="a secret of theirs"), Rejected("answers 500")),
        (status("400 Bad Request"), Rejected("answers 400")),
        (status("429 Slow down", "retry-after: 17"), Rejected("answers 429", wait_seconds=17.0)),
        (status("503 Away", f"retry-after: {'9' * 400}"), Rejected("answers 503", wait_seconds=WAIT_SECONDS_MAX)),
        (status("503 Away", "retry-after: 999999"), Rejected("answers 503", wait_seconds=WAIT_SECONDS_MAX)),
        (status("503 Away", "retry-after: Wed, 21 Oct 2026 07:28:00 GMT"), Rejected("answers 503")),
        (status("503 Away", "retry-after: -5"), Rejected("answers 503")),
        (says("no HTTP at all\r\n\r\n"), Unknown("the connection broke")),
    ],
)
async def test_what_is_not_taken(answer: Answer, outcome: Outcome) -> None:
    assert (await _posted(answer))[0] == outcome


async def test_a_redirect_is_not_followed() -> None:
    async with receiver(status("200 OK")) as (other, others):
        outcome, requests = await _posted(status("307 Temporary Redirect", f"location: {other}"))
    assert outcome == Rejected("answers 307, a redirect: it is not followed")
    assert (len(requests), others) == (1, [])


async def test_nobody_there_is_no_connection() -> None:
    async with receiver(status("200 OK")) as (url, _):
        pass
    async with HttpPost(private=True) as sender:
        assert await sender.send(Posting(url, HEADERS, b"{}")) == Rejected("no connection")


async def test_a_private_address_is_not_reached_unless_the_receiver_is_private() -> None:
    async with receiver(status("200 OK")) as (url, requests), HttpPost() as sender:
        assert await sender.send(Posting(url, HEADERS, b"{}")) == Rejected("leads to an address that is not public")
    assert requests == []


async def test_a_receiver_that_drips_its_answer_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_post, "DRAIN_SECONDS_MAX", 0.1)
    drips = True

    async def answer(writer: asyncio.StreamWriter) -> None:
        if not drips:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with receiver(answer) as (url, _), HttpPost(private=True) as sender:
        for _ in range(CONNECTIONS_MAX + 1):
            assert await sender.send(Posting(url, HEADERS, b"{}")) == Delivered(), "its status has said so"
        drips = False
        assert await sender.send(Posting(url, HEADERS, b"{}")) == Delivered(), "no connection was lost on the way"


async def test_a_receiver_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_post, "ATTEMPT_SECONDS_MAX", 0.2)

    async def answer(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    assert (await _posted(answer))[0] == Unknown("no answer within 0.2 s")


@pytest.mark.parametrize("rest", ["content-length: 10\r\n\r\nab", "transfer-encoding: chunked\r\n\r\n5\r\nab"])
async def test_an_answer_that_is_cut_off_behind_its_status_is_one(rest: str) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{rest}".encode())
        writer.close()

    assert (await _posted(answer))[0] == Delivered()


async def test_a_long_answer_is_not_read_to_its_end() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n")
        while True:
            writer.write(bytes(ANSWER_BYTES_MAX))
            await writer.drain()

    assert (await _posted(answer))[0] == Delivered()


async def test_a_connection_is_used_again() -> None:
    async with receiver(status("200 OK", body="thanks")) as (url, requests), HttpPost(private=True) as sender:
        ports = set()
        for _ in range(3):
            assert await sender.send(Posting(url, HEADERS, b"{}")) == Delivered()
            ports |= {id(one) for one in sender._pool.connections}
    assert (len(requests), len(ports)) == (3, 1)


async def test_a_host_that_takes_no_connection_in_time_was_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue of connections that is full answers nothing, as a firewall does that drops them: it may be tried again."""
    monkeypatch.setattr(http_post, "CONNECT_SECONDS_MAX", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"
        async with HttpPost(private=True) as sender:
            assert await sender.send(Posting(url, HEADERS, b"{}")) == Rejected("no connection within 0.2 s")


def test_there_is_a_connection_for_each_effect_of_a_process() -> None:
    assert CONNECTIONS_MAX >= EFFECTS_AT_ONCE_MAX
