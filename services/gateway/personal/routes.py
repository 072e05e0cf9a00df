"""Serves a member's own pages: who is let in, what each page reads, and what a click says.

A link from a mail or from the product opens a page with one button (`GET`: mail scanners follow links, and see nothing of
the member), and the button lets this browser in for an hour: a cookie holds the visit, sealed, so that no address names a
member or carries a token on to another page. A click sends a form with a mark of its visit; it says what the API's actions
say, and leads back to the page, which waits until its own word is applied.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlencode

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway import actions
from services.gateway.api.actions.channels import AddressRefused
from services.gateway.api.routes.reading import matches
from services.gateway.browser import check_size, later, same_site
from services.gateway.choice import BadChoice, all_of, choice_of
from services.gateway.link_pages import headers
from services.gateway.personal import calendar, forms
from services.gateway.personal.content import person, today, wishes, year
from services.gateway.personal.content.cards import Making
from services.gateway.personal.content.feed_mark import mark_of
from services.gateway.personal.importing import Importing
from services.gateway.personal.render import Frame, Pages
from services.gateway.personal.visits import Deps, Guest, Visits
from services.gateway.projection.model.people import Item, Profile
from services.gateway.publishing import NotTaken, positions_from_text, positions_text
from shared.contracts import Event, Unreadable
from shared.decider import View
from shared.links import OPEN, ToCalendar, ToInvites, ToPerson, Verb
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.reader import NotVisible, UnknownMember
from shared.texts.language import Language, asked_for, language

CALENDAR: Final = "calendar"
"""What stands before the token of a calendar feed."""
FEEDS_WAITING_MAX: Final = 20
"""Feeds that are written, or wait for it, in one process: of the largest ones some ten seconds of work."""
LINK: Final = "link"
"""The field with the token of the invites that a form lists."""
A = TypeVar("A")


class MemberPages:
    """The pages below `/open` and `/me`."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._pages = Pages(deps.brand)
        self._visits = Visits(deps)
        self._importing = Importing(deps, self._visits)
        self._headers = headers(deps.brand)
        self._home = f"{deps.path}/me"
        self._writer = ThreadPoolExecutor(1, "calendar")  # one at a time: a click and a page go before feeds
        self._feeds = 0

    def app(self) -> Starlette:
        """Return what an ASGI server runs."""
        path, home = self._deps.path, self._home
        routes = [
            Route(f"{path}/{OPEN}/{{token}}", self._open, methods=["GET", "POST"]),
            Route(home, self._today, methods=["GET", "POST"]),
            Route(f"{home}/with/{{token}}", self._person, methods=["GET", "POST"]),
            Route(f"{home}/preferences", self._wishes, methods=["GET", "POST"]),
            Route(f"{home}/year", self._year, methods=["GET"]),
            Route(f"{home}/import", self._import, methods=["GET", "POST"]),
            Route(f"{home}/leave", self._leave, methods=["POST"]),
            Route(f"{path}/{CALENDAR}/{{token}}.ics", self._calendar, methods=["GET"]),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._refusal, Exception: self._failure})
        app.router.redirect_slashes = False
        return app

    async def _open(self, request: Request) -> Response:
        """Ask, and let in."""
        check_size(request)
        link = self._visits.opened(request.path_params["token"])
        if request.method != "POST":
            lang = language(link.locale) if link.locale else browsers(request)
            return self._page(self._pages.ask(self._frame(lang)))
        home = f"{self._home}/preferences" if link.place == "preferences" else self._home
        answer = RedirectResponse(home, HTTPStatus.SEE_OTHER, self._headers)
        self._visits.begin(link, answer)
        return answer

    async def _leave(self, request: Request) -> Response:
        await self._visits.form(request, self._visits.guest(request))
        answer = self._page(self._pages.trouble("left", self._frame(browsers(request))))
        self._visits.end(answer)
        return answer

    async def _today(self, request: Request) -> Response:
        return await self._serve(request, self._home, today.today, self._pages.today)

    async def _wishes(self, request: Request) -> Response:
        return await self._serve(request, f"{self._home}/preferences", wishes.wishes, self._pages.wishes)

    async def _year(self, request: Request) -> Response:
        return await self._serve(request, f"{self._home}/year", year.year, self._pages.year)

    async def _import(self, request: Request) -> Response:
        """Show what was uploaded, or take a file in."""
        guest, here = self._visits.guest(request), f"{self._home}/import"
        if request.method == "POST":
            await self._read(guest.member, lambda _: None)  # of whom nothing is known, or no more, no file is taken in
            await self._importing.act(request, guest)
            return RedirectResponse(here, HTTPStatus.SEE_OTHER, self._headers)
        shown = await self._importing.shown(guest)
        lang, _ = await self._read(guest.member, lambda view: language(view.profile.preferences.locale))
        return self._page(self._pages.importing(shown, self._frame(lang, guest, here)))

    async def _person(self, request: Request) -> Response:
        guest, token = self._visits.guest(request), request.path_params["token"]
        link = self._deps.keys.open(token)
        if not isinstance(link, ToPerson) or link.member != guest.member:
            raise HTTPException(HTTPStatus.NOT_FOUND)

        def question(making: Making) -> person.PersonPage:
            found = person.page(making, link.contact_id)
            if found is None:
                raise UnknownMember
            return found

        return await self._serve(request, f"{self._home}/with/{token}", question, self._pages.person)

    async def _calendar(self, request: Request) -> Response:
        """Give a member's calendar to whoever has the address that they made last."""
        check_size(request)
        link = self._deps.keys.open(request.path_params["token"])
        if not isinstance(link, ToCalendar):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        self._visits.take_feed(f"{link.member}/{link.mark}")
        now = self._deps.now()

        def question(view: View[Profile, Item]) -> calendar.Found:
            if mark_of(view.profile.preferences) != link.mark:
                raise UnknownMember
            return calendar.find(view, now)

        found, _ = await self._read(link.member, question)
        text = await self._written(found, now)
        tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
        head = {**self._headers, "etag": tag, "cache-control": "private, no-cache"}
        if matches(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=head)
        return Response(text, HTTPStatus.OK, head, "text/calendar")

    async def _written(self, found: calendar.Found, now: datetime) -> bytes:
        """Return a feed, written in a thread of its own: a large one takes as long as thousands of other answers."""
        if self._feeds >= FEEDS_WAITING_MAX:
            raise later()
        name = self._deps.brand.name
        self._feeds += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writer, calendar.text, found, now, name)
        finally:
            self._feeds -= 1

    async def _serve(
        self, request: Request, here: str, question: Callable[[Making], A], render: Callable[[A, Frame], str]
    ) -> Response:
        """Show a page, or say what was pressed on it and lead back to it."""
        guest = self._visits.guest(request)
        if request.method == "POST":
            return await self._act(request, guest, here)
        now, deps = self._deps.now(), self._deps

        def asked(view: View[Profile, Item]) -> tuple[A, Language]:
            making = Making(view, now, deps.keys.seal, deps.brand)
            return question(making), making.lang

        (found, lang), late = await self._read(guest.member, asked, request.query_params.get("at", ""))
        did = request.query_params.get("did", "") if same_site(request) else ""  # others' links say nothing
        frame = self._frame(lang, guest, here, did, late=late)
        return self._page(render(found, frame))

    async def _read(
        self, member: str, question: Callable[[View[Profile, Item]], A], written: str = ""
    ) -> tuple[A, bool]:
        """Return the answer to a question, and whether it does not know yet of what was just written."""
        members = self._deps.members
        try:
            after = positions_from_text(written).get(members.partition_of(member)) if written else None
        except ValueError:
            after = None  # whoever writes an address by hand waits for nothing
        try:
            try:
                return await members.read(member, question, after), False
            except NotVisible:
                return await members.read(member, question), True
        except UnknownMember:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        except Uncertain:
            raise later() from None

    async def _act(self, request: Request, guest: Guest, here: str) -> Response:
        body, fields = await self._visits.form(request, guest)
        preferences, _ = await self._read(guest.member, lambda view: view.profile.preferences)
        now, shown = self._deps.now(), fields.get(forms.SHOWN, "")
        try:
            if (token := fields.get(LINK)) is not None:
                answers, did = self._answers(body, token, fields.get(forms.DO, ""), guest, shown)
            else:
                click = forms.click_of(list(fields.items()), preferences, now)
                answers, did = [forms.event(click, guest.member, shown, now, self._deps.channels)], click.sent_as
        except AddressRefused as fault:
            html = self._pages.address(fault.fault, self._frame(language(preferences.locale)))
            return self._page(html, HTTPStatus.UNPROCESSABLE_ENTITY)
        except (BadChoice, Unreadable) as fault:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(fault)) from None
        query = urlencode({"did": did, "at": await self._say(answers)})
        return RedirectResponse(f"{here}?{query}", HTTPStatus.SEE_OTHER, self._headers)

    def _answers(self, body: bytes, token: str, do: str, guest: Guest, shown: str) -> tuple[Sequence[Event], str]:
        """Return what is said of the invites that a form lists, and what the next page says about it."""
        link = self._deps.keys.open(token)
        if not isinstance(link, ToInvites) or link.member != guest.member or do not in {"let_go", "keep"}:
            raise BadChoice("link: names no invites of this page")
        verb: Verb = "let-go" if do == "let_go" else "keep"
        choice = choice_of("let-go", body, link) if verb == "let-go" else all_of(link)
        answers = actions.events(verb, token, link, self._deps.now(), choice, shown)
        if do == "let_go" and choice.rest:
            do = "let_go_rest"  # whoever no page lists cannot be taken back from one
        return answers, "keep" if choice.empty else do

    async def _say(self, events: Sequence[Event]) -> str:
        """Append events; return where they stand."""
        outcomes = await self._deps.outbox.say(events)
        stand = [one for one in outcomes if not isinstance(one, NotTaken)]
        if len(stand) < len(events):
            raise later()
        for event in events:
            structlog.get_logger(service="gateway").info(
                "a click was published", id=event.id, member=event.member, type=event.type
            )
        return positions_text(stand)

    def _frame(
        self, lang: Language, guest: Guest | None = None, here: str = "", did: str = "", *, late: bool = False
    ) -> Frame:
        mark = "" if guest is None else guest.mark
        calendars, deps = f"{self._deps.base}/{CALENDAR}", self._deps
        imports, channels = deps.imports is not None, deps.channels is not None
        return Frame(
            self._home, here, mark, str(to_ms(self._deps.now())), did, late, calendars, lang, imports, channels
        )

    def _page(self, html: str, status: int = HTTPStatus.OK, more: Mapping[str, str] | None = None) -> Response:
        return Response(html, status, {**self._headers, **(more or {})}, "text/html")

    async def _refusal(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        html = self._pages.trouble(_trouble(error.status_code, error.detail), self._frame(browsers(request)))
        return self._page(html, error.status_code, error.headers)

    async def _failure(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - starlette's signature
        html = self._pages.trouble("failed", self._frame(browsers(request)))
        return self._page(html, HTTPStatus.INTERNAL_SERVER_ERROR)


def beside(pages: ASGIApp, own: ASGIApp, path: str = "") -> ASGIApp:
    """Return what serves a member's own pages below `{path}/open`, `/me` and `/calendar`, and all else as `pages` does."""
    home = f"{path}/me"
    below = (f"{home}/", f"{path}/{OPEN}/", f"{path}/{CALENDAR}/")

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["path"] == home or scope["path"].startswith(below)
        await (own if mine else pages)(scope, receive, send)

    return serve


def browsers(request: Request) -> Language:
    """Return the language of a page that shows nothing of a member: what the browser asks for."""
    return asked_for(request.headers.get("accept-language", ""))


def _trouble(status: int, detail: str) -> str:
    """Return under which name the words for what went wrong stand."""
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.GONE):
        return "forged" if detail == "forged" else "closed"
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return "busy"
    return "unknown" if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) else "refused"
