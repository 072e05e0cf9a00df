"""What snapshots know of an item whose story the log has lost the beginning of: told as events are, as far as it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rapport.inspect import words
from rapport.inspect.memory.item_lookup import Target
from rapport.inspect.memory.member_replay import Memory
from rapport.inspect.narration import Narrator
from services.followups.model.event_codes import TYPES
from services.followups.model.state import Subject, followup_id
from services.invites.state import Invite
from shared.calendar import local
from shared.contracts import (
    EventData,
    FollowupEnded,
    FollowupLapsed,
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteSent,
)
from shared.contracts.fields import instant_text
from shared.texts.message import places

DAY_SECONDS: Final = 24 * 3600
_OF_INVITES: Final[Mapping[str, type[EventData]]] = {
    "sent_at": InviteSent, "ignored_at": InviteIgnored, "noticed_at": InviteRetractionNoticed,
    "retracted_at": InviteRetracted, "expired_at": InviteExpired, "reinvited_at": InviteReinviteAllowed,
}  # fmt: skip
"""When something was last said of an invite -> what that was."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that a snapshot knows to have happened."""

    time: datetime
    type: str
    says: str

    def as_dict(self, zone: str) -> dict[str, Any]:
        """Return it for programs."""
        there = local(self.time, zone).isoformat()
        return {"time": instant_text(self.time), "local": there, "type": self.type, "says": self.says}


def kept_of(narrator: Narrator, target: Target) -> list[Kept]:
    """Return what snapshots know of the item beside what the log still has, in the order in which it happened.

    Of something that came several times that is the first and the last time; of a follow-up that has ended, what happened
    until then.
    """
    if target.period:
        return []
    memory = narrator.memory
    in_log, end = _in_log(memory, target), _end_of(memory, target)
    before = {name: of.before.get(target.key) for name, of in memory.services.items()}
    parts = {"name": narrator.name_of(target.key)}
    found = dict.fromkeys([*_of_invite(before.get("invites"), narrator), *_of_subject(before.get("followups"))])
    kept = [
        Kept(time, kind, says)
        for time, kind, more in _with_parts(found)
        if (kind, time) not in in_log
        and (end is None or time <= end)
        and (says := _sentence(narrator, kind, {**parts, **more}))
    ]
    return sorted(kept, key=lambda one: (one.time, one.type))


def _in_log(memory: Memory, target: Target) -> set[tuple[str, datetime]]:
    """Return type and time of all that the log has about the item, however much of it is shown."""
    changes = (event for of in memory.services.values() for event, keys in of.changes if target.key in keys)
    named = (event for event in memory.own_events() if target.is_named_by(event))
    return {(event.type, event.time) for event in (*changes, *named)}


def _end_of(memory: Memory, target: Target) -> datetime | None:
    """Return when the follow-up that is asked about has ended; None where it has not, or another thing is asked about."""
    if not target.followup_id:
        return None
    ends = [
        event.time
        for event in memory.own_events()
        if isinstance(event.data, FollowupEnded | FollowupLapsed) and target.is_named_by(event)
    ]
    subject = memory.item("followups", target.key)
    slot = subject.slots.get(target.rule) if isinstance(subject, Subject) else None
    if slot is not None and slot.closed_at and followup_id(target.key, target.rule, slot.cycle) == target.followup_id:
        ends.append(slot.closed_at)
    return max(ends, default=None)


def begins(narrator: Narrator) -> str:
    """Return from when on all is told, of a log that has lost its beginning."""
    since = narrator.memory.begin.since
    return words.ENDED if since is None else words.BEGINS.format(day=narrator.day(since))


_Fact = tuple[datetime, str, tuple[tuple[str, str], ...]]
"""When it happened, the type of the event, and what its sentence names beside the name."""


def _with_parts(found: Mapping[_Fact, None]) -> Iterator[tuple[datetime, str, dict[str, str]]]:
    """Yield each happening once: services remember the same ones, and one of them may know more."""
    best: dict[tuple[datetime, str], dict[str, str]] = {}
    for time, kind, parts in found:
        best.setdefault((time, kind), {}).update(parts)
    yield from ((time, kind, parts) for (time, kind), parts in best.items())


def _of_invite(invite: Any, narrator: Narrator) -> Iterator[_Fact]:
    if not isinstance(invite, Invite):
        return
    for field, kind in _OF_INVITES.items():
        if (at := getattr(invite, field)) is None:
            continue
        parts = {"day": narrator.when(invite.retract_at)} if invite.retract_at is not None else {}
        if invite.sent_at is not None:
            parts["age"] = narrator.age(int((at - invite.sent_at).total_seconds() // DAY_SECONDS) or 1)
        yield at, kind.TYPE, tuple(parts.items())


def _of_subject(subject: Any) -> Iterator[_Fact]:
    if not isinstance(subject, Subject):
        return
    for code, seen in subject.seen.items():
        for mark in (seen.first, seen.latest):
            yield mark.time, TYPES[mark.counted or code], ()


def _sentence(narrator: Narrator, kind: str, parts: Mapping[str, str]) -> str:
    """Return what happened; "" where its sentence names what is not known any more."""
    text = words.EVENTS[kind]["happened"]
    return narrator.sentence(text, parts) if places(text) <= parts.keys() else ""
