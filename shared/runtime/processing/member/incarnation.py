"""Which events of a member count after erasures: those of the incarnation that is known, wherever they stand.

An erasure ends an incarnation of its member, and the next one begins behind it. It is named by that place, an offset of the
activity topic; 0 is that of a member who was never erased. All functions here are of what the shell notes of a member.

- What stands on the activity topic belongs to an incarnation by its place there, and counts once the member has joined.
- What a service says names the incarnation in which it was said. A later one than is known begins it: the erasure lies ahead
  in the activity topic, and is met there as one that is known. What belongs to an earlier one is passed over.

So what is known of a member follows from how far each topic was read, and not from the order between them.
"""

from __future__ import annotations

from msgspec.structs import replace

from shared.contracts import ACTIVITY, Event
from shared.runtime.ports.limits import TURNS_MAX
from shared.runtime.processing.member.runtime_meta import RuntimeMeta, holds, mark_of, marked


def is_of_a_service(event: Event) -> bool:
    """Say whether an event names its incarnation itself: a service said it. A product may number its events, too."""
    return event.number is not None and event.offset is None


def named_by(event: Event, current: int) -> int:
    """Return the incarnation of a service's event, seen by who knows of another one.

    Records of before the attribute name none. What their service had applied of the activity topic tells as much to whoever
    knows of the erasure: it was said after it or before. Of records that could name one, this never differs.
    """
    if not event.incarnation and event.input_offsets is not None and event.input_offsets.get(ACTIVITY, 0) >= current:
        return current
    return event.incarnation


def begun_by(notes: RuntimeMeta, erasure: Event) -> int:
    """Return the incarnation that an erasure begins. One that stands in no log (`shared.runtime.offline`) begins the next."""
    return notes.incarnation + 1 if erasure.offset is None else erasure.offset + 1


def of_incarnation(notes: RuntimeMeta, incarnation: int) -> RuntimeMeta:
    """Return what is noted when another incarnation begins: nothing but the erasures and joinings that were met before."""
    return RuntimeMeta(incarnation=incarnation, turns=notes.turns)


def is_out(notes: RuntimeMeta, event: Event) -> bool:
    """Say whether an event that no service said is of before the member, once erased, joined again, or while they have not.

    By its place, and by its time: what is told late, or told again, of before an erasure stays forgotten.
    """
    if not notes.incarnation:
        return False
    if notes.joined_at is None or event.time < notes.joined_at:
        return True
    return event.offset is not None and event.offset < notes.joined_from


def turned(notes: RuntimeMeta, event: Event) -> RuntimeMeta | None:
    """Remember a joining or an erasure, whether it counts or not; None: it is one that is told again.

    They are the same for all who read the activity topic, whatever else they read or remember of it.
    """
    mark = mark_of(event)
    if holds(notes.turns, mark):
        return None
    return replace(notes, turns=marked(notes.turns, mark, TURNS_MAX, replayed=event.replayed))


def let_in(notes: RuntimeMeta, joining: Event) -> RuntimeMeta:
    """Let events of an erased member count again: those that happened since they joined, or since the erasure.

    A clock that is ahead must not shut out what follows, nor one that is behind let in what lies before the erasure. An
    erasure that this service has not met (an operator has let it begin later in the log) bounds nothing.
    """
    erased_at = notes.erased_at or joining.time
    since = min(max(joining.time, erased_at), joining.logged)
    return replace(notes, joined_at=since, joined_from=joining.offset or 0)
