"""A digest that is to be mailed, as bytes; what stands in the way of the rest is left out, and named.

What people write can not fail here as far as anybody knows. Should it all the same, one item must not cost a member the
whole mail, and it must not be found out when the mail server waits for the bytes: then nobody could tell what became
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from services.digest.content.model import DigestContent

Make = Callable[[DigestContent], bytes]
LISTS: Final = ("due", "due_rest", "meetings", "coming", "proposed", "proposed_rest", "noticed", "quiet")


def made(content: DigestContent, make: Make) -> tuple[bytes | None, Sequence[str]]:
    """Return the mail, and what was left out: `due contact/ada/thank/...`. No mail where nothing is left to say."""
    try:
        return make(content), ()
    except Exception:  # noqa: BLE001 - whatever an item does to its mail, the others are told
        left, left_out = _without_faults(content, make)
    if left.empty:
        return None, left_out
    try:
        return make(left), left_out
    except Exception as error:  # noqa: BLE001 - then it is no item
        return None, (*left_out, f"the mail itself: {type(error).__name__}")


def _without_faults(content: DigestContent, make: Make) -> tuple[DigestContent, list[str]]:
    """Try each item in a digest of its own."""
    bare = _with(replace(content, month=None), dict.fromkeys(LISTS, ()))
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    for name in LISTS:
        for one in getattr(content, name):
            if _can(make, _with(bare, {name: (one,)})):
                kept.setdefault(name, []).append(one)
            else:
                left_out.append(f"{name} {_id_of(one)}")
    month = content.month
    if month is not None and not _can(make, replace(bare, month=month)):
        month = None
        left_out.append("month")
    return _with(replace(bare, month=month), {name: tuple(items) for name, items in kept.items()}), left_out


def _with(content: DigestContent, lists: dict[str, Any]) -> DigestContent:
    return replace(content, **lists)


def _can(make: Make, content: DigestContent) -> bool:
    try:
        make(content)
    except Exception:  # noqa: BLE001 - that is the question
        return False
    return True


def _id_of(one: Any) -> str:
    return next(
        str(getattr(one, name)) for name in ("followup_id", "meeting_id", "invite_id", "rule") if hasattr(one, name)
    )
