"""Whom an event introduces by name, wherever it says so: an invite, a connection, a gathering, a name, a word in passing."""

from __future__ import annotations

from functools import cache

from shared.contracts.events.event import EventData
from shared.contracts.events.people.contact import Contact, ContactNamed


def introduced(data: EventData) -> tuple[Contact, ...]:
    """Return the people whom an event names, as it names them; none for most."""
    named = _naming(type(data))
    if named is None:
        return ()
    if isinstance(data, ContactNamed):
        return (
            Contact.model_construct(
                id=data.contact_id, name=data.name, headline=data.headline, profile_url=data.profile_url
            ),
        )
    people = getattr(data, named)
    return people if isinstance(people, tuple) else () if people is None else (people,)


@cache  # of types of events alone: what a type lacks is long to look for in each event
def _naming(kind: type[EventData]) -> str | None:
    """Return the field in which events of a type name people as they introduce them; of a name, its own."""
    if issubclass(kind, ContactNamed):
        return "name"
    return next((name for name in ("contact", "met") if name in kind.model_fields), None)
