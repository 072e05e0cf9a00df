"""How far an import is, as it stands in the store and as it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.fields import Instant
from shared.importing.importer import Found, Rejected

State = Literal["reading", "waiting", "publishing", "done", "refused", "interrupted"]
REJECTED_MAX: Final = 50
"""Of what cannot be read, that are told one by one."""
NAMES_MAX: Final = 12
"""People who are named."""


class Unread(BaseModel):
    """Something of the file that cannot be read."""

    where: str
    reason: str


class ImportStatus(BaseModel):
    """An import, and how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0d0b6a4c9e7f4d1e8a53b3a1f0c2d4e6", "state": "waiting", "file": "Connections.csv",
                    "kind": "linkedin", "expires": "2026-11-24T09:30:00.000Z", "bytes": 41_280, "bytes_read": 41_280,
                    "read": 312, "events": {"contact.connected": 311, "import.completed": 1}, "acknowledged": 0,
                    "people": 311, "names": ["Zoé Moreau"], "left_out": {}, "files_refused": [],
                    "rejected": [{"where": "Connections.csv line 17", "reason": "Connected On: is no date"}],
                    "rejected_more": 0,
                }
            ]
        }
    )  # fmt: skip

    id: str
    state: State
    """`waiting`: it counts once it is confirmed. `interrupted`: its process died; confirm it, or upload the file again."""
    file: str
    """As it was called; what is no plain character is left out."""
    kind: str | None = None
    """`linkedin`, `calendar`, `contacts` or `facebook`."""
    expires: Instant
    """From then on nothing of it is kept here."""
    bytes: int
    bytes_read: int = 0
    read: int = 0
    """Rows, events or cards."""
    events: dict[str, int] = Field(default_factory=dict)
    """What is published, or would be: by type without `rapport.`."""
    acknowledged: int = 0
    """Events that Kafka has acknowledged."""
    people: int = 0
    """Who are in it."""
    names: list[str] = Field(default_factory=list)
    """The first of them."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """What is none of our business, by the reason."""
    files_refused: list[Unread] = Field(default_factory=list)
    rejected: list[Unread] = Field(default_factory=list)
    rejected_more: int = 0
    reason: str | None = None
    """Why it was refused or interrupted."""

    @property
    def total(self) -> int:
        """How many events it has."""
        return sum(self.events.values())


class Kept(ImportStatus):
    """What is kept of it."""

    at: Annotated[datetime, Field(description="When its process last said so.")]
    incarnation: int = 0
    """Of the member when it began. 0: they were never erased, known or not."""

    def status(self) -> ImportStatus:
        """Return it as it is told."""
        return ImportStatus(**self.model_dump(exclude={"at", "incarnation"}))

    def note(self, found: Found) -> None:
        """Take in what the file holds."""
        self.read, self.left_out = found.read, dict(found.left_out)
        self.files_refused = _unread(found.files_refused)
        self.rejected = _unread(found.rejected)
        self.rejected_more = found.rejected_more + max(len(found.rejected) - REJECTED_MAX, 0)


def stored(kept: Kept) -> bytes:
    """Return what is kept of an import as the store has it."""
    return kept.model_dump_json().encode()


def _unread(found: tuple[Rejected, ...]) -> list[Unread]:
    return [Unread(where=one.where, reason=one.reason) for one in found[:REJECTED_MAX]]
