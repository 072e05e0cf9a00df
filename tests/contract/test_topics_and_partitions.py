"""The topics are those of `deploy/topics.yaml`, and a member's partition is the one that Java's clients choose."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from aiokafka.partitioner import murmur2 as their_murmur2
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rapport.composition import SERVICES
from shared.contracts import ACTIVITY, EVENT_TOPICS, TOPICS, murmur2, partition_for, read_topic_plan, topic_plan
from shared.contracts.retained import COVERED_BY, ENDED_BY
from shared.contracts.topic_names import SNAPSHOTS

SOURCE = Path(__file__).parents[2] / "deploy" / "topics.yaml"


def test_the_plan_holds_every_topic_with_twelve_partitions() -> None:
    plan = topic_plan()
    assert plan == read_topic_plan(SOURCE)
    assert plan.partitions == 12
    assert {topic.name for topic in plan.topics} == set(TOPICS)


def test_event_topics_are_kept_for_ever_and_dead_letters_for_fourteen_days() -> None:
    plan = topic_plan()
    configs = {topic.name: plan.config_of(topic) for topic in plan.topics}
    assert {configs[name]["retention.ms"] for name in EVENT_TOPICS} == {"-1"}
    assert configs["rapport.dead-letters.v1"]["retention.ms"] == str(14 * 24 * 3600 * 1000)
    assert all(config["cleanup.policy"] == "delete" for config in configs.values())
    assert all(config["max.message.bytes"] == str(2**20) for config in configs.values())


def test_topics_of_snapshots_are_there_where_those_are_switched_on_and_are_compacted() -> None:
    plan = topic_plan()
    assert plan.with_snapshots(None) == plan
    with_them = plan.with_snapshots(timedelta(days=7))
    assert [topic.name for topic in with_them.topics] == [*(topic.name for topic in plan.topics), *SNAPSHOTS]
    added = {topic.name: with_them.config_of(topic) for topic in with_them.topics if topic.name in SNAPSHOTS}
    assert {config["cleanup.policy"] for config in added.values()} == {"compact"}
    assert {config["retention.ms"] for config in added.values()} == {"-1"}
    assert {config["max.compaction.lag.ms"] for config in added.values()} == {str(24 * 3600 * 1000)}
    owners = {topic.owner: topic.name for topic in plan.snapshots}
    assert owners == {name: service.snapshots for name, service in SERVICES.items()}


def test_who_reads_a_topic_has_to_cover_it_and_its_own_service_ends_it() -> None:
    assert set(COVERED_BY) == set(ENDED_BY) == EVENT_TOPICS
    for topic, covered_by in COVERED_BY.items():
        assert set(covered_by) == {one.snapshots for one in SERVICES.values() if topic in one.topics}
    owners = {topic.name: topic.owner for topic in topic_plan().topics}
    ended = {topic: next(one.name for one in SERVICES.values() if one.own == own) for topic, own in ENDED_BY.items()}
    assert ended == {topic: owners[topic] for topic in EVENT_TOPICS - {ACTIVITY}} | {ACTIVITY: "invites"}


def test_the_broker_says_when_an_event_was_told_and_services_say_when_they_spoke() -> None:
    plan = topic_plan()
    types = {topic.name: plan.config_of(topic)["message.timestamp.type"] for topic in plan.topics}
    assert types == dict.fromkeys(TOPICS, "CreateTime") | {ACTIVITY: "LogAppendTime"}
    virtual = plan.on_virtual_clock()
    assert [topic.name for topic in virtual.topics] == [topic.name for topic in plan.topics]
    configs = [virtual.config_of(topic) for topic in virtual.topics]
    assert {config["message.timestamp.type"] for config in configs} == {"CreateTime"}
    assert {config["message.timestamp.after.max.ms"] for config in configs} == {str(2**63 - 1)}


@pytest.mark.parametrize("change", [{"partitions": 0}, {"partitions": "12"}, {"topics": []}, {"unknown": 1}])
def test_a_wrong_plan_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    plan = yaml.safe_load(SOURCE.read_text(encoding="utf-8")) | change
    (tmp_path / "topics.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    with pytest.raises(ValidationError, match=next(iter(change))):
        read_topic_plan(tmp_path / "topics.yaml")


def test_a_forgotten_topic_is_refused(tmp_path: Path) -> None:
    plan = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    del plan["topics"][2]
    (tmp_path / "topics.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    with pytest.raises(ValidationError, match="each once"):
        read_topic_plan(tmp_path / "topics.yaml")


# From UtilsTest.testMurmur2 of Apache Kafka, where the hashes are signed.
@pytest.mark.parametrize(
    ("key", "signed"),
    [("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536), ("abc", 479470107)],
)
def test_the_hash_is_the_one_of_apache_kafka(key: str, signed: int) -> None:
    assert murmur2(key.encode()) == signed % 2**32


@given(st.binary(max_size=64))
def test_the_hash_is_the_one_of_the_client_that_reads(key: bytes) -> None:
    assert murmur2(key) == their_murmur2(key) % 2**32


def test_a_members_partition_never_changes() -> None:
    assert [partition_for(member, 12) for member in ("ada", "bob", "čeněk", "用户")] == [5, 6, 0, 0]
