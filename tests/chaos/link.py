"""The network between one worker and the store: it passes bytes on, or is cut, stands still, or loses replies."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from shared.embedded.ports import LOOPBACK

CHUNK_BYTES = 256 * 1024


class Link:
    """A port of its own in front of the store."""

    def __init__(self, host: str, port: int) -> None:
        self._store = host, port
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self._losing = 0
        self.lost = 0
        """Replies that were lost: the store had done what was asked."""

    async def start(self) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        self._hang_up()

    async def cut(self, seconds: float) -> None:
        """Break every connection, and refuse new ones for a while."""
        self._is_cut = True
        self._hang_up()
        await asyncio.sleep(seconds)
        self._is_cut = False

    async def hold(self, seconds: float) -> None:
        """Pass nothing on for a while, in neither direction; then all of it."""
        self._flows.clear()
        await asyncio.sleep(seconds)
        self._flows.set()

    def lose(self, replies: int) -> None:
        """Let the next replies get lost, each with its connection, after the store was asked."""
        self._losing = replies

    def _hang_up(self) -> None:
        for line in list(self._lines):
            line.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        self._lines.add(writer)
        try:
            with suppress(OSError):
                back, forth = await asyncio.open_connection(*self._store)
                self._lines.add(forth)
                ways = [
                    asyncio.create_task(self._pass(reader, forth, reply=False)),
                    asyncio.create_task(self._pass(back, writer, reply=True)),
                ]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()
                self._lines.discard(forth)
                forth.close()
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, reply: bool) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._flows.wait()
                if reply and self._losing > 0:
                    self._losing -= 1
                    self.lost += 1
                    return
                writer.write(chunk)
                await writer.drain()
