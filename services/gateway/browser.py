"""A browser that is let in: its sealed cookie, the mark of the forms that it was shown, and what it is refused.

No script reads the cookie, and what it holds is kept nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.link_pages import URL_BYTES_MAX
from shared.links import LinkKeys, Mark, Sealed

SAME_SITE: Final = frozenset({"same-origin", "none"})
"""What browsers say of where a request comes from (`Sec-Fetch-Site`) when no other site has sent it."""


@dataclass(frozen=True, slots=True)
class SealedCookie:
    """The cookie in which a browser keeps who it was let in for."""

    name: str
    keys: LinkKeys
    secure: bool
    """Whether it is sent over TLS alone."""
    same_site: Literal["lax", "strict"]
    """Whether it comes along when another site leads here."""
    of: str = ""
    """Goes into the marks, so that those of one cookie are none of another."""

    def opened(self, request: Request) -> Sealed | None:
        """Return what it holds, as far as it was sealed here."""
        return self.keys.open(self._value(request))

    def mark(self, request: Request) -> str:
        """Return what forms of this visit have in them: nobody who has not seen the page can make it."""
        return self.keys.seal(Mark(hashlib.sha256(f"{self.of}{self._value(request)}".encode()).hexdigest()[:32]))

    def set(self, answer: Response, value: str, seconds: int) -> None:
        """Have a browser keep it for so long; without a value, forget it."""
        answer.set_cookie(
            self.name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite=self.same_site
        )

    def _value(self, request: Request) -> str:
        return request.cookies.get(self.name, "")


def check_mark(given: str, mark: str) -> None:
    """Refuse a form that this visit was not shown: 403."""
    if not hmac.compare_digest(given.encode(), mark.encode()):
        raise HTTPException(HTTPStatus.FORBIDDEN, "forged")


def same_site(request: Request) -> bool:
    """Tell whether no other site has sent it, as far as the browser says so."""
    return request.headers.get("sec-fetch-site", "same-origin") in SAME_SITE


def check_site(request: Request) -> None:
    """Refuse what another site has sent: 403."""
    if not same_site(request):
        raise HTTPException(HTTPStatus.FORBIDDEN, "forged")


def check_size(request: Request) -> None:
    """Refuse an address that is too long: 414."""
    if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > URL_BYTES_MAX:
        raise HTTPException(HTTPStatus.REQUEST_URI_TOO_LONG)


def later() -> HTTPException:
    """Return that the same request may be served in a moment."""
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers={"retry-after": str(RETRY_AFTER_SECONDS)})
