"""Import what a member has elsewhere: LinkedIn's data export becomes events with their true times.

A library without side effects: it reads files and gives events; whoever calls it publishes them. The same rows give the
same events with the same ids, so importing twice changes nothing.
"""

from __future__ import annotations

from shared.importing.counted import Progress
from shared.importing.linkedin import ZONE_SENT, Import, read_archive
from shared.importing.refusals import ArchiveError
from shared.importing.sample import sample_archive

__all__ = ["ZONE_SENT", "ArchiveError", "Import", "Progress", "read_archive", "sample_archive"]
