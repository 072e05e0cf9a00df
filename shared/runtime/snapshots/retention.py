"""Ends the topics of events: what is older than it is to be kept, and needed by nobody, is deleted by the record.

The owner of a partition looks now and then whether there is something to delete from the topics that its service ends
(`shared.contracts.retained`). What may go lies below two offsets: of the first record that is younger, which Kafka tells
by the records' own timestamps and all services' clocks together, and of the first one that some service still needs, which
the marks of their snapshots tell.
A service that has never written a mark for this very topic needs all of it. Marks only ever move on, so whoever sleeps
between the look and the deletion deletes less than might go, never more.

Kafka's own clock deletes nothing: it does not know who has read what. Work does not depend on any of this: what fails is
counted, and tried again at the next look.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.retained import COVERED_BY
from shared.runtime.ports.instants import from_ms
from shared.runtime.ports.interfaces import Log, Refused, Uncertain
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.snapshot_model.snapshot_form import Mark
from shared.runtime.snapshots.newest_mark import newest_mark_of_another


def owes_deletion(owner: PartitionTask[Any, Any]) -> bool:
    """Say whether it is time to look for what may go. A clock that went back keeps nobody waiting for longer than a pause."""
    state = owner.retention
    if state is None:
        return False
    return state.next_look is None or not timedelta(0) < state.next_look - owner.clock.now() <= state.pause


async def delete_what_may_go(owner: PartitionTask[Any, Any]) -> None:
    """Look once, and delete. Whatever fails is counted, and fails nothing else."""
    state = owner.retention
    assert state is not None, "only where there is retention, one owes a look"
    now = owner.clock.now()
    state.next_look, state.failed = now + state.pause, ""
    for topic in state.topics:
        try:
            looked_at = (await owner.log.identity([topic]))[topic]
            begin, before = await what_may_go(owner.log, topic, owner.partition, now, state.keep, looked_at)
            if before > begin:
                same_topic(looked_at, (await owner.log.identity([topic]))[topic])
                await owner.log.delete(topic, owner.partition, before)
                state.deleted[topic] = state.deleted.get(topic, 0) + before - begin
                owner.counts["deleted"] += before - begin
        except (Uncertain, Refused) as error:
            state.failed = f"{topic}: {error}"
            owner.counts["retention_failed"] += 1


async def what_may_go(
    log: Log, topic: str, partition: int, now: datetime, keep: timedelta, identity: str
) -> tuple[int, int]:
    """Return where the topic's partition begins, and below which offset it may be deleted, the same where nothing may go.

    What is younger than `keep` stays. Its age counts from `now`, or from when the last round began of the service whose last
    one is the oldest, if that is earlier: so one host whose clock is ahead deletes nothing too early.

    Raises `Uncertain`, and `Refused` for a mark in another form.
    """
    marks = await marks_about(log, topic, partition)
    needed = needed_from_on(marks, topic, identity)
    begin = (await log.bounds([topic], partition))[topic].begin
    if needed <= begin:
        return begin, begin
    until = old_since(now, [from_ms(mark.began_ms) for mark in marks]) - keep
    return begin, max(begin, invariants.may_go(needed, await log.first_since(topic, partition, until)))


async def marks_about(log: Log, topic: str, partition: int) -> list[Mark]:
    """Return the newest mark of each service that reads the topic."""
    return [await newest_mark_of_another(log, reader, partition) for reader in COVERED_BY[topic]]


def needed_from_on(marks: Iterable[Mark], topic: str, identity: str) -> int:
    """Return the offset below which nobody needs a record of the topic: 0 while one of its readers has not said so."""
    return min(invariants.covered_by(mark.needed, mark.identities, topic, identity) for mark in marks)


def old_since(now: datetime, rounds: Iterable[datetime]) -> datetime:
    """Return the instant from which the age of a record counts: the earliest that a service has named as its present.

    Without it, one host whose clock is ahead deletes what an operator keeps.
    """
    return min([now, *rounds])


def same_topic(before: str, now: str) -> None:
    """Delete from the topic that was looked at. Without it, who slept in between deletes from one that was made anew."""
    if before != now:
        raise Uncertain("the topic was made anew since it was looked at")
