"""Which changes are tried: so many of a part, from all of its files alike, drawn by a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import cycle


def shares(sites_by_file: Mapping[str, int], number: int, seed: int) -> dict[str, int]:
    """Return of how many changes each file is broken, in turns, until there are `number`.

    The seed says which files have one more. A file that has fewer changes gives what it has.
    """
    files = sorted(sites_by_file, key=lambda file: hashlib.sha256(f"{seed} {file}".encode()).digest())
    shared = dict.fromkeys(files, 0)
    left = min(number, sum(sites_by_file.values()))
    for file in cycle(files):
        if not left:
            return shared
        if shared[file] < sites_by_file[file]:
            shared[file] += 1
            left -= 1
    return shared
