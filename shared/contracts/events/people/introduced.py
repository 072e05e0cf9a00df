"""Whom an event introduces by name, wherever it says so: an invite, a connection, a gathering, a name, a word in passing."""

from __future__ import annotations

from shared.contracts.events.event import EventData
from shared.contracts.events.people.contact import Contact, ContactNamed


def introduced(data: EventData) -> tuple[Contact, ...]:
    """Return the people whom an event names, as it names them; none for most."""
    if isinstance(data, ContactNamed):
        return (
            Contact.model_construct(
                id=data.contact_id, name=data.name, headline=data.headline, profile_url=data.profile_url
            ),
        )
    contact = getattr(data, "contact", None)
    return (contact,) if isinstance(contact, Contact) else tuple(getattr(data, "met", ()))
