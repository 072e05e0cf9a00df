"""Ends the topics of events: what is older than it is to be kept, and needed by nobody, is deleted by the record.

The owner of a partition looks now and then whether there is something to delete from the topics that its service ends
(`shared.contracts.retained`). What may go lies below two offsets: of the first record that is younger, which Kafka tells
by the records' own timestamps, and of the first one that some service still needs, which the marks of their snapshots tell.
A service that has never written a mark for this very topic needs all of it. Marks only ever move on, so whoever sleeps
between the look and the deletion deletes less than might go, never more.

Kafka's own clock deletes nothing: it does not know who has read what. Work does not depend on any of this: what fails is
counted, and tried again at the next look.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.contracts.retained import COVERED_BY
from shared.runtime.ports.interfaces import Log, Refused, Uncertain
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.snapshots.newest_mark import newest_mark_of_another


def owes_deletion(owner: PartitionTask[Any, Any]) -> bool:
    """Say whether it is time to look for what may go."""
    state = owner.retention
    return state is not None and (state.next_look is None or owner.clock.now() >= state.next_look)


async def delete_what_may_go(owner: PartitionTask[Any, Any]) -> None:
    """Look once, and delete. Whatever fails is counted, and fails nothing else."""
    state = owner.retention
    assert state is not None, "only where there is retention, one owes a look"
    now = owner.clock.now()
    state.next_look, state.failed = now + state.pause, ""
    for topic in state.topics:
        try:
            begin, before = await what_may_go(owner.log, topic, owner.partition, now - state.keep)
            if before > begin:
                await owner.log.delete(topic, owner.partition, before)
                state.deleted[topic] = state.deleted.get(topic, 0) + before - begin
                owner.counts["deleted"] += before - begin
        except (Uncertain, Refused) as error:
            state.failed = f"{topic}: {error}"
            owner.counts["retention_failed"] += 1


async def what_may_go(log: Log, topic: str, partition: int, until: datetime) -> tuple[int, int]:
    """Return where the topic's partition begins, and below which offset it may be deleted, the same where nothing may go.

    `until`: what was logged at that instant or later stays. Raises `Uncertain`, and `Refused` for a mark in another form.
    """
    needed = await needed_from_on(log, topic, partition)
    begin = (await log.bounds([topic], partition))[topic].begin
    if needed <= begin:
        return begin, begin
    return begin, max(begin, invariants.may_go(needed, await log.first_since(topic, partition, until)))


async def needed_from_on(log: Log, topic: str, partition: int) -> int:
    """Return the offset below which nobody needs a record of the topic: 0 while one of its readers has not said so."""
    identity = (await log.identity([topic]))[topic]
    marks = [await newest_mark_of_another(log, reader, partition) for reader in COVERED_BY[topic]]
    return min(invariants.covered_by(mark.needed, mark.identities, topic, identity) for mark in marks)
