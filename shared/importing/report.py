"""What an import read, and what came of it: the object that `rapport import --json` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from shared.importing.limits import REJECTED_KEPT_MAX
from shared.importing.refusals import FileRefused, shown

STRANGERS: Final = "messages with somebody whom no profile or name tells"
UNCONNECTED: Final = "recommendations of somebody whose name does not stand once among the connections"


@dataclass(slots=True)
class Tally:
    """Counts of an import. Every row is imported, rejected, hidden or set aside; one that stands twice counts twice."""

    files: list[str] = field(default_factory=list)
    files_refused: list[tuple[str, str]] = field(default_factory=list)
    """Files that could not be read, with the reason; the others were."""
    resaved: list[tuple[str, str]] = field(default_factory=list)
    """What a spreadsheet has made of a file, and how it was read all the same."""
    rows_read: int = 0
    rows_imported: int = 0
    rows_rejected: int = 0
    hidden_rows: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    set_aside: Counter[str] = field(default_factory=Counter)
    """Good rows that are no message with a person, by the reason."""
    strangers: int = 0
    """Messages with somebody whom neither a profile nor a name tells, in the events that were given so far."""
    unconnected: int = 0
    """Recommendations of whom nothing tells who that is, in the events that were given so far."""
    events: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)

    def reject(self, file: str, line: int, reason: str) -> None:
        """Take note of a row that was not imported."""
        self.rows_rejected += 1
        if len(self.rejected) < REJECTED_KEPT_MAX:
            self.rejected.append({"file": file, "line": line, "reason": reason})

    def refuse(self, file: str, refusal: FileRefused) -> None:
        """Take note of a file that was not imported."""
        self.files_refused.append((file, str(refusal).removeprefix(f"{shown(file)}: ")))

    @property
    def rows_kept(self) -> int:
        """How many rows were understood."""
        return self.rows_read - self.rows_rejected

    def as_json(self) -> dict[str, Any]:
        """Return the report; the last four keys are there only when they say something."""
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
        set_aside = Counter(self.set_aside) + Counter({STRANGERS: self.strangers, UNCONNECTED: self.unconnected})
        if set_aside:
            report["set_aside"] = dict(sorted(set_aside.items()))
        if self.files_refused:
            report["files_refused"] = [{"file": file, "reason": reason} for file, reason in self.files_refused]
        if self.resaved:
            report["resaved"] = [{"file": file, "what": what} for file, what in self.resaved]
        return report
