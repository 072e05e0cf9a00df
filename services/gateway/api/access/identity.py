"""Tells whom a request comes from, by the key or the token that it has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import structlog

from services.gateway.api.access import tokens
from services.gateway.api.access.keys import ApiKeys, KeysUnreadable
from services.gateway.api.access.principals import CHALLENGE, Principal
from services.gateway.api.access.tokens import MemberTokens
from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.problems import Problem, later


class Identity:
    """Knows keys and members' tokens. While the file of keys cannot be read, nobody is known and nobody refused for good."""

    def __init__(self, keys: ApiKeys, members: MemberTokens, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._members = members
        self._now = now
        self._reported: str | None = None

    def __call__(self, given: str) -> Principal:
        """Return whose key or token was given; `Problem` 401, or 503."""
        try:
            principal = self._of_token(given) if given.startswith(tokens.PREFIX) else self._of_key(given)
        except KeysUnreadable as error:
            self._tell(str(error))
            raise later(RETRY_AFTER_SECONDS, "the keys cannot be read just now") from error
        self._reported = None
        if principal is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "authorization: is no key that works here", headers=CHALLENGE)
        return principal

    def _of_key(self, given: str) -> Principal | None:
        key = self._keys.find(given)
        return None if key is None else Principal(key.id, key.name, frozenset(key.scopes))

    def _of_token(self, given: str) -> Principal | None:
        token = self._members.open(given, self._now())
        if token is None or not self._keys.works(token.key):
            return None
        return Principal(token.key, "member", frozenset(token.scopes), token.member)

    def _tell(self, why: str) -> None:
        """Say it once, and not for each request."""
        if why != self._reported:
            self._reported = why
            structlog.get_logger(service="gateway").error(f"the keys cannot be read: {why}")
