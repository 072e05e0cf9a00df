"""An operator's word that one record on a service's own topic is none of its events, as a Kafka record.

It names the record by its place, its topic by its identity and its content by a digest: at any other place, on a topic that
was made again, or of another record, it means nothing. It stands on the partition of the record, for ever.
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


class StepOverRequested(BaseModel):
    """A person has looked at a record that a service refuses on its own topic, and says that the service never said it.

    It counts only where the service itself can not be sure, and makes a dead letter of that one record.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str] = "rapport.step_over.requested"
    TOPIC: ClassVar[str] = REPLAY

    service: RuleName
    topic: Annotated[str, StringConstraints(min_length=1, max_length=limits.TOPIC_CHARS_MAX)]
    partition: Annotated[int, Field(ge=0, le=limits.PARTITIONS_MAX)]
    offset: Annotated[int, Field(ge=0, le=limits.OFFSET_MAX)]
    identity: Annotated[str, StringConstraints(min_length=1, max_length=limits.TOPIC_CHARS_MAX)]
    """Of the topic: the ids of cluster and topic. One that is made again has another."""
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")]
    """Of the record's key, value and headers."""

    @property
    def id(self) -> str:
        """The same as that of the dead letter that comes of it."""
        return f"{self.service}/{self.topic}/{self.partition}/{self.offset}"


def step_over_request(request: StepOverRequested, time: datetime) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of a request. It goes to the partition that it names."""
    headers = {
        "ce_specversion": SPECVERSION,
        "ce_id": f"step-over/{request.id}",
        "ce_source": "/rapport/operator",
        "ce_type": StepOverRequested.TYPE,
        "ce_time": instant_text(time),
        "content-type": CONTENT_TYPE,
    }
    return request.id.encode(), request.model_dump_json().encode(), [(k, text.encode()) for k, text in headers.items()]


def step_over_requested(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> StepOverRequested | None:
    """Return the request that a record holds, None for another type. Raises Unreadable with field and reason."""
    if dict(headers).get("ce_type") != StepOverRequested.TYPE.encode():
        return None
    if value is None or len(value) > limits.VALUE_BYTES_MAX:
        raise Unreadable("is null or too large", "value")
    try:
        return StepOverRequested.model_validate_json(value, strict=True)
    except ValidationError as failure:
        raise refusal_of(failure) from None
