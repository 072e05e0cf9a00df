"""Below which offsets a service needs nothing any more, once a round of snapshots is over."""

from __future__ import annotations

from dataclasses import replace

from shared.contracts import REPLAY
from shared.runtime.ports.interfaces import Offsets
from shared.runtime.snapshot_model.snapshot_state import Round


def needed_from(turn: Round, before: Offsets, own: str, aside: int) -> dict[str, int]:
    """Return below which offsets nothing is needed once the round is over.

    What a request has named since it began is: whoever rebuilds meets the request again. So is what was set aside and may
    be read again (`set_aside`), the last own event, by which a recovery knows the log, and what was not looked through yet
    for what others have put there (from `aside` on). What was not needed before is not needed now.

    Requests are needed always: one to step over a record is asked for whenever that record is met. They are few, and name
    nobody.
    """
    reached = {topic: offset for topic, offset in turn.position.offsets.items() if topic != REPLAY}
    if turn.held is None:
        return {topic: before.get(topic, 0) for topic in reached}
    if own:
        reached[own] = min(reached[own], aside, offset_of(turn.position.checkpoint, reached[own]))
        if turn.parked:
            reached[own] = min(reached[own], turn.parked_since)
    return {
        topic: max(before.get(topic, 0), min(offset, *(named.get(topic, offset) for named in (turn.named, turn.held))))
        for topic, offset in reached.items()
    }


def without_held(turn: Round) -> Round:
    """Return the round as it were if nothing had been set aside."""
    return replace(turn, held={}, parked=False)


def offset_of(checkpoint: str, none: int) -> int:
    """Return where the last own event stands, or `none` where nothing was said yet."""
    return int(checkpoint.partition(" ")[0]) if checkpoint else none
