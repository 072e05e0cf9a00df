"""The pages behind the links in mails, over HTTP, and nothing else.

A link opens a page that asks (`GET`: mail scanners follow links, so it never acts), and the page's button acts (`POST`). A
mail provider posts to the unsubscribe link by itself, without a page (RFC 8058). To act is to publish what the member said
as a product would; the answer comes after Kafka's acknowledgement. Nothing is stored and no link is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.gateway import render, words
from services.gateway.actions import VERBS, events
from services.gateway.choice import ONE, BadChoice, Choice, choice_of, page_of
from services.gateway.publishing import NotTaken
from shared.contracts import Event
from shared.links import TOKEN_CHARS_MAX, Link, LinkKeys, ToDigest, ToFollowups, ToInvites, Verb
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver, LinkRefusal
from shared.runtime.ports.instants import to_ms
from shared.texts.brand import OURS, Brand
from shared.texts.language import asked_for
from shared.web_address import PUBLIC_URL_CHARS_MAX

Publish = Callable[[Event], Awaitable[None]]
"""Appends an event to the activity topic and returns once it is acknowledged; raises `NotTaken`."""
URL_BYTES_MAX: Final = TOKEN_CHARS_MAX + PUBLIC_URL_CHARS_MAX + 2_000
"""A path with the longest token, and whatever mail programs add to a link to know it again."""
BODY_BYTES_MAX: Final = 2_048
"""A form without fields, with a tick for each thing that a link names, or with the one field of RFC 8058."""
BODY_SECONDS_MAX: Final = 10.0
PUBLISH_SECONDS_MAX: Final = 10.0
"""How long Kafka may take to acknowledge; then the answer is 503, and the same click again is the same event."""
PUBLISHING_MAX: Final = 32
"""Clicks under way at once; beyond it the answer is 503."""
RETRY_AFTER_SECONDS: Final = 30
NOTHING: Final[Mapping[str, str]] = {}
ONE_CLICK: Final = b"One-Click"
"""The value of the field `List-Unsubscribe`, by which a mail provider's click is known, however it encodes the form."""


def headers(brand: Brand) -> dict[str, str]:
    """Return what stands at the head of every answer."""
    return {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "content-security-policy": render.content_security_policy(brand),
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
    }


class Gateway:
    """Answers the links whose tokens `keys` open; `path` is that of the public address, which proxies leave as it is.

    `brand`: whose pages they are.
    """

    def __init__(
        self,
        keys: LinkKeys,
        publish: Publish,
        now: Callable[[], datetime],
        path: str = "",
        observer: HttpObserver = SILENT_HTTP,
        brand: Brand = OURS,
    ) -> None:
        self._keys = keys
        self._publish = publish
        self._now = now
        self._path = path
        self._observer = observer
        self._brand = brand
        self.headers = headers(brand)
        self._room = asyncio.Semaphore(PUBLISHING_MAX)

    def app(self) -> Starlette:
        """Return what an ASGI server runs."""
        routes = [
            Route(f"{self._path}/{verb}/{{token}}", partial(self._answer, verb), methods=["GET", "POST"])
            for verb in VERBS
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._refusal, Exception: self._failure})
        app.router.redirect_slashes = False  # a link is right or wrong: nothing leads on to another address
        return app

    async def _answer(self, verb: Verb, request: Request) -> Response:
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > URL_BYTES_MAX:
            raise HTTPException(HTTPStatus.REQUEST_URI_TOO_LONG)
        token: str = request.path_params["token"]
        link = self._opened(verb, token)
        if request.method != "POST":
            return self._page(render.ask(verb, token, link, self._look(request)))
        body = await read_body(request)
        choice = _chosen(verb, body, link)
        published = events(verb, token, link, self._now(), choice, page_of(body))
        if not published and not _wants_page(request):
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"{ONE}: is missing: nothing is chosen")
        for event in published:
            await self._say(event)
        if ONE_CLICK in body or not _wants_page(request):
            return PlainTextResponse(f"{words.DID[verb].title}.\n", headers=self.headers)
        return self._page(render.did(verb, token, link, choice, self._look(request)))

    def _look(self, request: Request) -> render.Look:
        lang = asked_for(request.headers.get("accept-language", ""))
        return render.Look(self._brand, str(to_ms(self._now())), lang)

    def _opened(self, verb: Verb, token: str) -> Link:
        link = self._keys.open(token)
        if link is None:
            raise self._refused(LinkRefusal.UNKNOWN, HTTPStatus.NOT_FOUND)
        if not isinstance(link, VERBS[verb]):  # a page of a member's own is none of these either
            raise self._refused(LinkRefusal.OTHER_PAGE, HTTPStatus.NOT_FOUND)
        if not isinstance(link, ToDigest) and link.expired(self._now()):
            raise self._refused(LinkRefusal.EXPIRED, HTTPStatus.GONE)
        return link

    def _refused(self, reason: LinkRefusal, status: HTTPStatus) -> HTTPException:
        self._observer.link_refused(reason)
        return HTTPException(status)

    async def _say(self, event: Event) -> None:
        log = structlog.get_logger(service="gateway", id=event.id, member=event.member, type=event.type)
        if self._room.locked():
            log.warning("too many clicks at once")
            raise _later()
        try:
            async with self._room, asyncio.timeout(PUBLISH_SECONDS_MAX):
                await self._publish(event)
        except (NotTaken, TimeoutError) as error:
            log.warning("a click was not acknowledged", error=type(error).__name__)
            raise _later() from error
        log.info("a click was published")

    def _page(self, html: str, status: int = HTTPStatus.OK, more: Mapping[str, str] = NOTHING) -> Response:
        return Response(html, status, {**self.headers, **more}, "text/html")

    async def _refusal(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return self._trouble(request, error.status_code, error.headers or {}, error.detail)

    async def _failure(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - starlette's signature
        return self._trouble(request, HTTPStatus.INTERNAL_SERVER_ERROR, {})

    def _trouble(self, request: Request, status: int, more: Mapping[str, str], detail: str = "") -> Response:
        """Say what is wrong: to people as a page, to programs as RFC 9457 has it, with the field of a form and the reason."""
        if _wants_page(request):
            return self._page(render.trouble(status, self._look(request)), status, more)
        problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
        if detail not in ("", problem["title"]):
            problem["detail"] = detail
        return JSONResponse(problem, status, {**self.headers, **more}, "application/problem+json")


def _chosen(verb: Verb, body: bytes, link: Link) -> Choice | None:
    try:
        return choice_of(verb, body, link) if isinstance(link, ToInvites | ToFollowups) else None
    except BadChoice as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, str(error)) from error


async def read_body(request: Request, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """Read the body, within its limits; `HTTPException` 413 or 408."""
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for part in request.stream():
                read += part
                if len(read) > bytes_max:
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except (TimeoutError, ClientDisconnect) as error:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from error
    return bytes(read)


def _later() -> HTTPException:
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers={"retry-after": str(RETRY_AFTER_SECONDS)})


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
