"""Visits to a member's own pages: a link lets a browser in for an hour, by a cookie that holds the visit, sealed.

A form of a page has a mark of its visit, so nobody who has not seen the page can make one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.api.access.keys import KeysUnreadable
from services.gateway.api.actions.channels import ChannelSeal
from services.gateway.api.events.outbox import Outbox
from services.gateway.api.importing.work import Imports
from services.gateway.api.limits import Rates
from services.gateway.api.members import Members
from services.gateway.browser import SealedCookie, check_mark, check_site, check_size, later
from services.gateway.choice import BadChoice
from services.gateway.link_pages import read_body
from services.gateway.personal import forms
from shared.links import LinkKeys, ToPage, Visit
from shared.texts.brand import OURS, Brand

VISIT: Final = timedelta(hours=1)
"""How long a browser shows the pages after the button was clicked."""
COOKIE: Final = "rapport-page"
COOKIE_SECURE: Final = f"__Host-{COOKIE}"
"""With that name browsers take it over TLS alone, for this host alone (RFC 6265bis, 4.1.3.2)."""
FEEDS_PER_SECOND: Final = 0.1
"""Of one address of a calendar, for as long as it likes: programs ask some times a day, and a feed takes long to write."""
FEEDS_AT_ONCE: Final = 12
"""Of one address, after a pause: a member has several programs."""
FORM_BYTES_MAX: Final = 16_384
"""The longest form: ticks, and the token of the invites that they are about, percent-encoded."""


@dataclass(frozen=True, slots=True)
class Deps:
    """What the pages work with. `works`: whether an API key is still one; a visit that came by it ends with it."""

    keys: LinkKeys
    outbox: Outbox
    members: Members
    works: Callable[[str], bool]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    base: str
    """The public address. Proxies leave its path as it is."""
    brand: Brand = OURS
    imports: Imports | None = None
    """None: there is no store to keep imports in."""
    channels: ChannelSeal | None = None
    """None: there is no secret that lasts, under which addresses of channels could be sealed."""

    @property
    def path(self) -> str:
        """The path of the public address."""
        return urlsplit(self.base).path

    @property
    def secure(self) -> bool:
        """Whether members come over TLS."""
        return self.base.startswith("https://")


@dataclass(frozen=True, slots=True)
class Guest:
    """Whose pages a browser shows."""

    member: str
    mark: str


class Visits:
    """Knows whose pages a browser shows, and lets it in."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._rates = Rates(deps.monotonic)
        self._feeds = Rates(deps.monotonic, FEEDS_PER_SECOND, FEEDS_AT_ONCE)
        self._cookie = SealedCookie(COOKIE_SECURE if deps.secure else COOKIE, deps.keys, deps.secure, "lax")

    def opened(self, token: str) -> ToPage:
        """Return the link to a page; `HTTPException` 404 where it is none, 410 where it has had its time."""
        link = self._deps.keys.open(token)
        if not isinstance(link, ToPage):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if link.expired(self._deps.now()) or not self._key_works(link.key):
            raise HTTPException(HTTPStatus.GONE)
        return link

    def begin(self, link: ToPage, answer: Response) -> None:
        """Let a browser in by its answer."""
        until = int((self._deps.now() + VISIT).timestamp())
        visit = Visit(link.member, until, link.key)
        self._cookie.set(answer, self._deps.keys.seal(visit), int(VISIT.total_seconds()))
        structlog.get_logger(service="gateway").info("a member's page was opened", member=link.member, key=link.key)

    def end(self, answer: Response) -> None:
        """Let a browser forget whom it shows."""
        self._cookie.set(answer, "", 0)

    def take_feed(self, address: str) -> None:
        """Count a request for a calendar; 429 where it is one too many of this address."""
        self._feeds.take(address)

    async def form(self, request: Request, guest: Guest) -> tuple[bytes, dict[str, str]]:
        """Return a form that this visit was shown; 403 for any other."""
        check_site(request)
        body = await read_body(request, FORM_BYTES_MAX)
        try:
            fields = dict(forms.fields_of(body))
        except BadChoice as fault:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(fault)) from None
        check_mark(fields.get(forms.MARK, ""), guest.mark)
        return body, fields

    def guest(self, request: Request) -> Guest:
        """Return whose pages this browser shows; 403 where there is no visit, or it is over."""
        check_size(request)
        visit = self._cookie.opened(request)
        if not isinstance(visit, Visit) or visit.expired(self._deps.now()) or not self._key_works(visit.key):
            raise HTTPException(HTTPStatus.FORBIDDEN, "closed")
        self._rates.take(visit.member)
        return Guest(visit.member, self._cookie.mark(request))

    def _key_works(self, key: str) -> bool:
        """Whether what came by an API key still holds; of a mail's link there is none."""
        try:
            return not key or self._deps.works(key)
        except KeysUnreadable as error:
            raise later() from error
