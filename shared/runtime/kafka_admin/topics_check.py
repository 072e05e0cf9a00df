"""Compare the topics that there are with those that there should be. Looks only, and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from shared.contracts.topics import Topic, TopicPlan
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.permissions import hidden
from shared.runtime.kafka_admin.topics import AS_THE_BROKER_SAYS, SECONDS_MAX, WAY_OUT_OF_OTHERS, Copies


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing about a topic that is not as it should be."""

    topic: str
    reason: str
    way_out: str
    unreported: bool = False
    """Whether the broker does not tell: then nothing is known to be wrong."""

    def as_dict(self) -> dict[str, str]:
        """Return it for programs."""
        return {"topic": self.topic, "reason": self.reason, "way_out": self.way_out}

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.topic}: {self.reason}; {self.way_out}"


async def deviations(
    access: KafkaAccess, plan: TopicPlan, partitions: int | None = None, copies: Copies = AS_THE_BROKER_SAYS
) -> list[Deviation]:
    """Return everything that differs from the plan, in its order. Errors are a `KafkaError` or `TimeoutError`."""
    admin = AIOKafkaAdminClient(**access.connection())
    try:
        async with asyncio.timeout(SECONDS_MAX):
            await admin.start()
            present = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
            asked = [topic for topic in plan.topics if topic.name in present]
            wanted = {topic.name: plan.config_of(topic) | copies.config() for topic in asked}
            configs = await _configs(admin, wanted)
    finally:
        await admin.close()
    absent = [topic.name for topic in plan.topics if topic.name not in present]
    unseen = await hidden(access, absent) if absent else set()
    found: list[Deviation] = []
    for topic in plan.topics:
        if topic.name in unseen:
            way = "grant this principal Describe on it, or ask as another"
            found.append(Deviation(topic.name, "is not to be seen by this principal", way, unreported=True))
            continue
        if topic.name not in present:
            found.append(Deviation(topic.name, "is missing", "`rapport topics apply` creates it"))
            continue
        found += _of_partitions(topic, present[topic.name], partitions or plan.partitions, copies)
        found += _of_config(topic, wanted[topic.name], configs[topic.name])
    return found


async def _configs(
    admin: AIOKafkaAdminClient, wanted: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str] | str]:
    """Return the asked settings of each topic, or the error's name where they are not told."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(config)) for name, config in wanted.items()]
    found: dict[str, Mapping[str, str] | str] = {}
    for reply in await admin.describe_configs(asked) if asked else []:
        for code, _, _, name, entries in reply.resources:
            found[name] = for_code(code).__name__ if code else {entry[0]: entry[1] for entry in entries}
    return found


def _of_partitions(topic: Topic, found: Sequence[Any], wanted: int, copies: Copies) -> Iterator[Deviation]:
    if len(found) != wanted:
        yield Deviation(topic.name, f"has {len(found)} partitions, not {wanted}", WAY_OUT_OF_OTHERS)
    replicas = {len(partition["replicas"]) for partition in found}
    if copies.replication is not None and replicas != {copies.replication}:
        counted = " or ".join(str(count) for count in sorted(replicas))
        way = "give it more with kafka-reassign-partitions.sh, or set RAPPORT_REPLICATION to what it has"
        yield Deviation(topic.name, f"has {counted} copies of a partition, not {copies.replication}", way)


def _of_config(topic: Topic, wanted: Mapping[str, str], found: Mapping[str, str] | str) -> Iterator[Deviation]:
    if isinstance(found, str):
        way = "grant this principal DescribeConfigs on the topic, or ask as another"
        yield Deviation(topic.name, f"its configuration is not told ({found})", way, unreported=True)
        return
    for name, value in wanted.items():
        if (there := found.get(name)) != value:
            way = (
                f"kafka-configs.sh --alter --entity-type topics --entity-name {topic.name} --add-config {name}={value}"
            )
            yield Deviation(topic.name, f"{name} is {there}, not {value}", way)
