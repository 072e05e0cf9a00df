"""What one commit writes of one member, in the form in which its script takes it."""

from __future__ import annotations

from typing import Any

from shared.runtime.ports.interfaces import MemberChange
from shared.stored.item_names import stored_name

WAKE_MS_MAX = 2**53
"""Scores of sorted sets are doubles: whole numbers beyond are not exact. It is the year 287,396."""


def row_of(member: str, change: MemberChange) -> list[Any]:
    """Return one member's changes as `commit.lua` takes them; `ValueError` for a wake beyond `WAKE_MS_MAX`."""
    names = {key: stored_name(key) for key in change.puts}
    puts = [part for key, value in change.puts.items() for part in (names[key], value)]
    wakes: list[str | int] = []
    silent: list[str] = []
    for key, wake in change.wakes.items():
        name = names.get(key) or stored_name(key)  # mostly of what is written, too
        if wake is None:
            silent.append(name)
        elif -WAKE_MS_MAX <= wake <= WAKE_MS_MAX:
            wakes += (wake, name)
        else:
            raise ValueError(f"wakes: {wake} ms is beyond {WAKE_MS_MAX}")
    deletes = [stored_name(key) for key in change.deletes]
    sweep = 0 if change.sweep is None else 1 if change.sweep else 2
    return [member, change.wipe, puts, deletes, wakes, silent, sweep]
