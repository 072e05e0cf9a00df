"""The checks that the promises rest on, one small function each.

They stand apart so that a test can break each on purpose, alone, and see the promises fail without it. Each says what
breaks when it is off.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from shared.contracts import StepOverRequested, partition_of_key
from shared.contracts.topic_names import SOURCES
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import (
    Bounds,
    Feed,
    Invalidatable,
    Log,
    Message,
    Offsets,
    Record,
    Refused,
    Store,
    Uncertain,
    Writer,
)

WAY_OUT = "restore a copy of the store that fits the log, or read all of the log again: rapport rebuild SERVICE"


def new_fencing_token() -> str:
    """Return a fencing token that no recovery before had: a random token and a counter of commits since."""
    return f"{secrets.token_hex(8)}:0"


def next_fencing_token(fencing_token: str) -> str:
    """Return the one after one more commit. Without the counter, a store that went back between two commits goes unseen."""
    token, count = fencing_token.split(":")
    return f"{token}:{int(count) + 1}"


def same_fencing_token(loaded: str, own: str) -> None:
    """Decide only on a store that still is the one last written. Else events are published that contradict the log."""
    if loaded != own:
        raise Uncertain("another fencing token when items were loaded", UncertainKind.FENCED_AT_LOAD)


def same_owner(loaded: str, own: str) -> None:
    """Begin an effect only while this owner's recovery stands; its own commits may go on meanwhile."""
    if loaded.partition(":")[0] != own.partition(":")[0]:
        raise Uncertain("another recovery when an effect was to begin", UncertainKind.FENCED_AT_LOAD)


def expected_fencing_token(own: str) -> str:
    """Return the fencing token that a commit demands. Without it a sleeper overwrites what a new owner has written."""
    return own


async def may_own(feed: Feed, offsets: Offsets) -> None:
    """Ask the consumer group first: it refuses who is no longer a member, before the rightful owner is disturbed."""
    await feed.commit_group(offsets)


async def fence(store: Store, log: Log, partition: int, token: str, owner: str) -> tuple[Mapping[str, str], Writer]:
    """Fence the store, then the log; only then ask for the ends. In any other order a sleeper gets in between."""
    meta = await store.acquire(partition, token, owner)
    return meta, await log.fence(partition)


def appends_at_end(first: int, own_end: int) -> None:
    """Append exactly where the own topic was read to, else somebody said something that was not read back."""
    if first != own_end:
        raise Uncertain(f"the append landed at {first}, not at {own_end}", UncertainKind.LOG_MOVED)


def unsealed(own_end: int) -> int:
    """Return where the own topic ends when Kafka has left out the control record of the last commit.

    It takes a partition without a leader for a deleted one ("likely deleted already and hence can be skipped" in the log
    of 4.3.1), so a broker that comes back may never write what it had acknowledged. The transaction stays open until the
    next one of the same producer ends, and ends as that one does.
    """
    return own_end - 1


def digest(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> str:
    """Return a short digest of a record's content."""
    parts = [key or b"", value or b"", *(part for name, text in headers for part in (name.encode(), text))]
    return hashlib.blake2b(b"".join(b"%d:" % len(part) + part for part in parts), digest_size=8).hexdigest()


def checkpoint_of(offset: int, message: Message) -> str:
    """Return what the store remembers of the last own event: where it stands and what it says."""
    return f"{offset} {digest(message.key, message.value, message.headers)}"


def checkpoint_in_log(checkpoint: str, record: Record | None) -> None:
    """Find the checkpoint where it stood. Without it, a log that lost its tail and grew again passes for the one known."""
    offset = int(checkpoint.partition(" ")[0])
    if record is None or checkpoint != f"{offset} {digest(record.key, record.value, record.headers)}":
        raise Refused(f"the last event known to the store does not stand in the log at offset {offset}; {WAY_OUT}")


def follows(number: int, last: int, offset: int) -> None:
    """Read back numbers without a gap and without a repetition."""
    if number != last + 1:
        raise Refused(f"own event {last + 1} is expected at offset {offset}, number {number} stands there")


def read_back_from(own_end: int, end: int) -> int:
    """Return where the read-back begins. What was said once is read back; decided again, it would be said twice."""
    return min(own_end, end)


def within(topic: str, offset: int, bounds: Bounds) -> None:
    """Refuse a cursor outside of what the log still holds: what lies between is lost, or another log stands there."""
    if not bounds.begin <= offset <= bounds.end:
        raise Refused(
            f"{topic}: the cursor {offset} lies outside of the log ({bounds.begin} to {bounds.end}); {WAY_OUT}"
        )


def is_stale(position: int, last: int) -> bool:
    """Say whether a batch was fetched before a seek: then its records come again, in order."""
    return position <= last


def read_anew(feeds: Iterable[Invalidatable], reason: str) -> None:
    """Take no position for read after a poll that failed: it may have moved past records that it never handed out.

    They are those of any partition, not only of the one that failed. Every owner recovers, which seeks back to what it
    has applied. Without it, what Kafka had acknowledged is forgotten in silence.
    """
    for feed in feeds:
        feed.invalidate(reason)


def complete(positions: Offsets, ends: Offsets) -> bool:
    """Say whether all that stood in the log when its ends were asked for is applied. Else an answer loses to a timer."""
    return all(positions[topic] >= end for topic, end in ends.items())


def stray_of(key: bytes | None, partition: int, partitions: int) -> int | None:
    """Return where a record belongs that stands on another partition than its key's, None where it stands right.

    Two producers that choose partitions in two ways make two halves of one member: each is reminded and asked by itself,
    and an answer on one side ends nothing on the other.
    """
    if key is None:
        return None
    right = partition_of_key(key, partitions)
    return None if right == partition else right


def blames(error: Exception) -> bool:
    """Say whether an error is the fault of what met it. Without it, rules are parked because a descriptor was lacking.

    What the machine lacks for a moment (descriptors, memory) is there again later, and the same question is answered.
    """
    return not isinstance(error, OSError | MemoryError)


_MARKS: Final = frozenset({"ce_sequence", "ce_inputoffsets"})


def is_foreign(topic: str, headers: Sequence[tuple[str, bytes]]) -> bool:
    """Say whether a record on a service's own topic lacks what that service writes into each of its events.

    Somebody took the wrong topic. Without this check one such record refuses the partition for good, and those who read the
    topic take it for what the service said.
    """
    source = SOURCES.get(topic)
    if source is None:
        return False
    attributes = dict(headers)
    return attributes.get("ce_source") != source.encode() or not attributes.keys() >= _MARKS


def steps_over(request: StepOverRequested, record: Record, identity: str) -> bool:
    """Say whether a request means this very record on this very topic. Without it, what the service said is passed over.

    Offsets come again: on a topic that was made anew, or where a log lost its tail, something else stands there.
    """
    digested = digest(record.key, record.value, record.headers)
    return (request.offset, request.digest, request.identity) == (record.offset, digested, identity)


def is_later(named: int, current: int) -> bool:
    """Say whether an event tells of an erasure that is still to be met: it is done first.

    Without it, what was said of the member's next incarnation before that is forgotten with the last one.
    """
    return named > current


def is_earlier(named: int, current: int) -> bool:
    """Say whether an event was said before an erasure that is known.

    Without it, a service that is behind brings back what was to be forgotten.
    """
    return named < current


def counts_from(incarnation: int, offset: int | None) -> bool:
    """Say whether a place on the activity topic lies in an incarnation.

    Without it, a joining of before an erasure that another service has told of lets the member in again.
    """
    return offset is None or offset >= incarnation


def published_in(incarnation: int) -> int:
    """Return what a service's event names as the member's incarnation.

    Without it, all that a service says after an erasure is passed over by its readers.
    """
    return incarnation


def is_needless(needed: Offsets, topic: str, offset: int) -> bool:
    """Say whether a record counts as gone because no snapshot needs it, whether it is deleted already or not.

    Without it a request to read a record again means something until the record is deleted, and nothing to a rebuild.
    """
    return offset < needed.get(topic, 0)


def covered_by(needed: Offsets, identities: Mapping[str, str], topic: str, identity: str) -> int:
    """Return the offset below which a service needs nothing of a topic, as the mark of its snapshots says.

    A mark that tells of another topic of that name covers nothing of this one: its offsets mean something else.
    """
    return needed.get(topic, 0) if identities.get(topic) == identity else 0


def is_for_topic(identities: Mapping[str, str], topic: str, identity: str) -> bool:
    """Say whether a mark tells of the snapshots topic on which it stands.

    Without it, an owner who lives while that topic is made anew carries over what it knew: the mark stands there, and the
    snapshots that it tells of are gone.
    """
    return identities.get(topic) == identity


def grows_on(first: int, end: int) -> None:
    """Append to the snapshots behind what stands there; only the last control record may be missing (`unsealed`).

    Without it, an owner who lives while their topic loses its end, or is made anew, goes on telling of what is gone.
    """
    if first < unsealed(end):
        raise Uncertain(f"snapshots stood up to {end}, and are appended at {first}", UncertainKind.LOG_MOVED)


def reaches(taken: Offsets, taken_number: int, covered: Offsets, covered_number: int) -> bool:
    """Say whether a snapshot was taken at the mark's place or behind it, on each input.

    Without it, a snapshots topic that lost its end passes for whole: an older snapshot is followed by what the mark says.
    """
    return taken_number >= covered_number and all(taken.get(topic, 0) >= offset for topic, offset in covered.items())


def has_all(members: int, found: int) -> bool:
    """Say whether as many snapshots stand there as the mark's round has written. Without it, who is missing is forgotten."""
    return found >= members


def may_go(needed: int, young: int) -> int:
    """Return the offset below which records may be deleted.

    Without the first one, what a service needs goes, and no store can be made anew; without the second one, what an operator
    keeps for others to read.
    """
    return min(needed, young)


def is_in_snapshot(taken: Offsets, topic: str, offset: int) -> bool:
    """Say whether a member's snapshot holds what a record says. Without it, that is applied a second time."""
    return offset < taken.get(topic, 0)


def is_complete(parts: int, seen: int) -> bool:
    """Say whether all parts of a snapshot are there. Without it, half of a member passes for all of them."""
    return seen == parts


def is_behind(meta: Mapping[str, str], own: str, reach: Offsets, number: int) -> bool:
    """Say whether a store stands before the place from which the snapshots cover everything.

    What it lacks may be gone, and what requests named on its way counts as gone. `number`: of the last own event there.
    """
    held = {topic: int(meta.get("own_end" if topic == own else f"off:{topic}", 0)) for topic in reach}
    return int(meta.get("number", 0)) < number or any(held[topic] < offset for topic, offset in reach.items())


def parks() -> bool:
    """Say that what can never succeed is parked. Without it, it stops its partition for ever."""
    return True
