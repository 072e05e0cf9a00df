"""Events and reasons of one member as sentences: names instead of ids, the member's own clock, the words of `words.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from rapport.inspect import words
from rapport.inspect.memory.item_lookup import items_in
from rapport.inspect.memory.member_replay import Memory
from services.digest.words.rule_words import RULES as RULE_WORDS
from services.digest.words.texts import age_in_words, people_in_words
from services.followups.engine.evaluate import cases
from services.followups.model.state import parse_followup_id
from shared.calendar import local
from shared.contracts import AboutFollowup, AboutPush, Event, EventData, FollowupRequested, PromiseMade, limits
from shared.decider import Reason
from shared.texts.language import ENGLISH, Language
from shared.texts.message import Text
from shared.texts.plain_text import FIRST_STRONG_ISOLATE, POP_ISOLATE, within
from shared.texts.sentences import SOMEBODY

WORDS_CHARS_MAX: Final = 80
"""How much of a person's own words one line holds."""
TEXT_CHARS_MAX: Final = limits.NAME_CHARS_MAX
"""How much of a reminder's own line."""
PEOPLE_MAX: Final = 3
PLACES: Final = ("name", "it", "text", "age", "day", "period", "rests", "about", "why")
"""What sentences about events name. What may come cannot know them yet, and leaves them out."""
WHY: Final = {**words.SKIPS, **words.RESUMED}
ENDS_MAX: Final = 5
"""Ways to end something that are named; JSON has them all."""


class Narrator:
    """Says things about one member, in a language."""

    def __init__(self, memory: Memory, lang: Language = ENGLISH) -> None:
        self.memory = memory
        self.lang = lang

    def when(self, at: datetime) -> str:
        """Return a day and an hour on the member's clock."""
        return f"{self.day(at)} {local(at, self.memory.zone):%H:%M}"

    def day(self, at: datetime) -> str:
        """Return a day of the member's calendar."""
        wall = local(at, self.memory.zone)
        if self.lang.english:
            return f"{words.DAYS[wall.weekday()]} {wall.day} {words.MONTHS[wall.month - 1]} {wall.year}"
        return self.lang.short_date(wall)

    def happened(self, data: EventData, key: str = "") -> str:
        """Return a sentence about what happened, to the item under `key`."""
        text = self._text(data, key, "happened")
        if isinstance(data, FollowupRequested | PromiseMade) and data.what:
            return f"{text.rstrip('.。')}{self.lang.colon}{self._apart(line(data.what))}{self.lang.full_stop}"
        return text

    def happens(self, data: EventData, key: str) -> str:
        """Return the same of what comes."""
        return self._text(data, key, "happens")

    def _text(self, data: EventData, key: str, field: str) -> str:
        return self.sentence(words.EVENTS.get(data.TYPE, words.ANY_EVENT)[field], self._parts(data, key))

    def sentence(self, text: Text, parts: Mapping[str, str]) -> str:
        """Return a sentence about an event, with what it names."""
        sentence = self.lang(text, **parts)
        return sentence if self.lang.english else self.lang.named(sentence)

    def because(self, event_id: str, key: str) -> str:
        """Return what the event was that is the reason; empty when it is not on the topics or is the digest's own."""
        event = self.memory.event(event_id) if event_id else None
        if event is None:
            return ""
        return f"{self.happened(event.data, key).rstrip('.。')}{self.lang.comma}{self.day(event.time)}"

    def ends(self, reason: Reason, key: str) -> str:
        """Return what would end something."""
        name = self.name_of(key)
        unknown = dict.fromkeys(PLACES, "") | {"name": self._apart(name)}
        endings = [self.lang(words.EVENTS[kind]["happens"], **unknown) for kind in reason.ends[:ENDS_MAX]]
        return self.lang.either(endings)

    def rule(self, rule: str) -> str:
        """Return what a rule is about."""
        about = RULE_WORDS[rule].topic if rule in RULE_WORDS else words.RULES.get(rule, rule)
        return self.lang(about) if isinstance(about, Text) else about

    def _apart(self, text: str) -> str:
        return text if self.lang.english else self.lang.apart(text)

    def name_of(self, key: str) -> str:
        """Return who the item under `key` is about."""
        kind, _, known_as = key.partition("/")
        if kind == "contact":
            return self._contact(known_as)
        if kind == "invite" and (named := getattr(self.memory.item("invites", key), "name", "")):
            return line(named)
        for case in cases(self.memory.services["followups"].state.view, key):
            return self.people(case.contact_ids) if case.contact_ids else self.lang(SOMEBODY)
        return self.lang(SOMEBODY)

    def people(self, ids: Iterable[str], count: int = 0) -> str:
        """Return who some people are; `count` of them, where not all are named."""
        listed = list(ids)
        return people_in_words(
            tuple(self._contact(one) for one in listed[:PEOPLE_MAX]), count or len(listed), self.lang
        )

    def _contact(self, contact_id: str) -> str:
        person = self.memory.item("digest", f"contact/{contact_id}")
        if person is not None and (name := line(person.name.text)):
            return name
        subject = self.memory.item("followups", f"contact/{contact_id}")
        name = line(subject.person.name) if subject is not None and subject.person is not None else ""
        return name or self.lang(SOMEBODY)

    def _parts(self, data: EventData, key: str) -> dict[str, str]:
        fields: dict[str, Any] = data.model_dump(exclude_none=True)
        at = fields.get("retract_at") or fields.get("due_at") or fields.get("asks_again_at")
        rule = fields.get("rule", "")
        about = parse_followup_id(data.followup_id).key if isinstance(data, AboutFollowup | AboutPush) else key
        return {
            "name": self._apart(self._name_in(data, about)),
            "it": self.rule(rule) if rule else "",
            "text": self._apart(line(fields.get("text") or fields.get("what") or self.rule(rule), TEXT_CHARS_MAX)),
            "age": self.age(int(fields.get("age_days") or fields.get("oldest_days") or 1)),
            "day": "" if at is None else self.when(at),
            "period": period_in_words(str(fields.get("period", "")), self.lang),
            "rests": self.lang(words.YOU_LET_REST),
            "about": self._about(fields.get("contact_id")),
            "why": self.lang(WHY[fields["why"]]) if fields.get("why") in WHY else "",
        }

    def _about(self, contact_id: str | None) -> str:
        return self.lang(words.ABOUT, name=self._apart(self._contact(contact_id))) if contact_id else ""

    def age(self, days: int) -> str:
        """Return a number of days as people say how old something is."""
        return age_in_words(days) if self.lang.english else self.lang.span(days)

    def _name_in(self, data: EventData, key: str) -> str:
        if (contact := getattr(data, "contact", None)) is not None:
            return line(contact.name)
        if ids := [one.partition("/")[2] for one in sorted(items_in(data)) if one.startswith("contact/")]:
            return self.people(ids)
        return self.name_of(key)


def period_in_words(period: str, lang: Language = ENGLISH) -> str:
    """Return a digest's period as people say it: `week 48, 2026`; a day stays as it is."""
    year, is_week, week = period.partition("-W")
    return lang(words.SPAN_OF_WEEK, week=str(int(week)), year=year) if is_week else period


def line(text: str, chars_max: int = WORDS_CHARS_MAX) -> str:
    """Keep words of people on one line: what does not print becomes a space, and what is too long is cut."""
    text = text.replace(FIRST_STRONG_ISOLATE, "").replace(POP_ISOLATE, "")
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return plain if len(plain) <= chars_max else plain[: chars_max - 1].rstrip() + "…"


def closed(text: str, lang: Language = ENGLISH) -> str:
    """Return a sentence with a stop at its end, unless it has one of its own: a reminder may be a question."""
    ends = within(text[-2:]).endswith(("?", "!", "…", "؟", "？", "！"))
    return text if ends else f"{text.rstrip('.。')}{lang.full_stop}"


def of_services(event: Event) -> bool:
    """Say whether an event was said by a service."""
    return event.number is not None
