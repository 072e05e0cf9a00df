"""Events and reasons of one member as sentences: names instead of ids, the member's own clock, the words of `words.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from rapport.inspect import words
from rapport.inspect.item_lookup import items_in
from rapport.inspect.member_replay import Memory
from services.digest.words.rule_words import RULES as RULE_WORDS
from services.digest.words.texts import age_in_words, people_in_words
from services.followups.engine.evaluate import cases
from services.followups.model.state import parse_followup_id
from shared.calendar import local
from shared.contracts import AboutFollowup, Event, EventData, FollowupRequested, PromiseMade, limits
from shared.decider import Reason
from shared.texts.sentences import RESTS, SOMEBODY

WORDS_CHARS_MAX: Final = 80
"""How much of a person's own words one line holds."""
TEXT_CHARS_MAX: Final = limits.NAME_CHARS_MAX
"""How much of a reminder's own line."""
PEOPLE_MAX: Final = 3
ENDS_MAX: Final = 5
"""Ways to end something that are named; JSON has them all."""


class Teller:
    """Says things about one member."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def when(self, at: datetime) -> str:
        """Return a day and an hour on the member's clock."""
        return f"{self.day(at)} {local(at, self.memory.zone):%H:%M}"

    def day(self, at: datetime) -> str:
        """Return a day of the member's calendar."""
        wall = local(at, self.memory.zone)
        return f"{words.DAYS[wall.weekday()]} {wall.day} {words.MONTHS[wall.month - 1]} {wall.year}"

    def happened(self, data: EventData, key: str = "") -> str:
        """Return a sentence about what happened, to the item under `key`."""
        said = words.EVENTS.get(data.TYPE, words.ANY_EVENT).happened.format(**self._parts(data, key))
        if isinstance(data, FollowupRequested | PromiseMade) and data.what:
            return f"{said[:-1]}: {line(data.what)}."
        return said

    def happens(self, data: EventData, key: str) -> str:
        """Return the same of what comes."""
        return words.EVENTS.get(data.TYPE, words.ANY_EVENT).happens.format(**self._parts(data, key))

    def because(self, event_id: str, key: str) -> str:
        """Return what the event was that is the reason; empty when it is not on the topics or is the digest's own."""
        event = self.memory.event(event_id) if event_id else None
        return "" if event is None else f"{self.happened(event.data, key).rstrip('.')}, {self.day(event.time)}"

    def ends(self, reason: Reason, key: str) -> str:
        """Return what would end something."""
        name = self.name_of(key)
        told = [words.EVENTS[kind].happens.format_map(_Parts(name=name)) for kind in reason.ends[:ENDS_MAX]]
        return f"{', '.join(told[:-1])}{words.OR}{told[-1]}" if len(told) > 1 else "".join(told)

    def rule(self, rule: str) -> str:
        """Return what a rule is about."""
        return RULE_WORDS[rule].topic if rule in RULE_WORDS else words.RULES.get(rule, rule)

    def name_of(self, key: str) -> str:
        """Return who the item under `key` is about."""
        kind, _, known_as = key.partition("/")
        if kind == "contact":
            return self._contact(known_as)
        if kind == "invite" and (named := getattr(self.memory.item("invites", key), "name", "")):
            return line(named)
        for case in cases(self.memory.services["followups"].state.view, key):
            return self.people(case.contact_ids) if case.contact_ids else SOMEBODY
        return SOMEBODY

    def people(self, ids: Iterable[str], count: int = 0) -> str:
        """Return who some people are; `count` of them, where not all are named."""
        known = list(ids)
        return people_in_words(tuple(self._contact(one) for one in known[:PEOPLE_MAX]), count or len(known))

    def _contact(self, contact_id: str) -> str:
        person = self.memory.item("digest", f"contact/{contact_id}")
        if person is not None and (name := line(person.name.text)):
            return name
        subject = self.memory.item("followups", f"contact/{contact_id}")
        known = line(subject.person.name) if subject is not None and subject.person is not None else ""
        return known or SOMEBODY

    def _parts(self, data: EventData, key: str) -> dict[str, str]:
        told: dict[str, Any] = data.model_dump(exclude_none=True)
        at = told.get("retract_at") or told.get("due_at") or told.get("asks_again_at")
        rule = told.get("rule", "")
        about = parse_followup_id(data.followup_id).key if isinstance(data, AboutFollowup) else key
        return {
            "name": self._name_in(data, about),
            "it": self.rule(rule) if rule else "",
            "text": line(told.get("text") or told.get("what") or self.rule(rule), TEXT_CHARS_MAX),
            "age": age_in_words(int(told.get("age_days") or told.get("oldest_days") or 1)),
            "day": "" if at is None else self.when(at),
            "period": period_in_words(str(told.get("period", ""))),
            "rests": RESTS.format(who=words.YOU),
            "about": words.ABOUT.format(name=self._contact(told["contact_id"])) if told.get("contact_id") else "",
            "why": {**words.SKIPS, **words.RESUMED}.get(told.get("why", ""), ""),
        }

    def _name_in(self, data: EventData, key: str) -> str:
        if (contact := getattr(data, "contact", None)) is not None:
            return line(contact.name)
        if ids := [one.partition("/")[2] for one in sorted(items_in(data)) if one.startswith("contact/")]:
            return self.people(ids)
        return self.name_of(key)


class _Parts(dict[str, str]):
    """What a sentence about something that may come can not know yet is left out."""

    def __missing__(self, key: str) -> str:
        return ""


def period_in_words(period: str) -> str:
    """Return a digest's period as people say it: `week 48, 2026`; a day stays as it is."""
    year, is_week, week = period.partition("-W")
    return f"week {int(week)}, {year}" if is_week else period


def line(text: str, chars_max: int = WORDS_CHARS_MAX) -> str:
    """Keep words of people on one line: what does not print becomes a space, and what is too long is cut."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return plain if len(plain) <= chars_max else plain[: chars_max - 1].rstrip() + "…"


def closed(text: str) -> str:
    """Return a sentence with a stop at its end, unless it has one of its own: a reminder may be a question."""
    return text if text.endswith(("?", "!", "…")) else f"{text.rstrip('.')}."


def of_services(event: Event) -> bool:
    """Say whether an event was said by a service."""
    return event.number is not None
