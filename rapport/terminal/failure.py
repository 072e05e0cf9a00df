"""What a command could not do, as one line for people."""

from __future__ import annotations


class Failure(Exception):
    """The command failed; the message is one line that says why, and the way out where there is one."""


class NothingFound(Failure):
    """What is asked about is not known: a member, or an item of theirs."""
