"""What an event from outside says, as a sentence about the member and those whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.digest.words.texts import MONTHS
from shared.contracts import ContactDateSet, Event, introduced
from shared.texts.catalogue import ENGLISH
from shared.texts.sentences import SOMEBODY

SENTENCES: Final = {
    kind.removeprefix("rapport."): texts.reported for kind, texts in ENGLISH.events.items() if texts.reported
}
"""By the event's type without `rapport.`; another one is said by its type."""
MEETINGS: Final = {"lunch": "a lunch", "in_person": "a meeting", "phone": "a phone call", "online": "an online chat"}
_WORDS: Final = ("why", "note", "what", "goal", "step", "outcome")


@dataclass(slots=True)
class People:
    """Names as events have told them so far: later events carry ids alone."""

    names: dict[str, str] = field(default_factory=dict)

    def learn(self, event: Event) -> None:
        """Take in whom an event introduces."""
        for person in introduced(event.data):
            self.names[person.id] = person.name

    def named(self, ids: Iterable[str]) -> str:
        """Return these people in words."""
        *others, last = [self.names.get(one, SOMEBODY) for one in ids] or ["nobody new"]
        return f"{', '.join(others)} and {last}" if others else last


def concerned(event: Event) -> tuple[str, ...]:
    """Return the ids of the people whom an event concerns."""
    data = event.data
    if ids := getattr(data, "contact_ids", ()):
        return tuple(ids)
    if contact_id := getattr(data, "contact_id", None):
        return (contact_id,)
    return tuple(person.id for person in introduced(event.data))


def deed(event: Event, me: str, people: People) -> str:
    """Return an event from outside as one sentence, with the member's own words where there are some."""
    kind = event.type.removeprefix("rapport.")
    sentence = SENTENCES.get(kind, "{me}: " + kind.replace(".", " ").replace("_", " "))
    filled = sentence.format_map({"me": me, **_parts(event, people)})
    words = [f"“{text}”" for name in _WORDS if (text := getattr(event.data, name, None))]
    return f"{filled}: {' '.join(words)}" if words else f"{filled}."


def counted(number: int, one: str) -> str:
    """Return a number with what it counts."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _invites(data: Any) -> str:
    """Return how many invites an answer is about; one to a whole proposal does not count them."""
    ids = getattr(data, "invite_ids", None)
    return "all that was proposed" if ids is None else counted(len(ids), "invite")


def _parts(event: Event, people: People) -> Mapping[str, Any]:
    data: Any = event.data
    due = getattr(data, "due", None)
    starts, host = getattr(data, "starts", None), getattr(data, "as_guest_of", None)
    place = f", at {data.place}" if getattr(data, "place", None) else ""
    return {
        "name": people.named(concerned(event)),
        "zone": getattr(data, "zone", None),
        "days": getattr(data, "every_days", None),
        "count": getattr(data, "count", None),
        "invites": _invites(data),
        "meeting": MEETINGS.get(getattr(data, "kind", None) or "", MEETINGS["in_person"]),
        "starts": f"{starts:%-d} {starts:%B %H:%M}{place}" if starts else "",
        "gathering": getattr(data, "name", ""),
        "guest": f" as guest of {people.named([host])}" if host else "",
        "due": f"{due:%-d %B}" if due else "",
        "about": f" about {people.named([data.contact_id])}" if getattr(data, "contact_id", None) else "",
        "label": getattr(data, "label", ""),
        "date": f"{data.day} {MONTHS[data.month - 1]}" if isinstance(data, ContactDateSet) else "",
        "counts": ", ".join(f"{kind}: {number:,}" for kind, number in getattr(data, "counts", {}).items()),
    }
