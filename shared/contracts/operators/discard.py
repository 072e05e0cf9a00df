"""An operator's word that a dead letter is dealt with, as a Kafka record beside the letters: kept as long as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.contracts import limits
from shared.contracts.cloudevents.envelope import CONTENT_TYPE, SPECVERSION
from shared.contracts.fields import instant_text
from shared.contracts.topic_names import DEAD_LETTERS


class DeadLetterDiscarded(BaseModel):
    """A person has looked at the dead letters of one record, of all services, and nothing is left to do.

    No service reads it: lists and counts leave the record out from then on. It may be repeated.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str] = "rapport.dead_letter.discarded"
    TOPIC: ClassVar[str] = DEAD_LETTERS

    topic: Annotated[str, StringConstraints(min_length=1, max_length=limits.TOPIC_CHARS_MAX)]
    partition: Annotated[int, Field(ge=0, le=limits.PARTITIONS_MAX)]
    offset: Annotated[int, Field(ge=0, le=limits.OFFSET_MAX)]

    @property
    def id(self) -> str:
        """The place of the record: topic/partition/offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def discard_record(discard: DeadLetterDiscarded, time: datetime) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of a discard."""
    headers = {
        "ce_specversion": SPECVERSION,
        "ce_id": f"discard/{discard.id}",
        "ce_source": "/rapport/operator",
        "ce_type": DeadLetterDiscarded.TYPE,
        "ce_time": instant_text(time),
        "content-type": CONTENT_TYPE,
    }
    return discard.id.encode(), discard.model_dump_json().encode(), [(k, text.encode()) for k, text in headers.items()]


def discarded(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> DeadLetterDiscarded | None:
    """Return the discard that a record of the dead-letter topic holds, None where it holds something else."""
    if dict(headers).get("ce_type") != DeadLetterDiscarded.TYPE.encode():
        return None
    try:
        return DeadLetterDiscarded.model_validate_json(value or b"")
    except ValidationError:
        return None
