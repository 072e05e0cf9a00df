"""An operator's request to read one record again, as a Kafka record: by its place, so nothing of it is copied.

The request stands on the partition of the record that it names, whose owner alone acts on it. It may be repeated: what a
service knows does not depend on how often it reads a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.contracts import limits
from shared.contracts.cloudevents.envelope import CONTENT_TYPE, SPECVERSION
from shared.contracts.fields import RuleName, instant_text
from shared.contracts.refusal import Unreadable, refusal_of
from shared.contracts.topic_names import REPLAY


class ReplayRequested(BaseModel):
    """A record is to be read again by one service, after what was wrong with it, or with the service, was mended.

    A record that could not be read is named as its dead letter names it; an item that was parked, by the place of its
    `rapport.runtime.parked`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str] = "rapport.replay.requested"
    TOPIC: ClassVar[str] = REPLAY

    service: RuleName
    topic: Annotated[str, StringConstraints(min_length=1, max_length=limits.TOPIC_CHARS_MAX)]
    partition: Annotated[int, Field(ge=0, le=limits.PARTITIONS_MAX)]
    offset: Annotated[int, Field(ge=0, le=limits.OFFSET_MAX)]

    @property
    def id(self) -> str:
        """The same as that of the dead letter about the record."""
        return f"{self.service}/{self.topic}/{self.partition}/{self.offset}"


def replay_request(request: ReplayRequested, time: datetime) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of a request. It goes to the partition that it names."""
    headers = {
        "ce_specversion": SPECVERSION,
        "ce_id": f"replay/{request.id}",
        "ce_source": "/rapport/operator",
        "ce_type": ReplayRequested.TYPE,
        "ce_time": instant_text(time),
        "content-type": CONTENT_TYPE,
    }
    return request.id.encode(), request.model_dump_json().encode(), [(k, text.encode()) for k, text in headers.items()]


def replay_requested(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> ReplayRequested | None:
    """Return the request that a record holds, None for another type. Raises Unreadable with field and reason."""
    if dict(headers).get("ce_type") != ReplayRequested.TYPE.encode():
        return None
    if value is None or len(value) > limits.VALUE_BYTES_MAX:
        raise Unreadable("is null or too large", "value")
    try:
        return ReplayRequested.model_validate_json(value, strict=True)
    except ValidationError as failure:
        raise refusal_of(failure) from None
