"""Who is let in to the operators' page: whoever has given a key with the scope `operate`, for an hour.

The key is typed into a form once. The browser keeps not the key but a sealed cookie with its id, which no script reads and
no other site's page can have sent (`SameSite=Strict`); it ends with the key. A form has a mark of its visit, as members' do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.api.access.keys import KeysUnreadable
from services.gateway.api.access.principals import Authenticate, Principal
from services.gateway.api.limits import Rates
from services.gateway.api.problems import Problem
from services.gateway.browser import SealedCookie, check_mark, check_site, check_size, later
from services.gateway.link_pages import read_body
from services.gateway.port import Operators
from shared.links import Desk, LinkKeys
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver
from shared.texts.brand import OURS, Brand

VISIT: Final = timedelta(hours=1)
COOKIE: Final = "rapport-operate"
COOKIE_SECURE: Final = f"__Host-{COOKIE}"
SCOPE: Final = "operate"
FORM_BYTES_MAX: Final = 16_384
FIELDS_MAX: Final = 10
MARK: Final = "mark"
KEY: Final = "key"


@dataclass(frozen=True, slots=True)
class OperatorDeps:
    """What the pages work with. `scopes_of`: what a key may by its id, nothing once it is revoked (`KeysUnreadable`)."""

    system: Operators
    keys: LinkKeys
    authenticate: Authenticate
    scopes_of: Callable[[str], frozenset[str]]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    base: str
    """The public address. Proxies leave its path as it is."""
    brand: Brand = OURS
    observer: HttpObserver = SILENT_HTTP

    @property
    def path(self) -> str:
        """The path of the public address."""
        return urlsplit(self.base).path


@dataclass(frozen=True, slots=True)
class Operator:
    """Who looks."""

    key: str
    mark: str


class Entry:
    """Knows who looks, and lets in."""

    def __init__(self, deps: OperatorDeps) -> None:
        self._deps = deps
        self._rates = Rates(deps.monotonic)
        secure = deps.base.startswith("https://")
        self._cookie = SealedCookie(COOKIE_SECURE if secure else COOKIE, deps.keys, secure, "strict", "operate ")

    def operator(self, request: Request) -> Operator:
        """Return who looks; 403 where nobody was let in, the hour is over, or the key has lost the scope."""
        check_size(request)
        desk = self._cookie.opened(request)
        if not isinstance(desk, Desk) or desk.expired(self._deps.now()) or SCOPE not in self._scopes(desk.key):
            raise HTTPException(HTTPStatus.FORBIDDEN, "closed")
        self._rates.take(desk.key)
        return Operator(desk.key, self._cookie.mark(request))

    async def enter(self, request: Request) -> Principal:
        """Return whose key a form has; 403 or 429 where it is none that may, 503 where that cannot be told."""
        check_size(request)
        given = (await self._fields(request)).get(KEY, "").strip()
        try:
            principal = self._deps.authenticate(given)
        except Problem as problem:
            if problem.status == HTTPStatus.UNAUTHORIZED:
                self._deps.observer.key_refused()
                self._rates.take("")  # of wrong ones alone: a flood of them keeps no right one out
            raise
        if principal.member is not None or SCOPE not in principal.scopes:
            raise HTTPException(HTTPStatus.FORBIDDEN, "scope")
        return principal

    def begin(self, principal: Principal, answer: Response) -> None:
        """Let a browser in by its answer."""
        until = int((self._deps.now() + VISIT).timestamp())
        self._cookie.set(answer, self._deps.keys.seal(Desk(principal.key, until)), int(VISIT.total_seconds()))
        structlog.get_logger(service="gateway").info(
            "the operators' page was opened", key=principal.key, name=principal.name
        )

    def end(self, answer: Response) -> None:
        """Let a browser forget that it was let in."""
        self._cookie.set(answer, "", 0)

    async def form(self, request: Request, operator: Operator) -> dict[str, str]:
        """Return a form that this visit was shown; 403 for any other."""
        fields = await self._fields(request)
        check_mark(fields.get(MARK, ""), operator.mark)
        return fields

    async def _fields(self, request: Request) -> dict[str, str]:
        """Return the fields of a form of this very site; 403 where another site has sent it."""
        check_site(request)
        body = await read_body(request, FORM_BYTES_MAX)
        try:
            return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX))
        except ValueError:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY) from None

    def _scopes(self, key: str) -> frozenset[str]:
        try:
            return self._deps.scopes_of(key)
        except KeysUnreadable as error:
            raise later() from error
