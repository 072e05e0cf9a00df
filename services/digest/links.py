"""The links of a mail, as whoever puts it into words is given them. How they are made is no business of the words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Answers(NamedTuple):
    """The links by which a member answers one follow-up."""

    done: str
    later: str


class Links(NamedTuple):
    """The links of one mail."""

    unsubscribe: str
    answers: Callable[[str, str], Answers]
    """For a follow-up, by its id and what it is about."""
