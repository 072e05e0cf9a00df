"""Who may: every request has a key or a member's token, and every route says which scope it needs.

A key is a product's. A token is for one member's pages, and speaks for nobody else. Both stand in the header
`Authorization: Bearer ...`, never in an address, which logs and histories keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from fastapi import Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from services.gateway.api.access.keys import Scope
from services.gateway.api.paths import whole
from services.gateway.api.problems import Problem

CHALLENGE: Final = {"www-authenticate": 'Bearer realm="rapport"'}
_STATE: Final = "principal"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a request comes from."""

    key: str
    """The id of the key; of a token, that of the key which made it."""
    name: str
    scopes: frozenset[str]
    member: str | None = None
    """Whom a token speaks for; None for a key, which speaks for all."""


Authenticate: TypeAlias = Callable[[str], Principal]
"""Returns who has these credentials (what stands after `Bearer`); `Problem` 401, or 503 where that cannot be told."""


class Needs(HTTPBearer):
    """Lets a request pass whose principal has the scope and, where the path names a member, speaks for them.

    `keys_only`: a member's token does not suffice.
    """

    def __init__(self, scope: Scope, *, keys_only: bool) -> None:
        super().__init__(scheme_name="key", description="An API key, or a member's token.", auto_error=False)
        self.scope = scope
        self.keys_only = keys_only

    async def __call__(self, request: Request) -> Principal:  # type: ignore[override]  # what it lets pass
        """Return whom the request comes from; `Problem` 403 where they may not."""
        principal = principal_of(request)
        if self.scope not in principal.scopes:
            raise Problem(HTTPStatus.FORBIDDEN, f"needs the scope {self.scope}")
        if principal.member is not None:
            about = request.path_params.get("member")
            if self.keys_only or about is None or whole(about) != principal.member:
                raise Problem(HTTPStatus.FORBIDDEN, "a member's token speaks for that member alone, and not for this")
        return principal


def needs(scope: Scope, *, keys_only: bool = False) -> Any:
    """Return what stands beside `Principal` in a route's parameter, as in `Annotated[Principal, ...]`."""
    return Security(Needs(scope, keys_only=keys_only), scopes=[scope])


def principal_of(request: Request) -> Principal:
    """Return whom a request comes from."""
    principal: Principal | None = request.scope["state"].get(_STATE)
    if principal is None:  # a route that is open: it has nobody to ask
        raise Problem(HTTPStatus.UNAUTHORIZED, headers=CHALLENGE)
    return principal


def credentials(header: bytes | None) -> str:
    """Return what stands after `Bearer`; `Problem` 401 where it does not."""
    if header is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "authorization: is missing", headers=CHALLENGE)
    scheme, _, given = header.decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Problem(HTTPStatus.UNAUTHORIZED, "authorization: must be Bearer and a key", headers=CHALLENGE)
    return given.strip()


def let_in(scope: Any, principal: Principal) -> None:
    """Note whom a request comes from."""
    scope.setdefault("state", {})[_STATE] = principal
