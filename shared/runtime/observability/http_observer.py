"""What an HTTP server beside the services, as *gateway* is one, tells whoever watches it.

It has no decider and applies nothing, so it has an observer of its own kind. Like that of the services it only counts.
"""

from __future__ import annotations

import time
from enum import StrEnum
from http import HTTPStatus
from typing import Final, get_args

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts import Event
from shared.links import Verb

OTHER: Final = "other"
"""Stands for every path that no link leads to."""
PAGES: Final = (*get_args(Verb), "open", "me", "calendar", "operate", OTHER)
"""What links do, the page that opens a member's own, these, and their calendars; and the operators' page."""


class Outcome(StrEnum):
    """How a request ended."""

    SHOWN = "shown"
    """With the page that asks."""
    PUBLISHED = "published"
    """A click was acknowledged."""
    REFUSED = "refused"
    """The request cannot be served, whoever asks again (4xx)."""
    LATER = "later"
    """The same request may be served in a moment (503)."""
    FAILED = "failed"
    """By a fault of ours."""


class LinkRefusal(StrEnum):
    """Why a link is not taken."""

    UNKNOWN = "unknown"
    """It was not sealed under a secret that is known here, or not all of it has arrived."""
    OTHER_PAGE = "other-page"
    """It was made for something else than its page does."""
    EXPIRED = "expired"


class HttpObserver:
    """Watches an HTTP server, and does nothing; others override what they want to see. Nothing here may raise or wait."""

    def answered(self, page: str, outcome: Outcome, seconds: float) -> None:
        """A request for one of `PAGES` has its answer, so long after its head was read."""

    def link_refused(self, reason: LinkRefusal) -> None:
        """A link was not taken."""

    def published(self, event: Event) -> None:
        """Kafka has acknowledged what a member said."""

    def api_answered(self, route: str, status: int, seconds: float) -> None:
        """A request of the API has its answer. `route` is a template, empty where none fits; `status` 0: nobody heard it."""

    def key_refused(self) -> None:
        """A request of the API had no key that works."""

    def streaming(self, count: int) -> None:
        """So many streams of the API are open now."""


SILENT_HTTP: Final = HttpObserver()


class Watched:
    """An ASGI application, each of whose answers is told to an observer. Its pages lie below `path`."""

    def __init__(self, app: ASGIApp, path: str, observer: HttpObserver) -> None:
        self._app = app
        self._path = path
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            if status:
                outcome = _outcome(scope["method"], status)
                self._observer.answered(self._page(scope["path"]), outcome, time.perf_counter() - began)

    def _page(self, path: str) -> str:
        within = path.startswith(f"{self._path}/")
        page = path.removeprefix(f"{self._path}/").partition("/")[0]
        return page if within and page in PAGES else OTHER


def _outcome(method: str, status: int) -> Outcome:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Outcome.LATER
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome.FAILED
    if status >= HTTPStatus.BAD_REQUEST:
        return Outcome.REFUSED
    return Outcome.PUBLISHED if method == "POST" else Outcome.SHOWN
