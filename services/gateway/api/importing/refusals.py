"""Why nothing is done about an import that was asked for."""

from __future__ import annotations

from http import HTTPStatus

from services.gateway.api.problems import Problem


class JustConfirmed(Problem):
    """Somebody else has confirmed the same import at the same time."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.CONFLICT, "it was confirmed at the same time: ask how far it is")


def gone() -> Problem:
    """Return that it is not there."""
    return Problem(HTTPStatus.NOT_FOUND, "there is no such import, or it is kept no longer")


def unread() -> Problem:
    """Return that it has no events yet."""
    return Problem(HTTPStatus.CONFLICT, "it was not read to its end: upload the file again")
