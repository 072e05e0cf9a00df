"""Events on the activity topic whose type nobody here knows: passed over, as the language promises, but counted by name.

A newer product may tell what an older Rapport does not know yet, so such an event is no dead letter. A misspelled type
looks the same, and whoever wrote it would never hear of it. So a partition's meta in the store keeps how many there were
under which name, in the very commit that moves past them, and `rapport doctor` tells them. Names alone are kept, and only
plain ones: words and ids of people are not, so an erasure owes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from shared.contracts import ACTIVITY, EVENTS, Unreadable
from shared.contracts.cloudevents.json_format import attributes_in, object_of
from shared.runtime.ports.interfaces import Record

FIELD: Final = "strange"
"""Of a partition's meta."""
NAMES_MAX: Final = 20
"""Names that are counted one by one, in a partition's meta and in a metric; what comes beyond counts under `OTHER`."""
OTHER: Final = "other"
"""Stands for names beyond `NAMES_MAX`, and for those that are not plain."""
_HEADER: Final = "ce_type"
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,79}", re.ASCII)
_KNOWN: Final = frozenset(name.encode() for name in EVENTS)


def strange_type(record: Record) -> str | None:
    """Return the type of a record that became no event, as far as it can be named; None where the type is known.

    It is asked of each record that a service passes over, most of which are of a type that it does not apply.
    """
    if record.topic != ACTIVITY:
        return None  # what services say, a later version may say otherwise
    for name, raw in record.headers:
        if name == _HEADER:
            return None if raw in _KNOWN else named(raw)
    try:
        name = attributes_in(object_of(record.value))["type"]
    except (Unreadable, KeyError):  # a record that says nothing at all
        return OTHER
    return None if name in EVENTS else named(name.encode())


def named(raw: bytes | None) -> str:
    """Return the name where it is plain and not too long, `OTHER` else."""
    text = (raw or b"").decode("ascii", "replace")
    return text if _PLAIN.fullmatch(text) else OTHER


class Names:
    """Which names are counted one by one in one process: the first `NAMES_MAX`."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def counted_as(self, name: str) -> str:
        """Return the name under which it counts: a label of a metric must not grow with what is in events."""
        if name not in self._seen:
            if len(self._seen) >= NAMES_MAX:
                return OTHER
            self._seen.add(name)
        return name


def joined(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """Return the counts after some more names, at most `NAMES_MAX` of them one by one."""
    after = dict(counts)
    for name in names:
        key = name if name in after or len(after) < NAMES_MAX else OTHER
        after[key] = after.get(key, 0) + 1
    return after


def text_of(counts: Mapping[str, int]) -> str:
    """Return counts as a field of the meta."""
    return msgspec.json.encode(dict(counts)).decode()


def counts_of(text: str) -> dict[str, int]:
    """Read the field; in a store that has none, nothing was strange."""
    return msgspec.json.decode(text, type=dict[str, int]) if text else {}
