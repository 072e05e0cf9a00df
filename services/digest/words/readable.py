"""What a digest tells, made harmless to show: controls out, and names kept to their place that run against the mail.

Once for the whole digest, before any of it is put into words, so that no sentence can forget it. Ids, zones and rules are
no texts that anybody reads, and stay as they are.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from shared.texts.language import ENGLISH, Language
from shared.texts.plain_text import plain_line
from shared.texts.sentences import SOMEBODY

NAMES: Final = frozenset({"name", "names"})
TEXTS: Final = frozenset({"what", "text", "headline", "place", "received", "given"})
"""Fields that hold what somebody wrote, wherever in a digest they stand."""

D = TypeVar("D")


def readable(record: D, lang: Language = ENGLISH) -> D:
    """Return a record of `model.py`, and all that stands in it, with its texts fit to be shown in a language."""
    changed = {}
    for name in _names(cast("type", type(record))):
        before = getattr(record, name)
        if (after := _of(name, before, lang)) is not before:
            changed[name] = after
    return cast("D", replace(cast("Any", record), **changed)) if changed else record


@lru_cache(maxsize=16)
def _names(kind: type) -> tuple[str, ...]:
    assert is_dataclass(kind)
    return tuple(one.name for one in fields(kind))


def _of(name: str, value: Any, lang: Language) -> Any:
    if isinstance(value, str):
        return _text(name, value, lang) if name in NAMES or name in TEXTS else value
    if isinstance(value, tuple):
        return tuple(_of(name, one, lang) for one in value)
    return readable(value, lang) if is_dataclass(value) else value


def _text(name: str, value: str, lang: Language) -> str:
    if name in NAMES:
        return lang(SOMEBODY) if value == SOMEBODY else lang.apart(" ".join(plain_line(value).split()))
    return lang.apart(plain_line(value))
