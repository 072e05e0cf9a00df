"""What `rapport doctor` tells of events whose type nobody here knows: their names, and what was probably meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from rapport.doctor.parts.check import Check
from rapport.system.metas import metas_of
from shared.contracts import EVENTS

if TYPE_CHECKING:
    from shared.config.settings import Settings

NAME = "types"
SHOWN_MAX = 5
"""Names that are told, those with most events first."""
LIKENESS_MIN = 0.85
"""Of two names, by difflib's ratio: letters swapped, a plural, a version behind have above 0.9; another verb has 0.8."""
PREFIX = "rapport."
"""Begins every type; a client may leave it out."""


async def types_check(settings: Settings) -> Check:
    """Name them. It is no problem of the system's: a newer product may tell what is not known yet."""
    from redis.exceptions import RedisError

    from rapport.composition import DECIDERS
    from shared.runtime.processing.strange_types import FIELD, counts_of

    try:
        found = await metas_of(settings, list(DECIDERS))
    except (RedisError, OSError, TimeoutError) as error:
        return Check(NAME, ok=True, says=f"not looked at ({type(error).__name__})")
    counts = [[counts_of(meta.get(FIELD, "")) for meta in metas] for metas in found.values()]
    return Check(NAME, ok=True, says=types_line(counts))


def types_line(counts: Iterable[Iterable[Mapping[str, int]]]) -> str:
    """Name the types that nobody knows; `counts` has for each service those of its partitions.

    Each service reads every event, so the one that has counted most of a name has seen all of them.
    """
    most: Counter[str] = Counter()
    for partitions in counts:
        own: Counter[str] = Counter()
        for one in partitions:
            own.update(one)
        most |= own
    if not most:
        return "all are known"
    named = [f"{count:,} of {name}{meant(name)}" for name, count in most.most_common(SHOWN_MAX)]
    more = f"; and {len(most) - SHOWN_MAX} names more" if len(most) > SHOWN_MAX else ""
    return f"passed over, as nobody here knows the type: {'; '.join(named)}{more}"


def meant(name: str) -> str:
    """Return the question whether a known type was meant; empty where none is like it."""
    whole = name.lower() if name.lower().startswith(PREFIX) else PREFIX + name.lower()
    close = get_close_matches(whole, EVENTS, 1, LIKENESS_MIN)
    return f" (did you mean {close[0]}?)" if close else ""
