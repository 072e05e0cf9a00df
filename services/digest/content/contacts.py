"""The people whom a digest names, as they are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.digest.model.state import CONTACT, Item, Person, Profile
from shared.decider import View
from shared.texts.person_links import SAFE
from shared.texts.sentences import SOMEBODY


def people_of(view: View[Profile, Item], ids: Iterable[str]) -> dict[str, Person]:
    """Return those of the people who are known, by their ids; `Missing` names those that must be loaded first."""
    found = view.need(CONTACT + contact_id for contact_id in sorted(ids))
    return {key.removeprefix(CONTACT): item for key, item in found if isinstance(item, Person)}


def name_of(people: Mapping[str, Person], contact_id: str) -> str:
    """Return what to call somebody."""
    person = people.get(contact_id)
    return plain_name(person.name.text if person else "") or str(SOMEBODY)


def profile_of(person: Person | None) -> str:
    """Return the address of somebody's page where a mail may lead there: nobody on the way reads along."""
    url = "" if person is None else person.profile.text
    return url if url.startswith(SAFE) else ""


def plain_name(name: str | None) -> str:
    """Return a name as it may be shown; empty when there is none, or it is blanks alone, as topics may hold."""
    return (name or "").strip()
