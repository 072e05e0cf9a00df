"""What a digest tells, made harmless to show: controls out, and names that run from right to left kept to their place.

Once for the whole digest, before any of it is put into words, so that no sentence can forget it. Ids, zones and rules are
no texts that anybody reads, and stay as they are.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast

from shared.texts.plain_text import isolated, plain_line

NAMES: Final = frozenset({"name", "names"})
TEXTS: Final = frozenset({"what", "text", "headline", "place", "received", "given"})
"""Fields that hold what somebody wrote, wherever in a digest they stand."""

D = TypeVar("D")


def readable(told: D) -> D:
    """Return a record of `model.py`, and all that stands in it, with its texts fit to be shown."""
    assert is_dataclass(told)
    changed = {one.name: _of(one.name, getattr(told, one.name)) for one in fields(told)}
    return cast("D", replace(cast("Any", told), **changed))


def _of(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_of(name, one) for one in value)
    if is_dataclass(value):
        return readable(value)
    if isinstance(value, str) and name in NAMES | TEXTS:
        return isolated(" ".join(plain_line(value).split()) if name in NAMES else plain_line(value))
    return value
