"""What a person means by the name of an item: an id, a follow-up, a period, or a key as `rapport show` prints it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from rapport.inspect.memory.member_replay import Memory
from rapport.terminal.failure import NothingFound, Unanswerable
from services.digest.model.state import DIGEST, Running
from services.digest.rules import next_due
from services.followups.model.state import (
    KINDS,
    OWN_REMINDER,
    REMINDER,
    Subject,
    followup_id,
    kind_of,
    parse_followup_id,
)
from services.followups.rules.table import RULES
from shared.contracts import (
    PERIOD_PATTERN,
    AboutDigest,
    AboutFollowup,
    AboutPush,
    AboutRule,
    DigestPrepared,
    DigestSkipped,
    Event,
    EventData,
)

LISTED_MAX: Final = 10
"""Items that an error names."""
_PERIOD: Final = re.compile(PERIOD_PATTERN)
_KEYS_OF: Final = {
    "invite_id": "invite", "via_invite": "invite", "invite_ids": "invite", "more": "invite", "contact_id": "contact",
    "contact_ids": "contact", "meeting_id": "meeting", "promise_id": "promise", "gathering_id": "gathering",
    "pursuit_id": "pursuit",
}  # fmt: skip
"""Fields that name items -> the kind of item."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked about."""

    key: str
    rule: str = ""
    """Of a follow-up."""
    followup_id: str = ""
    """Of one cycle of it."""
    period: str = ""
    """Of one digest."""

    def is_named_by(self, event: Event) -> bool:
        """Say whether an event of a service belongs to what is asked about."""
        data = event.data
        if self.period:
            return isinstance(data, AboutDigest | DigestSkipped) and data.period == self.period
        if self.key == DIGEST:
            return isinstance(data, AboutDigest | DigestSkipped)
        if isinstance(data, AboutFollowup | AboutPush):
            if self.followup_id:
                return data.followup_id == self.followup_id
            return parse_followup_id(data.followup_id).key == self.key and self.rule in ("", data.rule)
        if isinstance(data, AboutRule):
            return data.rule == self.rule
        if isinstance(data, DigestPrepared) and self.rule:
            return any(self._is_named_by(item.followup_id) for item in data.items)
        return self.key in items_in(data)

    def _is_named_by(self, followup_id: str | None) -> bool:
        if followup_id is None or self.followup_id:
            return followup_id == self.followup_id and followup_id is not None
        ref = parse_followup_id(followup_id)
        return (ref.key, ref.rule) == (self.key, self.rule)


def candidates(item: str) -> list[Target]:
    """Return what a name may mean, whatever is known."""
    period = item.removeprefix(f"{DIGEST}/")
    if _PERIOD.fullmatch(period):
        return [Target(DIGEST, period=period)]
    ref = parse_followup_id(item)
    if ref.rule != OWN_REMINDER or ref.cycle:
        return [Target(ref.key, ref.rule, item)]
    key, _, rule = item.rpartition("/")
    if rule in RULES and kind_of(key) == RULES[rule].about:
        return [Target(key, rule)]
    return [Target(item), *(Target(f"{kind}/{item}") for kind in KINDS)]


def resolve(item: str, memory: Memory) -> Target:
    """Return what is meant, among what is known of the member; `NothingFound` lists what there is."""
    found = [target for target in candidates(item) if _is_known(target, memory)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Unanswerable(f"{item!r} may be {' or '.join(one.key for one in found)}: name one of them", "item")
    raise NothingFound(f"nothing is known of {item!r}; {_what_there_is(item, memory)}")


def items_in(data: EventData) -> set[str]:
    """Return the keys of the items that an event names."""
    return set(_named(data.model_dump(exclude_none=True)))


def periods(memory: Memory) -> list[str]:
    """Return the periods of which there is, or will be next, a digest."""
    periods_seen = {
        event.data.period for event in memory.own_events() if isinstance(event.data, AboutDigest | DigestSkipped)
    }
    running = memory.item("digest", DIGEST)
    kept = {running.weekly, running.daily, running.period} - {""} if isinstance(running, Running) else set()
    coming = next_due(memory.services["digest"].state.profile, running) if isinstance(running, Running) else None
    return sorted({*periods_seen, *kept, *([] if coming is None else [coming.period])})


def _is_known(target: Target, memory: Memory) -> bool:
    if target.period:
        return target.period in periods(memory)
    if target.followup_id:
        about = (event for event in memory.own_events() if isinstance(event.data, AboutFollowup))
        return target.followup_id in _kept_followups(memory, target) or any(map(target.is_named_by, about))
    return any(memory.item(service, target.key) is not None for service in memory.services)


def _kept_followups(memory: Memory, target: Target) -> set[str]:
    """Return the ids of the follow-ups of an item that are known whether or not the log still tells of them."""
    subject = memory.item("followups", target.key)
    slots = subject.slots if isinstance(subject, Subject) else {}
    return {followup_id(target.key, rule, slot.cycle) for rule, slot in slots.items() if slot.cycle}


def _what_there_is(item: str, memory: Memory) -> str:
    keys = {key for name in memory.services for key in memory.keys(name) if kind_of(key) in KINDS}
    followups = {event.data.followup_id for event in memory.own_events() if isinstance(event.data, AboutFollowup)}
    names = [*sorted(keys, key=lambda key: (kind_of(key) != REMINDER, key)), *sorted(followups), *periods(memory)]
    if not names:
        return "there is nothing to ask about yet"
    near = get_close_matches(item, names, n=LISTED_MAX)
    shown = list(dict.fromkeys([*near, *names]))[:LISTED_MAX]
    more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
    return f"there are {', '.join(shown)}{more}"


def _named(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for field, value in data.items():
            if field in _KEYS_OF:
                ids: Iterable[Any] = value if isinstance(value, tuple | list) else (value,)
                yield from (f"{_KEYS_OF[field]}/{one}" for one in ids if isinstance(one, str))
            elif field == "followup_id":
                yield parse_followup_id(value).key
            elif field == "contact":
                yield f"contact/{value['id']}"
                continue
            yield from _named(value)
    elif isinstance(data, tuple | list):
        for one in data:
            yield from _named(one)
