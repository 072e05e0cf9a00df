"""Contacts: the people whom a member knows, and what the member decides about each of them."""

from __future__ import annotations

from calendar import monthrange
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from shared.contracts.events.activity import Activity
from shared.contracts.fields import Days, Id, Name, PersonName, Url

LEAP_YEAR = 2024


class Contact(BaseModel):
    """A person as an event introduces them; later events carry the id alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Id
    name: PersonName
    headline: Name | None = None
    profile_url: Url | None = None


class AboutContact(Activity):
    """An event about one contact who is known by id."""

    contact_id: Id


class DecidedOnContact(AboutContact):
    """What the member decides about a contact who is known by id."""

    contact: Contact | None = None
    """Who that is, where the product says so again; told once is enough."""


class ContactNamed(AboutContact):
    """What a contact is called from now on. What is left out stays as it was told before."""

    TYPE: ClassVar[str] = "rapport.contact.named"
    name: PersonName
    headline: Name | None = None
    profile_url: Url | None = None


class ContactJobChanged(AboutContact):
    """The contact has a new position."""

    TYPE: ClassVar[str] = "rapport.contact.job_changed"
    CODE: ClassVar[str] = "cj"
    contact: Contact | None = None
    """Who that is now, with the new headline, where the product says so; else what was told before stays."""


class ContactConnected(Activity):
    """The two are connected, by an invite or otherwise."""

    TYPE: ClassVar[str] = "rapport.contact.connected"
    CODE: ClassVar[str] = "cc"
    contact: Contact
    via_invite: Id | None = None
    """The invite that was accepted."""


class ContactRemoved(DecidedOnContact):
    """The connection has ended; all of the contact's follow-ups end with it."""

    TYPE: ClassVar[str] = "rapport.contact.removed"
    CODE: ClassVar[str] = "cr"


class ContactMuted(DecidedOnContact):
    """The member wants no follow-ups for this contact."""

    TYPE: ClassVar[str] = "rapport.contact.muted"
    CODE: ClassVar[str] = "cm"


class ContactUnmuted(DecidedOnContact):
    """The member wants follow-ups for this contact again."""

    TYPE: ClassVar[str] = "rapport.contact.unmuted"
    CODE: ClassVar[str] = "cu"


class ContactCadenceSet(DecidedOnContact):
    """The member wants to stay in touch at least every so many days."""

    TYPE: ClassVar[str] = "rapport.contact.cadence_set"
    every_days: Days | None = None
    """Null or absent: no cadence any more."""


class ContactDateSet(DecidedOnContact):
    """A day of the year to remember. The same label again replaces the day."""

    TYPE: ClassVar[str] = "rapport.contact.date_set"
    label: Name
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]

    @field_validator("day")
    @classmethod
    def _exists(cls, day: int, info: ValidationInfo) -> int:
        month = info.data.get("month")
        if month is not None and day > monthrange(LEAP_YEAR, month)[1]:
            raise ValueError("is no day of that month")
        return day
