"""What `rapport doctor` sees of partitions that are made anew: of the store alone, whose token counts commits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.runtime.snapshot_model.snapshot_state import RESTORING

if TYPE_CHECKING:
    from shared.decider import Decider
    from shared.runtime.redis.store import RedisStore

STANDS_SECONDS = 5.0
"""A partition whose cursors do not move for so long, with records before them, does not get on: a step takes milliseconds."""
RESTORE_LOOKS_MAX = 4
"""So often, `STANDS_SECONDS` apart, a partition that is made anew is looked at: all snapshots are read before a commit."""
GLANCE_SECONDS = 1.0
"""Between two glances at one that is under way: it commits once for each member."""


@dataclass(frozen=True, slots=True)
class Unmade:
    """A partition that is to be made anew, as it was seen first."""

    fencing_token: str = ""
    read_seconds: float = 0.0
    """How long it took to look through its snapshots, as its owner does before it writes anything."""


UNSEEN: Final = Unmade()


def is_made_anew(decider: Decider[Any, Any], meta: Mapping[str, str]) -> bool:
    """Say whether a recovery makes a store with this meta anew, of snapshots or of all of the log."""
    return int(meta.get("version", 0)) < decider.version or meta.get(RESTORING) == "1"


async def restored(store: RedisStore, partitions: int) -> Mapping[int, str]:
    """Return the partitions that are being restored, with the tokens of their store. Raises `Uncertain`."""
    metas = [await store.meta(number) for number in range(partitions)]
    return {number: meta.get("head", "") for number, meta in enumerate(metas) if meta.get(RESTORING) == "1"}


async def that_get_on(store: RedisStore, under_way: Mapping[int, str]) -> frozenset[int]:
    """Return which of them commit. Their snapshots were looked through by their owner, and need no other reader."""
    if not under_way:
        return frozenset()
    await asyncio.sleep(GLANCE_SECONDS)
    now = {number: (await store.meta(number)).get("head", "") for number in under_way}
    return frozenset(number for number, before in under_way.items() if _gets_on(before, now[number]))


async def stuck(store: RedisStore, decider: Decider[Any, Any], unmade: Mapping[int, Unmade]) -> list[int]:
    """Return which of the partitions that are to be made anew do not get on: a restore of many members may take minutes.

    One whose snapshots take us long to look through takes its owner long, too, before it writes anything.
    """
    left = {number: one.fencing_token for number, one in unmade.items()}
    for _ in range(RESTORE_LOOKS_MAX if left else 0):
        await asyncio.sleep(STANDS_SECONDS)
        for number, before in [*left.items()]:
            meta = await store.meta(number)
            left[number] = meta.get("head", "")
            if not is_made_anew(decider, meta) or _gets_on(before, left[number]):
                del left[number]
        if not left:
            break
    return [number for number, token in left.items() if not _still_reads(unmade[number], token)]


def _still_reads(one: Unmade, token: str) -> bool:
    """Say whether an owner that we found there has written nothing yet, and may look through its snapshots all the while."""
    return token == one.fencing_token and token.endswith(":0") and one.read_seconds > STANDS_SECONDS


def _gets_on(before: str, now: str) -> bool:
    """Say whether a recovery has committed since: its token counts that. One that begins anew has another token."""
    token, _, count = before.partition(":")
    return now.startswith(f"{token}:") and int(now.partition(":")[2]) > int(count or 0) if token else False
