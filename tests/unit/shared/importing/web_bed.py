"""A real web server on this machine, whose answers are written byte by byte."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[["Site", asyncio.StreamWriter, dict[str, str]], Awaitable[None]]


@dataclass
class Site:
    """What stands where, and what was asked: path and headers."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server stops: what hangs goes on hanging until then."""

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def served(tls: ssl.SSLContext | None = None, /, **answers: Answer) -> AsyncIterator[Site]:
    """Serve each answer at the path of its name."""
    site = Site({f"/{name}": answer for name, answer in answers.items()})

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            path = head[0].split(" ")[1]
            site.asked.append((path, headers))
            await site.answers[path.partition("?")[0]](site, writer, headers)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(client, "0.0.0.0", 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        site.ended.set()
        server.close()
        await server.wait_closed()


def page(content: bytes | str, *headers: str, status: str = "200 OK") -> Answer:
    """Give this content with these headers."""
    body = content.encode() if isinstance(content, str) else content

    async def answer(site: Site, writer: asyncio.StreamWriter, asked: dict[str, str]) -> None:
        writer.write(head(status, *headers, f"Content-Length: {len(body)}") + body)

    return answer


def versioned(content: str, etag: str) -> Answer:
    """Give this content, and 304 to who has it, as servers with an ETag do."""

    async def answer(site: Site, writer: asyncio.StreamWriter, asked: dict[str, str]) -> None:
        if asked.get("if-none-match") == etag:
            writer.write(head("304 Not Modified", f"ETag: {etag}"))
        else:
            packed = gzip.compress(content.encode())
            sizes = (f"Content-Length: {len(packed)}", "Content-Encoding: gzip")
            writer.write(head("200 OK", f"ETag: {etag}", *sizes) + packed)

    return answer


def leads_to(location: str, status: str = "302 Found") -> Answer:
    """Redirect; `{port}` is the server's own."""

    async def answer(site: Site, writer: asyncio.StreamWriter, asked: dict[str, str]) -> None:
        writer.write(head(status, f"Location: {location.format(port=site.port)}", "Content-Length: 0"))

    return answer


def raw(content: bytes, *, hangs: bool = False) -> Answer:
    """Give these bytes, and then end the connection, or leave it open for ever."""

    async def answer(site: Site, writer: asyncio.StreamWriter, asked: dict[str, str]) -> None:
        writer.write(content)
        await writer.drain()
        if hangs:
            await site.ended.wait()

    return answer


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("latin-1")
