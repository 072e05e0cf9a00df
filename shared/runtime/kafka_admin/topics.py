"""Create the topics that are missing, and refuse those that are not as they must be.

All topics have the same number of partitions for ever: partition *p* of every topic holds the same members. Another
number would silently send a member's events past their owner, so it is refused, never mended. Nothing else of a topic that
exists is changed either: `shared.runtime.kafka_admin.topics_check` says what is different.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from shared.contracts.topics import Topic, TopicPlan
from shared.runtime.kafka.connection import KafkaAccess

SECONDS_MAX = 30.0
BROKERS_DEFAULT = -1
"""A replication factor that leaves the choice to the broker's own configuration."""
LOOK_S = 0.05
NOT_ALLOWED = frozenset({ClusterAuthorizationFailedError.errno, TopicAuthorizationFailedError.errno})
WAY_OUT_OF_OTHERS = (
    "the number is chosen at the first start and stays for ever: set RAPPORT_PARTITIONS to it, or use another Kafka"
)


class TopicsRefused(Exception):
    """A topic is not as it must be, or cannot be made; the message says which, and why."""


class TopicsMissing(TopicsRefused):
    """Topics are not there (or this principal does not see them), and it may not create them: somebody else has to."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"{', '.join(names)}: not there, or not to be seen by this principal, who may not create topics;"
            " run `rapport topics apply` as one who may"
        )
        self.names = names


@dataclass(frozen=True, slots=True)
class Copies:
    """How many copies of each record there are to be. None: as the broker's configuration says."""

    replication: int | None = None
    min_insync: int | None = None
    """Copies that must have a record before it is acknowledged."""

    def config(self) -> dict[str, str]:
        """Return what of it is a topic's configuration."""
        return {} if self.min_insync is None else {"min.insync.replicas": str(self.min_insync)}


AS_THE_BROKER_SAYS = Copies()


async def ensure_topics(
    access: KafkaAccess, plan: TopicPlan, partitions: int | None = None, copies: Copies = AS_THE_BROKER_SAYS
) -> list[str]:
    """Create the topics of the plan that are missing; return their names. Existing ones are left as they are.

    `partitions` (none: the plan's own number) holds for all of them. Returns when every partition has a leader. Raises
    `TopicsRefused` for another number of partitions, and then creates nothing; `TopicsMissing` without the right to.
    """
    wanted = {topic.name: partitions or plan.partitions for topic in plan.topics}
    admin = AIOKafkaAdminClient(**access.connection())
    try:
        await admin.start()
        present = await _partitions(admin)
        _refuse_others(wanted, present)
        missing = [topic for topic in plan.topics if topic.name not in present]
        new = [_new(topic, wanted[topic.name], plan, copies) for topic in missing]
        created = await _create(admin, new) if new else []
        await asyncio.wait_for(_until_led(admin, wanted), SECONDS_MAX)
        return created
    except (KafkaError, TimeoutError) as error:
        raise TopicsRefused(f"the topics of {access.servers} cannot be set up: {type(error).__name__}") from error
    finally:
        await admin.close()


def _new(topic: Topic, partitions: int, plan: TopicPlan, copies: Copies) -> NewTopic:
    made = NewTopic(topic.name, partitions, 1, topic_configs=plan.config_of(topic) | copies.config())
    made.replication_factor = copies.replication or BROKERS_DEFAULT  # the constructor refuses -1, which brokers take
    return made


def _refuse_others(wanted: Mapping[str, int], present: Mapping[str, int]) -> None:
    wrong = [
        f"{name} has {present[name]} partitions, not {partitions}"
        for name, partitions in wanted.items()
        if name in present and present[name] != partitions
    ]
    if wrong:
        raise TopicsRefused(f"{'; '.join(wrong)}: {WAY_OUT_OF_OTHERS}")


async def _create(admin: AIOKafkaAdminClient, topics: list[NewTopic]) -> list[str]:
    response = await admin.create_topics(topics)
    forbidden = [name for name, code, *_ in response.topic_errors if code in NOT_ALLOWED]
    if forbidden:
        raise TopicsMissing(forbidden)
    for name, code, *reason in response.topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:  # somebody else starts at the same moment
            why = reason[0] if reason and reason[0] else for_code(code).__name__
            raise TopicsRefused(f"{name} cannot be created: {why}")
    return [name for name, code, *_ in response.topic_errors if not code]


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _until_led(admin: AIOKafkaAdminClient, wanted: Mapping[str, int]) -> None:
    while True:
        topics = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(wanted))}
        _refuse_others(wanted, {name: len(found) for name, found in topics.items() if found})
        if all(
            len(topics.get(name, ())) == partitions and all(p["leader"] >= 0 for p in topics[name])
            for name, partitions in wanted.items()
        ):
            return
        await asyncio.sleep(LOOK_S)
