"""The names of items as they are stored: a kind of item that there is much of is one character, not a word.

A name stands in the member's hash and again among their wakes, so a member with some hundred items has it some hundred
times. The table is part of what is stored: a kind keeps its character, and a new one comes last.
"""

from __future__ import annotations

from typing import Final

PROFILE: Final = ""
"""The key of what is known of the member as a whole."""
NOTES: Final = "!"
"""The key of what the runtime keeps of the member."""
KINDS: Final = ("contact", "invite", "meeting", "reminder", "promise", "pursuit", "gathering", "date", "ties", "why")
_SHORT: Final = {kind: chr(1 + place) for place, kind in enumerate(KINDS)}
_LONG: Final = {short: f"{kind}/" for kind, short in _SHORT.items()}
_AS_IT_IS: Final = "\x1f"
"""Before a key that begins as a short name does."""
_FIRST: Final = " "
"""What keys begin with, or something behind it, unless they are somebody's invention."""


def stored_name(key: str) -> str:
    """Return the name under which an item is stored."""
    kind, slash, rest = key.partition("/")
    if slash and (short := _SHORT.get(kind)) is not None:
        return short + rest
    return _AS_IT_IS + key if key and key < _FIRST else key


def key_of(name: bytes) -> str:
    """Return the key of the item that is stored under a name."""
    return key_named(name.decode())


def key_named(name: str) -> str:
    """Return the key of the item that is stored under a name, given as a text."""
    if (long := _LONG.get(name[:1])) is not None:
        return long + name[1:]
    return name.removeprefix(_AS_IT_IS)
