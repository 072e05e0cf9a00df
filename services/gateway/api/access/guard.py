"""What stands before every route: who asks is known, and how often, before anything of a body is read."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.api.access.principals import Authenticate, credentials, let_in
from services.gateway.api.importing.spool import FORM_BYTES, UPLOAD_BYTES_MAX, UPLOAD_SECONDS_MAX
from services.gateway.api.limits import BODY_BYTES_MAX, Bodies, Body, Rates, too_large
from services.gateway.api.paths import half_decoded
from services.gateway.api.problems import HEADERS, Problem
from shared.runtime.observability.http_observer import HttpObserver

STREAM_TYPE: Final = b"text/event-stream"
PATH_BYTES_MAX: Final = 4_096
"""Of a path with its query: the longest ids, percent-encoded, are shorter."""
_LENGTH_DIGITS_MAX: Final = 18


class Guard:
    """An ASGI application that lets through to `app` only whom it knows. `open_paths`: what anybody may read."""

    def __init__(
        self, app: ASGIApp, authenticate: Authenticate, rates: Rates, observer: HttpObserver, open_paths: frozenset[str]
    ) -> None:
        self._app = app
        self._authenticate = authenticate
        self._rates = rates
        self._observer = observer
        self._open = open_paths
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began, status = time.perf_counter(), 0
        ended: float | None = None

        async def noting(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                if dict(message["headers"]).get(b"content-type", b"").startswith(STREAM_TYPE):
                    ended = time.perf_counter()  # a stream was answered when it began
                there = {name for name, _ in message["headers"]}
                plain = [
                    (name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in there
                ]
                message = {**message, "headers": [*message["headers"], *plain]}
            await send(message)

        body = Body(self._bodies, receive)
        try:
            scope = self._looked_at(scope)
            if _is_upload(scope):
                body = Body(None, receive, UPLOAD_BYTES_MAX + FORM_BYTES, UPLOAD_SECONDS_MAX)
            await self._app(scope, body.receive, noting)
        except Problem as problem:
            if status:
                raise
            await problem.response()(scope, receive, noting)
        finally:
            body.end()
            self._observer.api_answered(
                _route(scope), status, (time.perf_counter() if ended is None else ended) - began
            )

    def _looked_at(self, scope: Scope) -> Scope:
        """Return the scope of a request that may be read on; `Problem` where it may not."""
        if len(scope["raw_path"]) + len(scope["query_string"]) > PATH_BYTES_MAX:
            raise Problem(HTTPStatus.REQUEST_URI_TOO_LONG)
        try:
            scope = {**scope, "path": half_decoded(scope["raw_path"])}
        except ValueError:
            raise Problem(HTTPStatus.BAD_REQUEST, "path: is not UTF-8") from None
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in {b"authorization", b"content-length"} and name in headers:
                raise Problem(HTTPStatus.BAD_REQUEST, f"{name.decode()}: stands twice")
            headers[name] = value
        if scope["path"] not in self._open:
            try:
                principal = self._authenticate(credentials(headers.get(b"authorization")))
            except Problem as problem:
                if problem.status == HTTPStatus.UNAUTHORIZED:
                    self._observer.key_refused()
                raise
            self._rates.take(principal.key if principal.member is None else f"{principal.key}/{principal.member}")
            let_in(scope, principal)
        bytes_max = UPLOAD_BYTES_MAX + FORM_BYTES if _is_upload(scope) else BODY_BYTES_MAX
        _check_length(headers.get(b"content-length", b""), bytes_max)
        return scope


def _check_length(length: bytes, bytes_max: int) -> None:
    """Refuse a body by its announced length, before any of it is read."""
    if length.isdigit() and (len(length) > _LENGTH_DIGITS_MAX or int(length) > bytes_max):
        raise too_large(bytes_max)


def _is_upload(scope: Scope) -> bool:
    """Whether a file comes in: it goes to the disk as it comes, and not into memory."""
    return scope.get("method") == "POST" and str(scope["path"]).endswith("/imports")  # a WebSocket has no method


def _route(scope: Scope) -> str:
    """Return the template of the route that has served a request, as its router has it; empty where none has."""
    return str(getattr(scope.get("route"), "path", ""))
