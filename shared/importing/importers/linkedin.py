"""Exports of LinkedIn: a zip, the folder it was unpacked to, or one table of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.contracts import Event
from shared.importing.existing.activity import Existing
from shared.importing.files.archive import ZIP_STARTS
from shared.importing.files.counted import CountedBytes, Meter
from shared.importing.files.entries import Entry
from shared.importing.files.resaved import encoding_of
from shared.importing.importer import FileImport, Found, Given, Importer, Look, Rejected, Sureness
from shared.importing.linkedin.checking import Tables
from shared.importing.linkedin.export import Import, read_archive
from shared.importing.refusals import ArchiveError

HIDDEN: Final = "people who closed their account or hide themselves"


def _knows(look: Look) -> Sureness:
    if look.is_folder or look.head.startswith(ZIP_STARTS):
        return Sureness.LIKELY
    return Sureness.CERTAIN if _has_header(look.head) else Sureness.NO


def _has_header(head: bytes) -> bool:
    """Whether it begins as a table of an export does, whatever a spreadsheet has made of it."""
    lines = head[: head.rfind(b"\n") + 1] or head
    entry = Entry("", len(lines), None, lambda: io.BytesIO(lines))
    try:
        with CountedBytes(entry, Meter(0)) as stream:
            encoding = encoding_of(entry.name, stream)
        with Tables(Meter(0)).open(entry, encoding) as table:
            return not table.empty
    except (ArchiveError, ValueError):
        return False


class _Archive:
    kind, compares = "linkedin", False

    def __init__(self, archive: Import) -> None:
        self._archive = archive

    def events(self, existing: Existing) -> Iterator[Event]:  # noqa: ARG002 - the same rows are the same events
        return self._archive.events()

    def found(self) -> Found:
        report = self._archive.report()
        left_out = dict(report.get("set_aside", {}))
        if hidden := report["hidden_rows"]:
            left_out[HIDDEN] = hidden
        return Found(
            report["rows_read"],
            tuple(Rejected(f"{row['file']} line {row['line']}", row["reason"]) for row in report["rows_rejected"]),
            report.get("rows_rejected_more", 0),
            left_out,
            tuple(Rejected(one["file"], one["reason"]) for one in report.get("files_refused", ())),
            tuple(Rejected(one["file"], one["what"]) for one in report.get("resaved", ())),
        )


def _read(path: Path, given: Given) -> FileImport:
    return _Archive(
        read_archive(path, member=given.member, imported_at=given.now, me=given.profile, progress=given.progress)
    )


IMPORTER: Final = Importer("linkedin", "an export of LinkedIn (.zip, its folder, or a .csv of it)", _knows, _read)
