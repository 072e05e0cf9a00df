"""How what a version of a service has stored of a member becomes what the next one stores.

A state version is raised where the stored form, or what is remembered, is another. A store is then made anew: from all of the
log, where it is whole and stays; else from snapshots, which the version before has written. Each version from the first
release on has an entry in `migrations.py` of its service: a `Migration` to the next one, or `NoMigration` with the reason,
which an operator reads when the next one refuses to start. Entries stay: somebody may come from there.

A migration is a pure function of what is stored of one member. It knows stored names and plain values of MessagePack, never
today's classes: those change again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from shared.stored.compressed import compressed, whole
from shared.stored.item_names import NOTES

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder().decode

Values: TypeAlias = Mapping[str, bytes]
"""All that is stored of one member: by key, the profile (`""`), the runtime's notes (`!`) and the items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """From one state version to the next."""

    change: Callable[[Values], Values]
    remembers_more: bool = False
    """Whether the next version remembers what this one has passed over: then all of the log is read where it is whole and
    stays. Where it begins later, what was passed over stays so."""


@dataclass(frozen=True, slots=True)
class NoMigration:
    """That nothing leads to the next version, on purpose."""

    reason: str
    """What an operator has to know, as the end of a sentence."""


Migrations: TypeAlias = Mapping[int, Migration | NoMigration]
"""By state version: how it becomes the next one."""


def of_form(change: Callable[[str, Any], Any], *, remembers_more: bool = False) -> Migration:
    """Return a migration that makes each plain value (of an item or the profile, with its key) that of the next version.

    Maps and lists come as MessagePack has them, with their stored names. None: nothing is stored of it any more. What the
    runtime itself keeps is left as it is.
    """

    def of_member(values: Values) -> Values:
        made = {key: value if key == NOTES else change(key, _DECODE(whole(value))) for key, value in values.items()}
        return {
            key: value if key == NOTES else compressed(_ENCODE(value))
            for key, value in made.items()
            if value is not None
        }

    return Migration(change=of_member, remembers_more=remembers_more)


def read_alike(*, remembers_more: bool = False) -> Migration:
    """Return the migration where the next version reads what this one has stored, as with a new field that has a default."""
    return Migration(change=lambda values: values, remembers_more=remembers_more)


def way(migrations: Migrations, version: int, now: int) -> tuple[Migration, ...] | None:
    """Return the steps from a version to this one, None where one of them is missing."""
    steps = [migrations.get(one) for one in range(version, now)]
    found = tuple(step for step in steps if isinstance(step, Migration))
    return found if version <= now and len(found) == len(steps) else None


def gap(migrations: Migrations, version: int, now: int) -> str:
    """Return why there is no way from a version to this one."""
    if version > now:
        return "a newer version has written them"
    first = next(one for one in range(version, now) if not isinstance(migrations.get(one), Migration))
    step = migrations.get(first)
    reason = f": {step.reason}" if isinstance(step, NoMigration) else ""
    return f"nothing migrates what version {first} has stored{reason}"
