"""What comes, in words: each entry is one line of the table and one mark of the picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from rapport.inspect.input_sentences import People
from rapport.inspect.narration import TEXT_CHARS_MAX, line, period_in_words
from rapport.inspect.words import DAYS, MONTHS
from rapport.preview import words
from rapport.preview.look import Look
from services.digest.content.model import Entry as FollowupEntry
from services.digest.words.phrases import heading
from services.digest.words.rule_words import rule_words
from services.digest.words.texts import THEM, age_in_words, people_in_words
from shared.contracts import (
    ACTIVITY,
    EVENTS,
    Because,
    DigestFailed,
    DigestPrepared,
    DigestSent,
    DigestSkipped,
    Event,
    EventData,
    FollowupDue,
    FollowupEnded,
    FollowupLapsed,
    FollowupPlan,
    FollowupScheduled,
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    Parked,
    RuleQuieted,
    RuleResumed,
    topics_of,
)
from shared.texts.language import Language
from shared.texts.message import Counted
from shared.texts.sentences import SOMEBODY

NAMED_MAX: Final = 3
"""People whom one line names."""
Lane = Literal["reminder", "invite", "digest"]
_TOGETHER: Final = (InviteIgnored, InviteRetractionNoticed, InviteRetracted, InviteExpired, InviteReinviteAllowed)
"""Findings about one invite each: those of one kind and day are told as one, and notices of one day of which they tell."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that comes."""

    wall: datetime
    """On the member's clock."""
    lane: Lane
    mark: str
    """One of `words.MARKS`."""
    says: str


def entries_of(look: Look) -> list[Entry]:
    """Return what comes, in order."""
    narrator = _Narrator(look)
    groups: dict[tuple[Any, ...], list[Event]] = {}
    for event in look.events:
        groups.setdefault(_group(look, event), []).append(event)
    return [entry for events in groups.values() for entry in narrator.tell(events)]


def summary_of(look: Look) -> list[str]:
    """Return in a few short sentences what there is in all."""
    kinds = Counter(type(event.data) for event in look.events)
    due = [event.data for event in look.events if isinstance(event.data, FollowupDue)]
    ended = Counter(was_reported(event.data.because) for event in look.events if isinstance(event.data, FollowupEnded))
    skips = Counter(event.data.why for event in look.events if isinstance(event.data, DigestSkipped))
    parts = [
        ((words.REMINDERS, len(due)), (words.AT_ONCE if len(due) > 1 else words.IT_AT_ONCE, sum(one.push for one in due)),
         (words.ANSWERED, ended[True]), (words.AT_REST, kinds[FollowupLapsed]), (words.WITH_OTHERS, ended[False]),
         (words.AFTERWARDS, len(_planned(look.events)))),
        ((words.ASKED_ABOUT, kinds[InviteRetractionProposed]), (words.PULLED_BACK, kinds[InviteRetracted])),
        ((words.MAILED, kinds[DigestSent]), (words.EMPTY, skips["empty"]),
         (words.NOT_YET, skips["no_address"] if kinds[DigestSent] else 0)),
    ]  # fmt: skip
    lang = look.lang
    clauses = [
        lang.semicolon.join(lang.counted(text, count, spelled=True) for text, count in part if count) for part in parts
    ]
    sentences = [f"{lang.sentence(one)}{lang.full_stop}" for one in clauses if one]
    if skips["no_address"] and not kinds[DigestSent]:
        sentences.append(lang(words.NO_ADDRESS))
    return sentences or [lang(words.NOTHING, until=day_in_words(look.wall(look.story.until), lang))]


def was_reported(because: Because) -> bool:
    """Tell whether a reason came from outside: a rule that goes quiet, say, and what a service finds are none of those."""
    kind = EVENTS.get(because.type)
    return kind is None or ACTIVITY in topics_of(kind)


def day_in_words(wall: date, lang: Language) -> str:
    """Return a day of the member's calendar."""
    if not lang.english:
        return lang.full_date(wall)
    return f"{DAYS[wall.weekday()]} {wall.day} {MONTHS[wall.month - 1]} {wall.year}"


def _group(look: Look, event: Event) -> tuple[Any, ...]:
    if isinstance(event.data, _TOGETHER):
        day = look.wall(event.data.retract_at).date() if isinstance(event.data, InviteRetractionNoticed) else None
        return look.wall(event.time).date(), event.type, getattr(event.data, "by", ""), day
    return (event.id,)


def _planned(events: Iterable[Event]) -> dict[str, FollowupPlan]:
    """Return the follow-ups that are planned and have neither come nor ended, with their last plans."""
    waiting: dict[str, FollowupPlan] = {}
    for event in events:
        data = event.data
        if isinstance(data, FollowupScheduled) or (isinstance(data, FollowupPlan) and data.followup_id in waiting):
            waiting[data.followup_id] = data
        elif isinstance(data, FollowupDue | FollowupEnded | FollowupLapsed):
            waiting.pop(data.followup_id, None)
    return waiting


class _Narrator:
    """Puts events into words, with the names that were told."""

    def __init__(self, look: Look) -> None:
        self._look, self._lang = look, look.lang
        self._people = People()
        for event in look.story.events:
            self._people.learn(event)
        self._planned = _planned(look.events)
        self._prepared: DigestPrepared | None = None

    def tell(self, events: Sequence[Event]) -> Iterator[Entry]:
        """Yield what events say together; nothing for what only leads up to something."""
        first, wall = events[0].data, self._look.wall(events[0].time)
        if isinstance(first, _TOGETHER):
            yield self._invites(first, [event.data for event in events], wall)
        elif isinstance(first, InviteRetractionProposed):
            asked = words.ASKED_AGAIN if first.attempt > 1 else words.ASKED
            people = [one.contact.name for one in first.invites]
            yield Entry(wall, "invite", "asked", self._of(asked, people, len(first.more or ())))
        elif isinstance(first, FollowupScheduled):
            if (plan := self._planned.get(first.followup_id)) is not None:
                yield Entry(wall, "reminder", "planned", self._plan(plan))
        elif isinstance(first, FollowupDue):
            topic = self._topic(first.rule)
            text, mark = (words.PUSHED, "pushed") if first.push else (words.NOTED, "noted")
            shown = line(first.text or first.what or topic, TEXT_CHARS_MAX)
            yield Entry(wall, "reminder", mark, self._lang(text, text=self._lang.apart(shown), topic=topic))
        elif isinstance(first, RuleQuieted):
            if not first.again:
                topic = self._topic(first.rule)
                says = self._lang(words.QUIET, topic=topic, day=self._day(first.asks_again_at))
                yield Entry(wall, "reminder", "quiet", says)
        elif isinstance(first, RuleResumed):
            yield Entry(wall, "reminder", "resumed", self._lang(words.RESUMED, topic=self._topic(first.rule)))
        elif isinstance(first, Parked):
            yield Entry(wall, "digest", "other", self._lang(words.OUT_OF_ORDER))
        else:
            yield from self._digest(first, wall)

    def _day(self, moment: datetime) -> str:
        return day_in_words(self._look.wall(moment), self._lang)

    def _topic(self, rule: str) -> str:
        return rule_words(rule, THEM, self._lang).topic

    def _name(self, contact: str) -> str:
        name = self._people.names.get(contact)
        return self._lang(SOMEBODY) if name is None else line(name)

    def _plan(self, plan: FollowupPlan) -> str:
        name = self._name(plan.contact_id) if plan.contact_id else THEM if self._lang.english else self._lang(SOMEBODY)
        about = FollowupEntry(plan.followup_id, plan.rule, "", name, plan.due_at, plan.what or "")
        what = self._lang.apart(line(heading(about, self._lang), TEXT_CHARS_MAX))
        if (day := self._day_itself(plan)) is not None:
            return self._lang(words.PLANNED_AHEAD, day=day, text=what)
        return self._lang(words.PLANNED, day=self._day(plan.due_at), text=what)

    def _day_itself(self, plan: FollowupPlan) -> str | None:
        """Return the day that a reminder is about, where that is another than the reminder's own; None where it is not."""
        if plan.promised_for is not None:
            return self._day(plan.promised_for)
        return None if plan.on_day is None else day_in_words(plan.on_day, self._lang)

    def _digest(self, data: EventData, wall: datetime) -> Iterator[Entry]:
        if isinstance(data, DigestPrepared):
            self._prepared = data
        elif isinstance(data, DigestSent):
            assert self._prepared is not None, "what is sent was prepared"
            names = list(dict.fromkeys(line(item.name) for item in self._prepared.items if item.name))
            text = words.MAIL_ABOUT if names else words.MAIL
            people = self._together(names, 0)
            yield Entry(
                wall, "digest", "mail", self._lang(text, period=period_in_words(data.period, self._lang), people=people)
            )
        elif isinstance(data, DigestFailed) and data.permanent:
            yield Entry(
                wall, "digest", "other", self._lang(words.UNDELIVERED, period=period_in_words(data.period, self._lang))
            )

    def _invites(self, first: EventData, data: Sequence[Any], wall: datetime) -> Entry:
        lang, people = self._lang, [self._name(one.contact_id) for one in data]
        match first:
            case InviteIgnored():
                return Entry(wall, "invite", "found", self._of(words.FOUND, people, age=_ages(data, lang)))
            case InviteRetractionNoticed(retract_at=retract_at):
                return Entry(wall, "invite", "told", self._of(words.NOTICED, people, day=self._day(retract_at)))
            case InviteRetracted(by=by):
                return Entry(wall, "invite", "gone", self._of(words.GONE[by], people))
            case InviteReinviteAllowed():
                return Entry(wall, "invite", "again", lang(words.AGAIN, people=self._together(people, 0)))
            case _:
                return Entry(wall, "invite", "gone", self._of(words.EXPIRED, people))

    def _of(self, text: Counted, people: Sequence[str], more: int = 0, **named: str) -> str:
        """Return a text about invites to people."""
        count = len(people) + more
        invites = self._lang.counted(words.INVITES, count, people=self._together(people, more))
        return self._lang.counted(text, count, spelled=False, invites=invites, **named)

    def _together(self, people: Sequence[str], more: int) -> str:
        shown = tuple(self._lang.apart(line(one)) for one in people[:NAMED_MAX])
        return people_in_words(shown, len(people) + more, self._lang)


def _ages(data: Sequence[Any], lang: Language) -> str:
    """Return for how long some invites have been open."""
    days = [max(one.age_days, 1) for one in data]
    first, last = (age_in_words(one) if lang.english else lang.span(one) for one in (min(days), max(days)))
    return first if first == last else lang(words.AGES, first=first, last=last)
