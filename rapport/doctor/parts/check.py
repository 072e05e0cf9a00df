"""What a check of `rapport doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. `way_out` says what to do, where it is not ok."""

    name: str
    ok: bool
    says: str
    way_out: str = ""
