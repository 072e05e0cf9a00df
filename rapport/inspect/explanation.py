"""The answer to `rapport why`, piece by piece: a step and a reason, as a line for people and as an object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rapport.inspect import words
from rapport.inspect.memory.item_lookup import Target
from rapport.inspect.narration import Narrator, closed, of_services
from services.digest.model.state import DIGEST
from shared.calendar import local
from shared.contracts import AboutFollowup, AboutPush, DigestFailed, DigestPrepared, Event, PushFailed, RuleQuieted
from shared.contracts.fields import instant_text
from shared.decider import Reason
from shared.texts.language import Language

LOGGED_LATER_SECONDS: Final = 24 * 3600
"""Of what was told more than a day after it happened, both days are said."""
SPEAKS: Final = ("planned", "waiting")


class Stand(NamedTuple):
    """How a rule of a service stands with an item."""

    service: str
    key: str
    reason: Reason
    about: str
    """The key of the item that was asked for: an old invite's proposal has one of its own."""


def shown(stands: Sequence[Stand], *, every: bool) -> list[Stand]:
    """Return what a person wants to read: of each rule what comes, else why nothing does.

    `every`: also of a rule for which nothing has happened; that is, when the person asked for it by name.
    """
    found: list[Stand] = []
    for service, rule in dict.fromkeys((stand.service, stand.reason.rule) for stand in stands):
        of_rule = [stand for stand in stands if (stand.service, stand.reason.rule) == (service, rule)]
        speaking = [stand for stand in of_rule if stand.reason.standing in SPEAKS]
        still = sorted((stand for stand in of_rule if stand.reason.standing not in (*SPEAKS, "idle")), key=_says_little)
        found += speaking or still[:1] or (of_rule[:1] if every else [])
    return found


def _says_little(stand: Stand) -> tuple[bool, bool]:
    """Order why nothing comes: first what holds a rule back, and of that what a question of several items says."""
    return stand.reason.standing == "over", stand.key == stand.about


def step_line(narrator: Narrator, target: Target, event: Event) -> str:
    """Return a step as one line: when, what, by which rule and reason where a service said it, and why it failed."""
    says = _happened(narrator, target, event)
    if (event.logged - event.time).total_seconds() > LOGGED_LATER_SECONDS:
        says += f" ({words.LOGGED_ON.format(day=narrator.day(event.logged))})"
    if event.producer_time is not None:
        says += f" ({words.PRODUCER_TIME.format(day=narrator.day(event.producer_time))})"
    rule = event.data.rule if isinstance(event.data, AboutFollowup | AboutPush) else ""
    because = narrator.because(event.causation or "", target.key) if of_services(event) else ""
    failed = event.data.reason if isinstance(event.data, DigestFailed | PushFailed) else ""
    aside = ", ".join(part for part in (rule, failed, because and words.BECAUSE.format(what=because)) if part)
    return f"{narrator.when(event.time)}  {says}{f' [{aside}]' if aside else ''}"


def step_object(narrator: Narrator, target: Target, event: Event, services: Sequence[str]) -> dict[str, Any]:
    """Return a step for programs."""
    return {
        "time": instant_text(event.time),
        "local": local(event.time, narrator.memory.zone).isoformat(),
        "logged": instant_text(event.logged),
        "producer_time": None if event.producer_time is None else instant_text(event.producer_time),
        "type": event.type,
        "id": event.id,
        "by": event.source,
        "rule": event.data.rule if isinstance(event.data, AboutFollowup | AboutPush) else None,
        "because": _cause(narrator, event.causation or ""),
        "changed": list(services),
        "says": _happened(narrator, target, event),
    }


def reason_line(narrator: Narrator, stand: Stand) -> str:
    """Return how a rule stands as one line: what comes next and what would end it, or why nothing comes."""
    key, reason = stand.about, stand.reason
    lang = narrator.lang
    about = f"{lang.sentence(narrator.rule(reason.rule))} [{reason.rule}]{lang.colon}" if reason.rule else ""
    why = lang(words.CODES[reason.code])
    because = narrator.because(reason.because, key)
    aside = f" ({because})" if because and reason.code != "gone_quiet" else ""
    if reason.at is not None and reason.says is not None:
        when = narrator.when(reason.at) if reason.at > narrator.memory.now else lang(words.ANY_MOMENT)
        parts = [closed(lang(words.NEXT, when=when, what=narrator.happens(reason.says, key)), lang)]
        parts[0] = parts[0][0].lower() + parts[0][1:] if about else parts[0]
        parts += [_noted(note, lang) for note in reason.notes]
        parts += [f"{lang.sentence(why)}{aside}{lang.full_stop}"]
        parts += [lang(words.ENDS, ends=narrator.ends(reason, key))] if reason.ends else []
        return about + lang.between.join(parts)
    if reason.standing == "over":
        if reason.since is None:
            return about + lang(words.OVER_UNDATED, why=why + aside)
        return about + lang(words.OVER, when=narrator.day(reason.since), why=why + aside)
    if reason.standing in SPEAKS:
        return f"{about}{why}{lang.full_stop}"
    parts = [about + lang(words.HELD_BACK, why=why + aside), *(_noted(note, lang) for note in reason.notes)]
    return lang.between.join([*parts, *_asks_again(narrator, reason)])


def _noted(code: str, lang: Language) -> str:
    """Return what bears on a rule as a sentence of its own."""
    return f"{lang.sentence(lang(words.CODES[code]))}{lang.full_stop}"


def _asks_again(narrator: Narrator, reason: Reason) -> list[str]:
    """Return when a kind of reminder asks again that has gone quiet; nothing for all else."""
    event = narrator.memory.event(reason.because) if reason.code == "gone_quiet" else None
    if event is None or not isinstance(event.data, RuleQuieted):
        return []
    return [narrator.lang(words.ASKS_AGAIN, since=narrator.day(event.time), day=narrator.day(event.data.asks_again_at))]


def reason_object(narrator: Narrator, stand: Stand) -> dict[str, Any]:
    """Return how a rule stands for programs."""
    reason = stand.reason
    at, says = reason.at, reason.says
    return {
        "service": stand.service,
        "rule": reason.rule or None,
        "standing": reason.standing,
        "code": reason.code,
        "next_at": None if at is None else instant_text(at),
        "next_local": None if at is None else local(at, narrator.memory.zone).isoformat(),
        "next_type": None if says is None else says.TYPE,
        "because": _cause(narrator, reason.because),
        "since": None if reason.since is None else instant_text(reason.since),
        "notes": list(reason.notes),
        "ends": list(reason.ends),
        "item": stand.key,
        "says": reason_line(narrator, stand),
    }


def _happened(narrator: Narrator, target: Target, event: Event) -> str:
    if target.key == DIGEST and isinstance(event.data, DigestPrepared):
        return narrator.lang(words.DIGEST_MADE)
    return narrator.happened(event.data, target.key)


def _cause(narrator: Narrator, event_id: str) -> dict[str, str] | None:
    if not event_id:
        return None
    event = narrator.memory.event(event_id)
    return {"id": event_id} if event is None else {"id": event_id, "type": event.type, "time": instant_text(event.time)}
