"""The stored form of what there is most of: invites and contacts, as lists of their fields without empty ends.

The default of each of their fields is its empty value. `packed` and `unpacked` are each other's inverse; the form is part
of the state version.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import astuple

from services.invites.state import Contact, Invite, Item, Naming, Wish
from shared.stored.packing import without_ends

_INVITE: Final = 0
_CONTACT: Final = 1
_WISH: Final = 6
_PROPOSALS: Final = 14
"""Places among the fields of an invite."""
_ENDS: Final = tuple((size, astuple(Invite())[size:]) for size in (3, 5))
"""How many fields an invite has that was sent, or was answered, and what all the others are then."""
_WITHDRAWN: Final = 1
_RETRACTED: Final = 2
_NAMED: Final = 3
"""Of a contact."""


def packed(_key: str, item: Item) -> Item | list[Any]:
    """Return what is stored of an item: a list, or the item itself where it has no form of its own."""
    kind = type(item)  # a look at the type itself: there is one of each in the store
    if kind is Invite:
        values = astuple(item)
        for size, empty in _ENDS:  # most end so: one look at all that is empty, not one at each
            if values[size:] == empty:
                return without_ends([_INVITE, *values[:size]])
        return without_ends([_INVITE, *values])
    if kind is Contact:
        return without_ends([_CONTACT, *astuple(item)])
    return item


def unpacked(_key: str, stored: list[Any]) -> Item:
    """Return the item that a list stands for."""
    kind, *values = stored
    if kind == _CONTACT:
        if len(values) > _NAMED:
            values[_NAMED] = Naming(*values[_NAMED])
        for place in (_WITHDRAWN, _RETRACTED):
            if len(values) > place:
                values[place] = tuple(values[place])
        return Contact(*values)
    if len(values) > _WISH and values[_WISH] is not None:
        values[_WISH] = Wish(*values[_WISH])
    if len(values) > _PROPOSALS:
        values[_PROPOSALS] = tuple(values[_PROPOSALS])
    return Invite(*values)
