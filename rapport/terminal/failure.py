"""What a command could not do, as one line for people."""

from __future__ import annotations


class Failure(Exception):
    """The command failed; the message is one line that says why, and the way out where there is one."""

    exit_code = 1


class Unanswerable(Failure):
    """The question has no answer as it was asked: `field` (an item, a member) is to be another one."""

    def __init__(self, why: str, field: str) -> None:
        super().__init__(why)
        self.field = field


class NothingFound(Failure):
    """What is asked about is not known: a member, or an item of theirs."""
