"""The links of a mail, as whoever puts it into words is given them. How they are made is no business of the words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Answers(NamedTuple):
    """The links by which a member answers one follow-up."""

    done: str
    later: str


class Choice(NamedTuple):
    """The links by which a member answers what is asked about invites."""

    let_go: str
    keep: str


class Links(NamedTuple):
    """The links of one mail."""

    unsubscribe: str
    answers: Callable[[str, str], Answers]
    """For a follow-up, by its id and what it is about."""
    again: Callable[[str, str], str]
    """For a rule that has gone quiet, by its name and what it is about."""
    more: Callable[[Sequence[tuple[str, str]], int], str]
    """For the follow-ups that the mail only counts, by their ids and what they are about, and how many others there are;
    empty where no link holds even the first."""
    invites: Callable[[Sequence[tuple[str, str]], str, int], Choice]
    """For invites, by the ids and names of those that are shown, the id of their proposal (empty: none) and how many others
    it has."""
    page: str = ""
    """To the member's own page; empty where there is none."""
    preferences: str = ""
    """The same, to its preferences."""
