"""A member's newest snapshot, found among the records of its topic: what is known begins there where the log begins later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.decider import Decider
from shared.runtime.ports.interfaces import Offsets, Record, Refused
from shared.runtime.recovery.migrating import migrated, refuse_unmigrated
from shared.runtime.snapshot_model.snapshot_form import Part, of_key, part_in, values_in


@dataclass(frozen=True, slots=True)
class MemberSnapshot:
    """What a service has known of a member at one position."""

    values: Mapping[str, bytes]
    """By key, as the store has them, in the form of today's version."""
    offsets: Offsets
    """Per topic, the service's own included, the offset of the next record."""


def newest_of(decider: Decider[Any, Any], member: str, records: Iterable[Record]) -> MemberSnapshot | None:
    """Return the member's newest snapshot, None where there is none.

    `records`: of the partition's snapshots topic, in order; those of others are passed over. Raises `Refused` where parts are
    missing, can not be read, or are of a version that nothing migrates.
    """
    newest: Part | None = None
    parts: dict[int, Part] = {}
    for record in records:
        if (about := of_key(record.key)) is None or about[0] != member:
            continue
        if record.value is None:
            if about[1] == 0:
                newest, parts = None, {}
            continue
        part = part_in(record)
        if newest is None or part.snapshot != newest.snapshot:
            newest, parts = part, {}
        parts[part.part] = part
    if newest is None:
        return None
    if len(parts) != newest.parts:
        raise Refused(f"a snapshot has {len(parts)} of its {newest.parts} parts")
    refuse_unmigrated(decider, newest.version)
    values = values_in([parts[number] for number in range(newest.parts)])
    return MemberSnapshot(migrated(decider, newest.version, values), newest.position.offsets)
