"""Records on a service's own topic that an operator has said to step over: by place, content and the topic's identity.

They are asked for only where a service can not be sure of a record, so a request can take nothing from it that it has said.
What is stepped over changes nothing that is known, so it does not matter when the request came.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts import REPLAY, StepOverRequested, Unreadable, step_over_requested
from shared.runtime.ports.interfaces import Log, Record, Refused
from shared.runtime.ports.limits import READ_BACK_RECORDS_MAX
from shared.runtime.processing import invariants


class RefusedRecord(Refused):
    """A record on the own topic of which the service can not be sure. A person can say that it is to be stepped over."""

    def __init__(self, reason: str, service: str, record: Record) -> None:
        place = f"{service} {record.partition} {record.offset}"
        super().__init__(f"{reason}; if somebody else has put it there: rapport step-over {place}")
        self.record = record


def asked_for(records: Sequence[Record]) -> list[StepOverRequested]:
    """Return the requests among these records."""
    found = []
    for record in records:
        try:
            request = None if record.fault else step_over_requested(record.value, record.headers)
        except Unreadable:  # a dead letter of whoever reads it as an input
            continue
        if request is not None and request.partition == record.partition:
            found.append(request)
    return found


async def is_stepped_over(log: Log, service: str, record: Record) -> bool:
    """Say whether a person has said that this very record, on this very topic, is to be stepped over.

    Reads all requests of the partition: they are few. An open transaction among them is `Uncertain`.
    """
    identity = (await log.identity([record.topic]))[record.topic]
    bounds = (await log.bounds([REPLAY], record.partition))[REPLAY]
    position = bounds.begin
    while position < bounds.end:
        found, position = await log.read(REPLAY, record.partition, position, bounds.end, READ_BACK_RECORDS_MAX)
        about = [one for one in asked_for(found) if (one.service, one.topic) == (service, record.topic)]
        if any(invariants.steps_over(request, record, identity) for request in about):
            return True
    return False


def request_about(service: str, record: Record, identity: str) -> StepOverRequested:
    """Return the request to step over a record that a person has looked at; `identity` is its topic's."""
    digest = invariants.digest(record.key, record.value, record.headers)
    return StepOverRequested(
        service=service,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        identity=identity,
        digest=digest,
    )
