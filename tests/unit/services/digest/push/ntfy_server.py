"""A small ntfy server on loopback: its documented way to publish JSON, with protected topics, and what it can go through."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Ntfy:
    """What it has, and how it is disposed."""

    url: str = ""
    token: str = ""
    """Let in by it alone; empty: everybody is."""
    troubles: list[int | str] = field(default_factory=list)
    """What becomes of the next requests: a status, or `hangs up` after it has taken the message."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0


@contextmanager
def ntfy_server() -> Iterator[Ntfy]:
    """Serve until the end."""
    ntfy = Ntfy()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            ntfy.asked += 1
            body = self.rfile.read(int(self.headers["content-length"]))
            trouble = ntfy.troubles.pop(0) if ntfy.troubles else None
            if isinstance(trouble, int):
                self._answer(trouble, {"code": trouble * 100, "error": "trouble"})
                return
            if ntfy.token and self.headers.get("authorization") != f"Bearer {ntfy.token}":
                self._answer(403, {"code": 40301, "http": 403, "error": "forbidden"})
                return
            said = json.loads(body)
            if self.path != "/" or not {"topic", "message"} <= said.keys():
                self._answer(400, {"code": 40024, "http": 400, "error": "invalid request: body must be valid JSON"})
                return
            ntfy.messages.append(said)
            if trouble == "hangs up":
                self.close_connection = True
                return
            self._answer(200, {"id": str(len(ntfy.messages)), "event": "message", **said})

        def _answer(self, status: int, answer: dict[str, Any]) -> None:
            value = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(value)))
            self.end_headers()
            self.wfile.write(value)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    ntfy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield ntfy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
