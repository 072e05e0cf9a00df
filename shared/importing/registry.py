"""All importers, and which of them reads a file: its content says what it is, never its name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from shared.importing import importers
from shared.importing.importer import HEAD_BYTES, Importer, Look, Sureness
from shared.importing.refusals import ArchiveError, shown


def _all() -> Iterator[Importer]:
    for module in iter_modules(importers.__path__):
        found = import_module(f"{importers.__name__}.{module.name}").IMPORTER
        if not isinstance(found, Importer):
            raise TypeError(f"{module.name}: IMPORTER is no Importer")
        yield found


IMPORTERS: Final = tuple(_all())
"""By the names of their modules."""


def importer_of(path: Path) -> Importer:
    """Return the importer of the file or folder at `path`.

    `ArchiveError` when it cannot be opened, or is of no kind that can be imported.
    """
    look = look_at(path)
    sure = max(IMPORTERS, key=lambda one: one.knows(look))
    if sure.knows(look) is Sureness.NO:
        kinds = [one.files for one in IMPORTERS]
        raise ArchiveError(f"{shown(path.name)}: is none of what can be imported: {'; '.join(kinds)}")
    return sure


def look_at(path: Path) -> Look:
    """Return what importers see of a file or folder; `ArchiveError` when it cannot be opened."""
    try:
        if path.is_dir():
            return Look(b"", is_folder=True)
        if path.exists() and not path.is_file():
            raise ArchiveError(f"{shown(path.name)}: is neither a file nor a folder")
        with path.open("rb") as file:
            return Look(file.read(HEAD_BYTES))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        raise ArchiveError(f"{shown(path.name)}: cannot be opened ({why})") from None
