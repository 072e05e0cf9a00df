"""The places of uploads in one process: so many in all, so many of one member."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import Final

from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.problems import later

HERE_MAX: Final = 4
"""Uploads of one process that come in, are read or wait for it; one more is told to come again."""
OF_MEMBER_MAX: Final = 2
"""Of these, one member's: one that is read, and one that takes its place."""


class Places:
    """Who has places."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()

    def take(self, member: str) -> None:
        """Take a place; `Problem` 429 where this member has enough, 503 where all are taken."""
        if self._of[member] >= OF_MEMBER_MAX:
            why = "uploads of this member are under way already"
            raise later(RETRY_AFTER_SECONDS, why, HTTPStatus.TOO_MANY_REQUESTS)
        if self._of.total() >= HERE_MAX:
            raise later(RETRY_AFTER_SECONDS, "others are uploading already")
        self._of[member] += 1

    def leave(self, member: str) -> None:
        """Give a place back."""
        self._of[member] -= 1
        self._of += Counter()  # without those that have none
