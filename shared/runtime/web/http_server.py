"""HTTP for the few pages of a process: what holds against connections that send nothing, little or rubbish.

uvicorn with h11 serves; what it has no setting for is added here.

- A client has so long from accept, or from the last answer, until its request is whole; then the connection is closed.
- What was written has to be taken within so long from the last of it: who never reads holds no connection, nor its memory.
- There are so many connections at most. One more closes one that only holds the line (`Lobby.least_missed`), so that whoever
  sends a request is served. Where none does, the answer is 503.
- An answer that goes on for long (`LONG`) does not count among these: whoever gives such answers bounds them.
- The number of both lies well below the limit of open files of the process (`room`): services share it.
- The head of a request is read strictly, as a proxy in front may read it otherwise (RFC 9112, sections 2.2, 6.1, 11.2).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.runtime.web.bounded_lines import bound_lines
from shared.runtime.web.descriptors import Room

HEAD_BYTES_MAX: Final = 16 * 1024
"""How much of a request's line and headers may wait for their end; the longest link has a quarter of it."""
REQUEST_SECONDS_MAX: Final = 10.0
"""From accept, from the last answer, or from the first byte after it, until a head is whole."""
TAKEN_SECONDS_MAX: Final = 30.0
"""From the last byte of an answer, or from when more of it has to wait, until the client has taken what was written."""
LONG: Final = "rapport.long_answer"
"""Among a scope's extensions: called without arguments by an application whose answer goes on for long."""
TURNS_TO_READ: Final = 3
"""Of the event loop after which asyncio has read what a client sent with its connection: one more than it takes."""
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_VERSIONS: Final = frozenset({b"1.0", b"1.1"})

_log = logging.getLogger("uvicorn.error")


@dataclass(slots=True)
class Lobby:
    """The connections of one server whose clients owe us a request or the rest of one."""

    room: Room
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of our own answers to what is no request."""
    seconds: float = REQUEST_SECONDS_MAX
    taken_seconds: float = TAKEN_SECONDS_MAX
    long: set[GuardedProtocol] = field(default_factory=set)
    """Those with a long answer under way."""
    waiting: dict[GuardedProtocol, None] = field(default_factory=dict)
    """The longest waiting first."""

    def least_missed(self) -> GuardedProtocol | None:
        """Return the connection to close for one more; None where all are at work.

        One that we have had the time to read from, before one that may have sent its request with its connection. Of the
        address that holds most of the line, so a flood costs who sends it; behind a proxy all are of one. One that has sent
        nothing, which can come again at no cost, before one with a part of a request. The longest waiting of these.
        """
        held = Counter(one.peer for one in self.waiting)

        def missed(one: GuardedProtocol) -> tuple[bool, int, bool]:
            return not one.looked_at, -held[one.peer], one.looked_at and one.has_begun

        return min(self.waiting, key=missed, default=None)


class StrictConnection(h11.Connection):
    """Refuses heads that two readers may understand differently."""

    def next_event(self) -> Any:
        """Return what h11 returns, and raise what it raises where a head is not plain."""
        if self.their_state is h11.IDLE:
            head = self.trailing_data[0].partition(b"\r\n\r\n")[0]
            if _BARE_LF.search(head):
                raise h11.RemoteProtocolError("a line that ends in LF alone")
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = {name for name, _ in event.headers}
            if {b"content-length", b"transfer-encoding"} <= names:
                raise h11.RemoteProtocolError("a length and a transfer coding")
            if event.http_version not in _VERSIONS or not event.target.startswith(b"/"):
                raise h11.RemoteProtocolError("another version, or another form of target")
        return event


class GuardedProtocol(H11Protocol):
    """One connection, within the limits of its server's lobby."""

    lobby: Lobby

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.conn = StrictConnection(h11.SERVER, HEAD_BYTES_MAX)
        self._deadline: asyncio.TimerHandle | None = None
        self._taken_by: asyncio.TimerHandle | None = None
        self._inner = self.app
        self.app = self._run
        self.peer = ""
        """The address of who connected."""
        self.has_begun = False
        """Whether a part of a request is there."""
        self.looked_at = False
        """Whether the event loop has had the time to read what was sent at once."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room for it, then wait for its request."""
        super().connection_made(transport)
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        if len(self.connections) - len(self.lobby.long) > self.lobby.room.connections:
            given_up = self.lobby.least_missed()
            if given_up is None:
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            _log.warning("all connections are taken: one that keeps us waiting is closed")
            given_up.give_up()
        self._await_request()
        self._let_turns_pass(TURNS_TO_READ)

    def _let_turns_pass(self, turns: int) -> None:
        if turns:
            self.loop.call_soon(self._let_turns_pass, turns - 1)
        else:
            self.looked_at = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came; once a head is whole, the application's own limits hold."""
        self.has_begun = True
        self._await_request()
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Begin to wait anew, behind all who wait already."""
        super().on_response_complete()
        self.has_begun = False
        self.lobby.long.discard(self)
        if not self.transport.is_closing():
            self._look()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Refuse what is no request, with the headers of all other answers."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def pause_writing(self) -> None:
        """Let the application wait until the client has taken something, and the client for so long at most."""
        super().pause_writing()
        self._must_be_taken()

    def resume_writing(self) -> None:
        """Let the application write on."""
        super().resume_writing()
        if self.cycle is not None and not self.cycle.response_complete and self._taken_by is not None:
            self._taken_by.cancel()
            self._taken_by = None

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[LONG] = self._goes_on
        try:
            await self._inner(scope, receive, send)
        finally:
            self.lobby.long.discard(self)
            self.loop.call_soon(
                self._must_be_taken
            )  # uvicorn closes after one that fails, and what is left stays so long

    def _goes_on(self) -> None:
        if not self.transport.is_closing():
            self.lobby.long.add(self)

    def _must_be_taken(self) -> None:
        """Wait so long until all that was written is taken."""
        if self._taken_by is not None:
            self._taken_by.cancel()
            self._taken_by = None
        if self.transport.get_write_buffer_size():
            self._taken_by = self.loop.call_later(self.lobby.taken_seconds, self._not_taken)

    def _not_taken(self) -> None:
        self._taken_by = None
        if self.transport.get_write_buffer_size():
            _log.warning("an answer was not taken in time: its connection is closed")
            self.give_up()

    def _look(self) -> None:
        """See who owes whom."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._await_request()
        elif self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if cycle is not None and not cycle.more_body and not cycle.response_complete:
            self.lobby.waiting.pop(self, None)

    def _await_request(self) -> None:
        """Count as one who owes a request, from when that began; a request under way has limits of its own."""
        if self.transport.is_closing() or (self.cycle is not None and not self.cycle.response_complete):
            return
        self.lobby.waiting.setdefault(self)
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.lobby.seconds, self._not_asked)

    def _not_asked(self) -> None:
        """End it, unless its client is about to take the answer before."""
        self._deadline = None
        if self._taken_by is not None and self.transport.get_write_buffer_size():
            self._deadline = self.loop.call_later(self.lobby.seconds, self._not_asked)
        else:
            self.give_up()

    def give_up(self) -> None:
        """End it at once, whatever it has not read yet."""
        self._forget()
        self.transport.abort()  # what it has not read by now would keep the descriptor

    def _forget(self) -> None:
        self.lobby.waiting.pop(self, None)
        self.lobby.long.discard(self)
        for timer in (self._deadline, self._taken_by):
            if timer is not None:
                timer.cancel()
        self._deadline = self._taken_by = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._forget()
        body = f"{status.phrase}\n".encode()
        headers = {
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(body)),
            "connection": "close",
            **self.lobby.headers,
        }
        head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        self.transport.write("\r\n".join([*head, "", ""]).encode() + body)
        self._must_be_taken()
        self.transport.close()


def config(
    app: ASGIApp,
    room: Room,
    stop_seconds: int,
    headers: Mapping[str, str] | None = None,
    request_seconds: float = REQUEST_SECONDS_MAX,
    taken_seconds: float = TAKEN_SECONDS_MAX,
) -> uvicorn.Config:
    """Return how uvicorn serves an application within its room; `headers` go with refusals of what is no request."""
    bound_lines("uvicorn.error", "asyncio")
    lobby = Lobby(room, headers or {}, request_seconds, taken_seconds)
    protocol = type("Protocol", (GuardedProtocol,), {"lobby": lobby})
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        backlog=room.accepted,
        timeout_keep_alive=int(REQUEST_SECONDS_MAX),
        timeout_graceful_shutdown=stop_seconds,
    )
