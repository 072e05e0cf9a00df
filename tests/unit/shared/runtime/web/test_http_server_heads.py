"""Heads of requests: those that never end, that come in drops, and that two readers may understand differently."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.shared.runtime.web.test_http_server import (
    FEW_SECONDS,
    HEADERS,
    SECONDS_MAX,
    ended,
    read_answer,
    serving,
)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\n"], ids=["silent", "half a head"])
async def test_a_connection_without_a_whole_head_ends(sent: bytes) -> None:
    async with serving(request_seconds=FEW_SECONDS) as served:
        reader, writer = await served.connect(sent)
        assert await ended(reader)
        writer.close()


async def test_a_head_that_comes_letter_by_letter_ends_too_and_so_does_what_drips_in_after_an_answer() -> None:
    async with serving(request_seconds=FEW_SECONDS) as served:
        for first in (b"", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"):
            reader, writer = await served.connect(first)
            dripping = asyncio.create_task(_drip(writer))
            assert await ended(reader)
            dripping.cancel()
            writer.close()


async def _drip(writer: asyncio.StreamWriter) -> None:
    for letter in b"GET /" + b"x" * 10_000:
        writer.write(bytes([letter]))
        await asyncio.sleep(FEW_SECONDS / 10)


async def test_a_connection_is_used_again_and_requests_in_one_breath_are_all_answered() -> None:
    async with serving(request_seconds=2.0) as served:
        one = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
        reader, writer = await served.connect(one * 3)
        for _ in range(3):
            await read_answer(reader)
        writer.write(one)
        await read_answer(reader)
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\nhost: x\n\n",
        b"GET / HTTP/1.1\r\nhost: x\nx: y\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        b"GET http://other/ HTTP/1.1\r\nhost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * 20_000,
    ],
)
async def test_what_two_readers_may_understand_differently_is_refused_with_our_headers(sent: bytes) -> None:
    async with serving() as served:
        reader, writer = await served.connect(sent)
        answer = await asyncio.wait_for(reader.read(), SECONDS_MAX)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer
        for name, value in HEADERS.items():
            assert f"{name}: {value}\r\n".encode() in answer
        writer.close()
