"""What a fact from outside says, as a sentence about the member and those whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.contracts import Fact, introduced
from shared.texts.sentences import SOMEBODY

SENTENCES: Final = {
    "member.joined": "{me} joins Rapport, at home in {zone}",
    "member.preferences_set": "{me} says how it shall be done",
    "import.completed": "{me} brings along an old network ({counts})",
    "invite.sent": "{me} invites {name}",
    "invite.received": "{name} invites {me}",
    "invite.accepted": "{me} and {name}: the invite is accepted",
    "invite.declined": "{me} and {name}: the invite is declined",
    "invite.retraction_approved": "{me} says yes: {invites} may go",
    "invite.kept": "{me} keeps {invites} open",
    "contact.connected": "{me} and {name} are connected",
    "contact.cadence_set": "{me} wishes to hear from {name} every {days} days",
    "thanks.sent": "{me} thanks {name}",
    "message.sent": "{me} writes to {name}",
    "message.received": "{name} writes to {me}",
    "call.held": "{me} and {name} talk on the phone",
    "note.added": "{me} notes about {name}",
    "help.received": "{name} helps {me}",
    "help.given": "{me} helps {name}",
    "introduction.made": "{me} introduces {name} to somebody",
    "meeting.proposed": "{me} proposes {meeting} to {name}",
    "meeting.scheduled": "{me} and {name} agree on {meeting}: {starts}",
    "meeting.rescheduled": "{me} and {name} move {meeting}: {starts}",
    "meeting.held": "{me} and {name} had {meeting}",
    "meeting.questions_prepared": "{me} has {count} questions ready",
    "promise.made": "{me} promises {name}, by {due}",
    "promise.kept": "{me} keeps the promise to {name}",
    "gathering.attended": "{me} was at “{gathering}”{guest}, and met {name}",
    "pursuit.opened": "{me} sets out",
    "pursuit.step_taken": "{me} takes a step",
    "pursuit.closed": "{me}'s pursuit is over",
    "followup.requested": "{me} wants to be reminded",
    "followup.done": "{me} did it",
    "followup.snoozed": "{me} puts it off",
}
"""By the event's type without `rapport.`; another one is said by its type."""
MEETINGS: Final = {"lunch": "a lunch", "in_person": "a meeting", "phone": "a phone call", "online": "an online chat"}
_WORDS: Final = ("why", "note", "what", "goal", "step", "outcome")


@dataclass(slots=True)
class People:
    """Names as facts have told them so far: later events carry ids alone."""

    names: dict[str, str] = field(default_factory=dict)

    def learn(self, fact: Fact) -> None:
        """Take in whom a fact introduces."""
        for person in introduced(fact.data):
            self.names[person.id] = person.name

    def named(self, ids: Iterable[str]) -> str:
        """Return these people in words."""
        *others, last = [self.names.get(one, SOMEBODY) for one in ids] or ["nobody new"]
        return f"{', '.join(others)} and {last}" if others else last


def concerned(fact: Fact) -> tuple[str, ...]:
    """Return the ids of the people whom a fact concerns."""
    data = fact.data
    if ids := getattr(data, "contact_ids", ()):
        return tuple(ids)
    if contact_id := getattr(data, "contact_id", None):
        return (contact_id,)
    return tuple(person.id for person in introduced(fact.data))


def deed(fact: Fact, me: str, people: People) -> str:
    """Return a fact from outside as one sentence, with the member's own words where there are some."""
    kind = fact.type.removeprefix("rapport.")
    sentence = SENTENCES.get(kind, "{me}: " + kind.replace(".", " ").replace("_", " "))
    said = sentence.format_map({"me": me, **_parts(fact, people)})
    words = [f"“{text}”" for name in _WORDS if (text := getattr(fact.data, name, None))]
    return f"{said}: {' '.join(words)}" if words else f"{said}."


def counted(number: int, one: str) -> str:
    """Return a number with what it counts."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _invites(data: Any) -> str:
    """Return how many invites an answer is about; one to a whole proposal does not count them."""
    ids = getattr(data, "invite_ids", None)
    return "all that was proposed" if ids is None else counted(len(ids), "invite")


def _parts(fact: Fact, people: People) -> Mapping[str, Any]:
    data: Any = fact.data
    due = getattr(data, "due", None)
    starts, host = getattr(data, "starts", None), getattr(data, "as_guest_of", None)
    place = f", at {data.place}" if getattr(data, "place", None) else ""
    return {
        "name": people.named(concerned(fact)),
        "zone": getattr(data, "zone", None),
        "days": getattr(data, "every_days", None),
        "count": getattr(data, "count", None),
        "invites": _invites(data),
        "meeting": MEETINGS.get(getattr(data, "kind", None) or "", MEETINGS["in_person"]),
        "starts": f"{starts:%-d} {starts:%B %H:%M}{place}" if starts else "",
        "gathering": getattr(data, "name", ""),
        "guest": f" as guest of {people.named([host])}" if host else "",
        "due": f"{due:%-d %B}" if due else "",
        "counts": ", ".join(f"{kind}: {number:,}" for kind, number in getattr(data, "counts", {}).items()),
    }
