"""A mail catcher: a real SMTP server on loopback that delivers nothing and keeps each mail as files to look at.

A mail is acknowledged only when it is written: `<time>-<message id>.eml` as it came, and beside it `.html`, its HTML
part, ready for a browser.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from shared.embedded.folder.private import private
from shared.embedded.ports import LOOPBACK

MAIL_BYTES_MAX = 2_000_000
NAME_CHARS_MAX = 80
STOP_S_MAX = 5.0
OnMail = Callable[[bytes], None]


class Catcher:
    """The handler that aiosmtpd calls; `received` holds all mails of this run, as they came."""

    def __init__(self, folder: Path, on_mail: OnMail | None = None) -> None:
        self.folder = folder
        self.received: list[bytes] = []
        self._on_mail = on_mail

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd calls it so
        """Keep the mail, then acknowledge it."""
        content = bytes(envelope.content)
        try:
            keep(self.folder, content)
        except OSError:
            return "452 4.3.1 the mail could not be written"
        self.received.append(content)
        if self._on_mail is not None:
            self._on_mail(content)
        return "250 2.0.0 kept"


def keep(folder: Path, content: bytes) -> Path:
    """Write the mail and its HTML part into `folder`; return the path of the `.eml`."""
    message = message_from_bytes(content, policy=policy.default)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    identity = re.sub(r"[^A-Za-z0-9.@_-]+", "_", str(message["Message-ID"] or "").strip("<> ")) or "no-message-id"
    path = folder / f"{stamp}-{identity[:NAME_CHARS_MAX]}.eml"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{stamp}-{identity[:NAME_CHARS_MAX]}-{number}.eml"
    if (html := message.get_body(preferencelist=("html",))) is not None:
        _write(path.with_suffix(".html"), str(html.get_content()).encode())
    _write(path, content)
    return path


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}")
    with private(draft) as file:
        file.write(content)
    draft.replace(path)


@contextmanager
def catching(folder: Path, port: int = 0, on_mail: OnMail | None = None) -> Iterator[tuple[int, Catcher]]:
    """Run a catcher in a thread of its own; yield its port and the catcher. `port` 0: any free one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    catcher = Catcher(folder, on_mail)
    listener = _listen(port)
    chosen: int = listener.getsockname()[1]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(_serve(catcher, listener, stop)), name="mail catcher"
    )
    thread.daemon = True
    thread.start()
    try:
        yield chosen, catcher
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_S_MAX)
        if not thread.is_alive():
            loop.close()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError:
        return socket.create_server((LOOPBACK, 0))  # taken meanwhile: any other will do


async def _serve(catcher: Catcher, listener: socket.socket, stop: asyncio.Event) -> None:
    from aiosmtpd.smtp import SMTP

    def session() -> Any:
        return SMTP(catcher, hostname="localhost", data_size_limit=MAIL_BYTES_MAX, enable_SMTPUTF8=True)

    server = await asyncio.get_running_loop().create_server(session, sock=listener)
    await stop.wait()
    server.close()
