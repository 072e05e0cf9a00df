"""What somebody else has put between own events, where the way back does not come by: looked for after a recovery, in pages.

An append that lands at `own_end` has nothing before it that was not read, but for one place: where the control record of the
last commit belongs. If Kafka has left that out, a stray may stand there, and nothing shows it. So what was said between two
recoveries is looked through once, after the second.
"""

from __future__ import annotations

from typing import Any

from shared.runtime.ports.limits import STRAY_PAGE_RECORDS_MAX
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.reading import FOREIGN


def owes_a_look(owner: PartitionTask[Any, Any]) -> bool:
    """Say whether a part of the own topic before the last recovery was not looked through yet."""
    return owner.aside < owner.looked[0]


async def look_for_strays(owner: PartitionTask[Any, Any]) -> None:
    """Look through one page; what is foreign becomes a dead letter. The store remembers how far, at the end at the latest."""
    topic, (end, behind) = owner.decider.own, owner.looked
    records, position = await owner.log.read(topic, owner.partition, owner.aside, end, STRAY_PAGE_RECORDS_MAX)
    work = owner.work()
    for record in records:
        if record.fault is None and invariants.is_foreign(topic, record.headers):
            work.bury(record, owner.clock.now(), FOREIGN)
    owner.observer.began(work, ())
    owner.aside = position if position < end else behind
    if work.dead or not owes_a_look(owner):
        await owner.finish(work)
