"""Imports of what happened elsewhere."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts import limits
from shared.contracts.events.activity import Activity
from shared.contracts.fields import Count, Id, Name, SortedByKey, TypeName


class ImportCompleted(Activity):
    """An import has reported its last event. It comes after all of them."""

    TYPE: ClassVar[str] = "rapport.import.completed"
    import_id: Id
    source: Name
    """Where it came from: `linkedin`."""
    counts: Annotated[dict[TypeName, Count], Field(max_length=limits.COUNTS_KEYS_MAX), SortedByKey]
    """Events by type without `rapport.`, such as `invite.sent`."""
