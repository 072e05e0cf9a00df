"""Import what a member has elsewhere: exports of networks, calendars and address books become events with their true times.

A library without side effects: it reads files and gives events; whoever calls it publishes them. Read in this order:
`importer` (what one promises), `importers` (each kind), `registry` (which one reads a file), `upload`. `linkedin`, `calendar`
and `addressbook` hold what one kind needs more of; `files` opens what people bring, `web` what stands at an address, within
`limits`. `existing` is what is known of a member before, `refusals` and `report` say what came of it; `sample` is what the
demo imports.
"""

from __future__ import annotations

from shared.importing.files.counted import Progress
from shared.importing.linkedin.export import ZONE_SENT, Import, read_archive
from shared.importing.refusals import ArchiveError
from shared.importing.sample import sample_archive

__all__ = ["ZONE_SENT", "ArchiveError", "Import", "Progress", "read_archive", "sample_archive"]
