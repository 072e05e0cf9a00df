"""What an import read, and what came of it: the object that `rapport import --json` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.importing.limits import REJECTED_KEPT_MAX


@dataclass(slots=True)
class Tally:
    """Counts of an import. Every row is imported, rejected or hidden; one that stands twice counts twice."""

    files: list[str] = field(default_factory=list)
    rows_read: int = 0
    rows_imported: int = 0
    rows_rejected: int = 0
    hidden_rows: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)

    def reject(self, file: str, line: int, reason: str) -> None:
        """Take note of a row that was not imported."""
        self.rows_rejected += 1
        if len(self.rejected) < REJECTED_KEPT_MAX:
            self.rejected.append({"file": file, "line": line, "reason": reason})

    def as_json(self) -> dict[str, Any]:
        """Return the report; `rows_rejected_more` is there only when the list of rejected rows had to end."""
        report: dict[str, Any] = {
            "files": list(self.files),
            "rows_read": self.rows_read,
            "rows_imported": self.rows_imported,
            "rows_rejected": [dict(row) for row in self.rejected],
            "hidden_rows": self.hidden_rows,
            "events": dict(sorted(self.events.items())),
        }
        if more := self.rows_rejected - len(self.rejected):
            report["rows_rejected_more"] = more
        return report
