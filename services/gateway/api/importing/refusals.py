"""Why nothing is done about an import that was asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from services.gateway.api.problems import Problem

NOT_READ: Final = "import_not_read"
JUST_CONFIRMED: Final = "import_just_confirmed"
CONFLICT: Final[dict[str, Any]] = {
    "description": f"`{NOT_READ}`: it was not read to its end, so upload the file again. `{JUST_CONFIRMED}`: somebody else"
    " has confirmed it at the same time, so ask how far it is.",
    "content": {
        "application/problem+json": {
            "schema": {
                "allOf": [{"$ref": "#/components/schemas/Problem"}],
                "type": "object",
                "required": ["code"],
                "properties": {"code": {"type": "string", "enum": [NOT_READ, JUST_CONFIRMED]}},
            }
        }
    },
}
"""Why an import cannot be confirmed, as the API's document has it."""


class JustConfirmed(Problem):
    """Somebody else has confirmed the same import at the same time."""

    def __init__(self) -> None:
        says = "it was confirmed at the same time: ask how far it is"
        super().__init__(HTTPStatus.CONFLICT, says, more={"code": JUST_CONFIRMED})


def gone() -> Problem:
    """Return that it is not there."""
    return Problem(HTTPStatus.NOT_FOUND, "there is no such import, or it is kept no longer")


def unread() -> Problem:
    """Return that it has no events yet."""
    says = "it was not read to its end: upload the file again"
    return Problem(HTTPStatus.CONFLICT, says, more={"code": NOT_READ})
