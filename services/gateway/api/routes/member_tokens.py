"""Makes tokens for members' pages and apps: a product asks with its key, and hands the token to the member's browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.api.access import tokens
from services.gateway.api.access.principals import Principal, needs
from services.gateway.api.access.tokens import MemberToken
from services.gateway.api.parts import Parts
from services.gateway.api.paths import MemberId
from services.gateway.api.problems import Problem
from shared.contracts.fields import Instant

Asks = Annotated[Principal, needs("act", keys_only=True)]


class TokenWish(BaseModel):
    """What a token is to be good for."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"scopes": ["read", "act"], "seconds": 900}]}
    )

    scopes: Annotated[
        list[Literal["read", "act"]], Field(min_length=1, max_length=2, description="Those that the key has, too.")
    ] = ["read"]
    seconds: Annotated[int, Field(ge=1, le=tokens.SECONDS_MAX)] = tokens.SECONDS


class TokenMade(BaseModel):
    """A token, which is kept nowhere."""

    token: str
    scopes: list[str]
    expires: Instant
    page: str | None = None
    """With both scopes: a link to the member's own page. It opens until the token expires, and shows the page for an hour."""


def router(parts: Parts) -> APIRouter:
    """Return the route."""
    made = APIRouter(tags=["members"])

    @made.post("/members/{member}/tokens", status_code=HTTPStatus.CREATED)
    async def make_token(principal: Asks, member: MemberId, wish: TokenWish) -> TokenMade:
        """Make a token that speaks for one member, for a short while."""
        if missing := sorted(set(wish.scopes) - principal.scopes):
            raise Problem(HTTPStatus.FORBIDDEN, f"scopes: the key itself has not {', '.join(missing)}")
        if not parts.tokens.able:
            raise Problem(HTTPStatus.NOT_IMPLEMENTED, "there is no secret to seal tokens with: RAPPORT_LINK_SECRET")
        scopes: list[str] = sorted(set(wish.scopes))
        until = int((parts.now() + timedelta(seconds=wish.seconds)).timestamp())
        sealed = parts.tokens.seal(MemberToken(member, tuple(scopes), until, principal.key))
        structlog.get_logger(service="gateway").info(
            "a member's token was made", key=principal.key, name=principal.name, member=member, scopes=scopes
        )
        page = parts.page(member, until, principal.key) if parts.page is not None and len(scopes) > 1 else None
        return TokenMade(token=sealed, scopes=scopes, expires=datetime.fromtimestamp(until, UTC), page=page)

    return made
