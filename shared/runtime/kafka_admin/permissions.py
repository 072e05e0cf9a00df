"""What a service needs on Kafka and does not have: topics that are missing, and rights that are not granted.

It is asked for before a service starts. A right that is missing would otherwise show as an uncertain outcome without
end, in the words of a client that names neither the operation nor the resource.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownTopicOrPartitionError,
)
from aiokafka.protocol.coordination import FindCoordinatorRequest

from shared.contracts import DEAD_LETTERS
from shared.contracts.retained import COVERED_BY, ENDED_BY
from shared.decider import Decider
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.topic_identity import Metadata
from shared.runtime.kafka_admin.acls import Operation

SECONDS_MAX = 15.0
GROUP, TRANSACTION = 0, 1
NOT_REPORTED = -(2**31)
"""A broker without an authorizer, or too old to tell, names no rights: everybody has them."""


@dataclass(slots=True)
class Lacks:
    """What is not there. Empty: nothing."""

    topics: list[str] = field(default_factory=list)
    rights: list[str] = field(default_factory=list)


def group_of(decider: Decider[Any, Any]) -> str:
    """Return the name of a service's consumer group."""
    return f"rapport-{decider.name}"


def ended_by(decider: Decider[Any, Any]) -> list[str]:
    """Return the topics from which a service deletes, where there is a retention."""
    return [topic for topic, own in ENDED_BY.items() if own == decider.own]


async def lacks(
    access: KafkaAccess, decider: Decider[Any, Any], snapshots: object = None, keep: object = None
) -> Lacks:
    """Return what the service lacks, as Kafka tells this principal. Errors are a `KafkaError` or `TimeoutError`.

    `snapshots`: whether it is to write those; `keep`: whether it is to delete what is older than that.
    """
    wanted: dict[str, set[Operation]] = {topic: {Operation.Read} for topic in decider.reads}
    if decider.own:  # a projection writes nothing
        wanted[decider.own] = {Operation.Read, Operation.Write}
        wanted[DEAD_LETTERS] = {Operation.Write}
    if snapshots:
        wanted[decider.snapshots] = {Operation.Read, Operation.Write}
        if decider.own:
            wanted[DEAD_LETTERS].add(Operation.Read)  # what it names stays in the log for a while
    for topic in ended_by(decider) if keep else ():
        wanted[topic].add(Operation.Delete)
        for reader in COVERED_BY[topic]:
            wanted.setdefault(reader, set()).add(Operation.Read)
    writes = decider.own or (decider.snapshots if snapshots else "")
    async with asyncio.timeout(SECONDS_MAX), _client(access) as client:
        found = await _of_topics(client, wanted)
        if found is None:
            return Lacks()
        group, transactional = group_of(decider), f"{writes}-0"
        if await _refused(client, group, GROUP, GroupAuthorizationFailedError.errno):
            found.rights.append(f"Read on group {group}")
        if writes and await _refused(client, transactional, TRANSACTION, TransactionalIdAuthorizationFailed.errno):
            found.rights.append(f"Write on transactional_id {writes}-*")
    return found


async def lacks_on(access: KafkaAccess, wanted: Mapping[str, set[Operation]]) -> Lacks:
    """Return what is lacking of these operations on topics. Errors as above."""
    async with asyncio.timeout(SECONDS_MAX), _client(access) as client:
        return await _of_topics(client, wanted) or Lacks()


async def hidden(access: KafkaAccess, topics: Sequence[str]) -> set[str]:
    """Return those of the topics that this principal may not see, so that they seem to be missing."""
    async with asyncio.timeout(SECONDS_MAX), _client(access) as client:
        try:
            reply = await client.send(client.get_random_node(), Metadata(topics))
        except NotImplementedError:
            return set()
        return {name for code, name, *_ in reply.topics if code == TopicAuthorizationFailedError.errno}


async def _of_topics(client: AIOKafkaClient, wanted: Mapping[str, set[Operation]]) -> Lacks | None:
    """Return what is lacking; None when the broker does not tell."""
    found = Lacks()
    try:
        reply = await client.send(client.get_random_node(), Metadata(list(wanted), operations=True))
    except NotImplementedError:  # aiokafka's word for a broker that does not speak this version, before Kafka 2.8
        return None
    for code, topic, _, _, _, granted, _ in reply.topics:
        _look_at(found, code, topic, granted, wanted[topic])
    return found


def _look_at(found: Lacks, code: int, topic: str, granted: int, wanted: set[Operation]) -> None:
    if code == UnknownTopicOrPartitionError.errno:
        found.topics.append(topic)
    elif code == TopicAuthorizationFailedError.errno:
        found.rights += [f"{operation.name} on topic {topic}" for operation in sorted(wanted)]
    elif granted != NOT_REPORTED:
        found.rights += [
            f"{operation.name} on topic {topic}" for operation in sorted(wanted) if not granted & 1 << operation
        ]


@asynccontextmanager
async def _client(access: KafkaAccess) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(**access.connection())
    try:
        await client.bootstrap()
        yield client
    finally:
        await client.close()


async def _refused(client: AIOKafkaClient, name: str, kind: int, code: int) -> bool:
    """Ask where a group or transactional id is kept: who may not use it is not told."""
    reply = await client.send(client.get_random_node(), FindCoordinatorRequest(name, kind))
    return bool(reply.error_code == code)
