"""Gatherings: events of an evening or a few days where a member meets people."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from shared.contracts import limits
from shared.contracts.events.activity import Activity
from shared.contracts.events.people.contact import Contact
from shared.contracts.fields import Id, Name, ids_are_unique


class GatheringAttended(Activity):
    """The member was there, and met these people."""

    TYPE: ClassVar[str] = "rapport.gathering.attended"
    CODE: ClassVar[str] = "ga"
    gathering_id: Id
    name: Name
    met: Annotated[tuple[Contact, ...], Field(max_length=limits.LIST_ITEMS_MAX)] = ()
    as_guest_of: Id | None = None
    """The contact who took the member along."""

    @field_validator("met")
    @classmethod
    def _each_once(cls, met: tuple[Contact, ...]) -> tuple[Contact, ...]:
        if not ids_are_unique(contact.id for contact in met):
            raise ValueError("must not name the same twice")
        return met
