"""A small ntfy server on loopback: its documented way to publish JSON, and to delete by the id that it gave, with protected
topics, and what it can go through."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass
class Ntfy:
    """What it has, and how it is disposed."""

    url: str = ""
    token: str = ""
    """Let in by it alone; empty: everybody is."""
    troubles: list[int | str] = field(default_factory=list)
    """What becomes of the next requests: a status, or `hangs up` after it has taken the message."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    """Topic and id of what was deleted."""
    says_id: bool = True
    asked: int = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ntfy: ClassVar[Ntfy]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        trouble = self._trouble()
        if self._refused(trouble):
            return
        said = json.loads(body)
        if self.path != "/" or not {"topic", "message"} <= said.keys():
            self._answer(400, {"code": 40024, "http": 400, "error": "invalid request: body must be valid JSON"})
            return
        self.ntfy.messages.append(said)
        told = {"id": str(len(self.ntfy.messages))} if self.ntfy.says_id else {}
        self._taken(trouble, {**told, "event": "message", **said})

    def do_DELETE(self) -> None:
        trouble = self._trouble()
        if self._refused(trouble):
            return
        if self.headers.get("content-type"):  # as Discord: nothing is no JSON
            self._answer(400, {"code": 50109, "message": "The request body contains invalid JSON."})
            return
        self.ntfy.withdrawn.append(self.path)
        self._taken(trouble, {"id": "d", "event": "message_delete", "sequence_id": self.path.rpartition("/")[2]})

    def _trouble(self) -> int | str | None:
        self.ntfy.asked += 1
        return self.ntfy.troubles.pop(0) if self.ntfy.troubles else None

    def _refused(self, trouble: int | str | None) -> bool:
        if isinstance(trouble, int):
            self._answer(trouble, {"code": trouble * 100, "error": "trouble"})
            return True
        if self.ntfy.token and self.headers.get("authorization") != f"Bearer {self.ntfy.token}":
            self._answer(403, {"code": 40301, "http": 403, "error": "forbidden"})
            return True
        return False

    def _taken(self, trouble: int | str | None, answer: dict[str, Any]) -> None:
        if trouble == "hangs up":
            self.close_connection = True
        else:
            self._answer(200, answer)

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        value = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(value)))
        self.end_headers()
        self.wfile.write(value)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library names it
        pass


@contextmanager
def ntfy_server() -> Iterator[Ntfy]:
    """Serve until the end."""
    ntfy = Ntfy()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfOne", (Handler,), {"ntfy": ntfy}))
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
