"""Serves the operators' page: what stands, what failed, and what is to be read again. It acts by `POST` alone.

Nothing is kept between requests. What takes long is asked of the system, which bounds it; a system that does not answer is
said on the page, for that is when somebody looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, TypeVar

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.browser import later
from services.gateway.link_pages import headers
from services.gateway.operating.entry import Entry, Operator, OperatorDeps
from services.gateway.operating.render import Frame, Pages, content_security_policy
from services.gateway.port import Busy, NoAnswer, NotFound, Replayed, WrongQuestion
from shared.contracts.limits import ID_CHARS_MAX

HOME: Final = "operate"
NAMES_CHARS_MAX: Final = 1_000
"""The longest name of a record or an item that a form may have."""
T = TypeVar("T")
Shown = Callable[[Request, Operator, Frame], Awaitable[str]]


class OperatorPages:
    """The pages below `/operate`."""

    def __init__(self, deps: OperatorDeps) -> None:
        self._system = deps.system
        self._entry = Entry(deps)
        self._pages = Pages(deps.brand)
        self._home = f"{deps.path}/{HOME}"
        self._headers = headers(deps.brand) | {"content-security-policy": content_security_policy(deps.brand)}

    def app(self) -> Starlette:
        """Return what an ASGI server runs."""
        home = self._home
        routes = [
            Route(home, self._serving(self._overview), methods=["GET"]),
            Route(f"{home}/enter", self._enter, methods=["POST"]),
            Route(f"{home}/leave", self._leave, methods=["POST"]),
            Route(f"{home}/services/{{name}}", self._serving(self._service), methods=["GET"]),
            Route(f"{home}/checks", self._serving(self._checks), methods=["GET"]),
            Route(f"{home}/letters", self._serving(self._letters), methods=["GET", "POST"]),
            Route(f"{home}/letters/{{place:path}}", self._serving(self._letter), methods=["GET"]),
            Route(f"{home}/parked", self._serving(self._parked), methods=["GET", "POST"]),
            Route(f"{home}/why", self._serving(self._why), methods=["GET", "POST"]),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._refusal, Exception: self._failure})
        app.router.redirect_slashes = False
        return app

    def _serving(self, shown: Shown) -> Callable[[Request], Awaitable[Response]]:
        """Return what serves a page to whoever was let in."""

        async def serve(request: Request) -> Response:
            operator = self._entry.operator(request)
            frame = Frame(self._home, request.url.path, operator.mark)
            try:
                return self._page(await shown(request, operator, frame))
            except NoAnswer as error:
                return self._page(self._pages.unreported(str(error), frame), HTTPStatus.SERVICE_UNAVAILABLE)
            except NotFound as error:
                return self._page(self._pages.unknown(str(error), frame), HTTPStatus.NOT_FOUND)
            except WrongQuestion as error:
                page = self._pages.unanswerable(str(error), frame)
                return self._page(page, HTTPStatus.UNPROCESSABLE_ENTITY)
            except Busy:
                raise later() from None
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)  # nobody reads it

        return serve

    async def _enter(self, request: Request) -> Response:
        principal = await self._entry.enter(request)
        answer = RedirectResponse(self._home, HTTPStatus.SEE_OTHER, self._headers)
        self._entry.begin(principal, answer)
        return answer

    async def _leave(self, request: Request) -> Response:
        await self._entry.form(request, self._entry.operator(request))
        answer = self._page(self._pages.enter("left", Frame(self._home)))
        self._entry.end(answer)
        return answer

    async def _overview(self, request: Request, operator: Operator, frame: Frame) -> str:  # noqa: ARG002 - as all are
        return self._pages.overview(await _while_there(request, self._system.services()), frame)

    async def _service(self, request: Request, operator: Operator, frame: Frame) -> str:  # noqa: ARG002
        found = {one.name: one for one in await _while_there(request, self._system.services())}
        if (one := found.get(request.path_params["name"])) is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return self._pages.service(one, frame)

    async def _checks(self, request: Request, operator: Operator, frame: Frame) -> str:  # noqa: ARG002
        return self._pages.checks(await _while_there(request, self._system.checks()), frame)

    async def _letters(self, request: Request, operator: Operator, frame: Frame) -> str:
        done: Replayed | int | None = None
        if request.method == "POST":
            fields = await self._entry.form(request, operator)
            place = _named(fields, "place")
            if fields.get("do") == "replay":
                done = await self._system.replay_letters([place])
                _note("an operator had a record read again", operator, place=place, asked=len(done.asked))
            elif fields.get("do") == "discard":
                done = await self._system.discard_letters([place])
                _note("an operator ticked a dead letter off", operator, place=place)
            else:
                raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
        lines, count, newest = await _while_there(request, self._system.letters())
        return self._pages.letters(lines, count, newest, done, frame)

    async def _letter(self, request: Request, operator: Operator, frame: Frame) -> str:
        place = request.path_params["place"]
        if (found := await _while_there(request, self._system.letter(place))) is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        _note("an operator looked at a dead letter", operator, place=found.line.place)
        return self._pages.letter(found, frame)

    async def _parked(self, request: Request, operator: Operator, frame: Frame) -> str:
        done: Replayed | None = None
        if request.method == "POST":
            identity = _named(await self._entry.form(request, operator), "place")
            done = await self._system.replay_parked(identity)
            _note("an operator had a parked item tried again", operator, place=identity, asked=len(done.asked))
        lines, looked_at = await _while_there(request, self._system.parked())
        return self._pages.parked(lines, looked_at, done, frame)

    async def _why(self, request: Request, operator: Operator, frame: Frame) -> str:
        """Answer a form, so that no address and no log of addresses has a member in it."""
        if request.method != "POST":
            return self._pages.why("", "", None, frame)
        fields = await self._entry.form(request, operator)
        member, item = _named(fields, "member", ID_CHARS_MAX), _named(fields, "item")
        _note("an operator asked why", operator, member=member)
        return self._pages.why(member, item, await _while_there(request, self._system.why(member, item)), frame)

    def _page(self, html: str, status: int = HTTPStatus.OK) -> Response:
        return Response(html, status, self._headers, "text/html")

    async def _refusal(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - starlette's signature
        assert isinstance(error, HTTPException)
        status, frame = error.status_code, Frame(self._home)
        if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
            what = "closed" if error.detail == "closed" else "forged" if error.detail == "forged" else "refused"
            html = self._pages.enter(what, frame)
            status = HTTPStatus.FORBIDDEN
        else:
            html = self._pages.trouble(status, frame)
        answer = self._page(html, status)
        if retry := (error.headers or {}).get("retry-after"):
            answer.headers["retry-after"] = retry
        return answer

    async def _failure(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - starlette's signature
        return self._page(self._pages.trouble(HTTPStatus.INTERNAL_SERVER_ERROR, Frame(self._home)), 500)


def below(pages: ASGIApp, own: ASGIApp, path: str = "") -> ASGIApp:
    """Return what serves the operators' page below `{path}/operate`, and all else as `pages` does."""
    home = f"{path}/{HOME}"

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["path"] == home or scope["path"].startswith(f"{home}/")
        await (own if mine else pages)(scope, receive, send)

    return serve


def _named(fields: dict[str, str], name: str, chars_max: int = NAMES_CHARS_MAX) -> str:
    """Return a name that a form has to have; 422 where it is missing or too long."""
    given = fields.get(name, "").strip()
    if not given or len(given) > chars_max:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    return given


async def _while_there(request: Request, question: Coroutine[Any, Any, T]) -> T:
    """Return the answer; `ClientDisconnect` where whoever asked has gone, and nobody waits for it."""
    asked, gone = asyncio.ensure_future(question), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise ClientDisconnect
        return asked.result()
    finally:
        asked.cancel()
        gone.cancel()
        await asyncio.gather(asked, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _note(what: str, operator: Operator, **more: object) -> None:
    """Leave a line about who has looked or acted; no word of a person is in it."""
    structlog.get_logger(service="gateway").info(what, key=operator.key, **more)
