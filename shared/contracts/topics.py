"""The topics with their partitions and retention, as `deploy/topics.yaml` names them.

One file serves operators, embedded mode and tests. An installed wheel carries it next to this module.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from shared.contracts import limits
from shared.contracts.topic_names import SNAPSHOTS, TOPICS

FILE_NAME: Final = "topics.yaml"
TopicName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]


class Topic(BaseModel):
    """One topic."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: TopicName
    owner: Annotated[str, Field(min_length=1)]
    """Who alone writes it: a service, `product`, `operator`, or `every service`."""
    about: str
    retention_ms: Annotated[int, Field(ge=-1)]
    """How long records are kept; -1: for ever."""
    config: dict[str, str | int] = {}
    """Kafka's configuration of this topic alone: before what is common to all."""


class TopicPlan(BaseModel):
    """All topics. They have equally many partitions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    partitions: Annotated[int, Field(ge=1, le=limits.PARTITIONS_MAX)]
    config: dict[str, str | int]
    """Kafka's topic configuration that is common to all."""
    topics: Annotated[list[Topic], Field(min_length=1)]
    snapshots: list[Topic] = []
    """Those that there are only where snapshots are switched on."""

    @field_validator("topics")
    @classmethod
    def _are_all_topics(cls, topics: list[Topic]) -> list[Topic]:
        if sorted(topic.name for topic in topics) != sorted(TOPICS):
            raise ValueError(f"must be {', '.join(TOPICS)}, each once")
        return topics

    @field_validator("snapshots")
    @classmethod
    def _are_those_of_snapshots(cls, topics: list[Topic]) -> list[Topic]:
        if sorted(topic.name for topic in topics) != sorted(SNAPSHOTS):
            raise ValueError(f"must be {', '.join(SNAPSHOTS)}, each once")
        return topics

    def with_snapshots(self, wanted: object = True) -> TopicPlan:
        """Return the plan where snapshots are switched on: with their topics. `wanted`: whether they are."""
        return self.model_copy(update={"topics": [*self.topics, *self.snapshots]}) if wanted else self

    def config_of(self, topic: Topic) -> dict[str, str]:
        """Return a topic's whole configuration as Kafka's admin API takes it: texts by name."""
        config = self.config | topic.config | {"retention.ms": topic.retention_ms}
        return {name: str(value) for name, value in config.items()}

    def on_virtual_clock(self) -> TopicPlan:
        """Return the plan for a Kafka whose records are written at the instants of a clock that is not the broker's."""
        return self.model_copy(update={"topics": [topic.model_copy(update={"config": {}}) for topic in self.topics]})


@lru_cache(maxsize=1)
def topic_plan() -> TopicPlan:
    """Read and check the shipped `topics.yaml`. Raises FileNotFoundError, or ValidationError that names the field."""
    here = Path(__file__).resolve().parent
    shipped, source = here / FILE_NAME, here.parents[1] / "deploy" / FILE_NAME
    return read_topic_plan(shipped if shipped.exists() else source)


def read_topic_plan(path: Path) -> TopicPlan:
    """Read and check a file of topics."""
    return TopicPlan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
