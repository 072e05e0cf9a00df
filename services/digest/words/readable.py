"""What a digest tells, made harmless to show: controls out, and names kept to their place that run against the mail.

Once for the whole digest, before any of it is put into words, so that no sentence can forget it. Ids, zones and rules are
no texts that anybody reads, and stay as they are.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast

from shared.texts.language import ENGLISH, Language
from shared.texts.plain_text import plain_line
from shared.texts.sentences import SOMEBODY

NAMES: Final = frozenset({"name", "names"})
TEXTS: Final = frozenset({"what", "text", "headline", "place", "received", "given"})
"""Fields that hold what somebody wrote, wherever in a digest they stand."""

D = TypeVar("D")


def readable(told: D, lang: Language = ENGLISH) -> D:
    """Return a record of `model.py`, and all that stands in it, with its texts fit to be shown in a language."""
    assert is_dataclass(told)
    changed = {one.name: _of(one.name, getattr(told, one.name), lang) for one in fields(told)}
    return cast("D", replace(cast("Any", told), **changed))


def _of(name: str, value: Any, lang: Language) -> Any:
    if isinstance(value, tuple):
        return tuple(_of(name, one, lang) for one in value)
    if is_dataclass(value):
        return readable(value, lang)
    if not isinstance(value, str) or name not in NAMES | TEXTS:
        return value
    if name in NAMES:
        return lang(SOMEBODY) if value == SOMEBODY else lang.apart(" ".join(plain_line(value).split()))
    return lang.apart(plain_line(value))
