"""`rapport topics` on a Kafka of its own: what it creates, what it finds, and what it leaves alone."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.cli.app import main
from shared.contracts import ACTIVITY, INVITES, TOPICS
from shared.embedded import System, start

SECONDS_MAX = 120.0


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with start(tmp_path_factory.mktemp("topics"), open_listener=True) as system:
        yield system


class Topics:
    """The command, and Kafka's own view."""

    def __init__(self, kafka: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._kafka, self._capsys = kafka, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["topics", *arguments])
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    def admin(self, method: str, *arguments: Any) -> Any:
        return asyncio.run(self._admin(method, *arguments))

    async def _admin(self, method: str, *arguments: Any) -> Any:
        client = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        await client.start()
        try:
            return await getattr(client, method)(*arguments)
        finally:
            await client.close()

    def there(self) -> dict[str, int]:
        return {topic["topic"]: len(topic["partitions"]) for topic in self.admin("describe_topics")}

    def create(self, name: str, partitions: int, **config: str) -> None:
        made = NewTopic(
            name, partitions, 1, topic_configs={key.replace("_", "."): text for key, text in config.items()}
        )
        assert self.admin("create_topics", [made]).topic_errors[0][1] == 0
        until(lambda: self.there().get(name) == partitions)


@pytest.fixture
def topics(kafka: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Topics:
    """The command on a Kafka without any topic."""
    monkeypatch.setenv("RAPPORT_KAFKA", kafka.kafka)
    monkeypatch.setenv("RAPPORT_PARTITIONS", "3")
    given = Topics(kafka.kafka, capsys)
    if present := [name for name in given.there() if name.startswith("rapport.")]:
        given.admin("delete_topics", present)
    until(lambda: not given.there().keys() & set(TOPICS))
    return given


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_missing_is_named_then_created_and_then_nothing_is_missing(topics: Topics) -> None:
    code, out, err = topics("check")
    assert (code, out) == (1, "")
    assert [line for line in err.splitlines() if "is missing" in line] == [
        f"{name}: is missing; `rapport topics apply` creates it" for name in TOPICS
    ]
    code, out, err = topics("apply")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"{name}: created with 3 partitions" for name in TOPICS]
    assert topics("apply") == (0, "nothing was missing\n", "")
    assert topics("check") == (0, "all 6 topics are as they should be, with 3 partitions\n", "")
    assert {name: count for name, count in topics.there().items() if name in TOPICS} == dict.fromkeys(TOPICS, 3)


def test_another_number_of_partitions_is_refused_by_both_and_nothing_is_created(topics: Topics) -> None:
    topics.create(INVITES, 2)
    code, _, err = topics("apply")
    assert code == 1
    assert f"{INVITES} has 2 partitions, not 3: the number is chosen at the first start and stays for ever" in err
    assert topics.there().keys() & set(TOPICS) == {INVITES}
    code, _, err = topics("check")
    assert code == 1
    assert f"{INVITES}: has 2 partitions, not 3; the number is chosen" in err


def test_partitions_that_were_added_later_are_found(topics: Topics) -> None:
    assert topics("apply")[0] == 0
    topics.admin("create_partitions", {ACTIVITY: NewPartitions(5, None)})
    until(lambda: topics.there()[ACTIVITY] == 5)
    code, _, err = topics("check")
    assert (code, err.splitlines()[-1]) == (1, "rapport: 1 deviation from deploy/topics.yaml")
    assert err.startswith(f"{ACTIVITY}: has 5 partitions, not 3; ")


def test_every_wrong_setting_is_named_with_its_way_out_and_none_is_changed(topics: Topics) -> None:
    topics.create(ACTIVITY, 3, cleanup_policy="compact", retention_ms="1000")
    code, out, _ = topics("apply", "--json")
    told = json.loads(out)
    assert (code, told["ok"], set(told["created"])) == (1, False, set(TOPICS) - {ACTIVITY})
    wrong = {one["reason"].split(" ")[0]: one for one in told["deviations"]}
    assert set(wrong) == {
        "cleanup.policy",
        "retention.ms",
        "message.timestamp.type",
        "message.timestamp.before.max.ms",
        "max.message.bytes",
    }
    assert {one["topic"] for one in told["deviations"]} == {ACTIVITY}
    assert wrong["retention.ms"]["reason"] == "retention.ms is 1000, not -1"
    assert wrong["retention.ms"]["way_out"].endswith("--add-config retention.ms=-1")
    resource = ConfigResource(ConfigResourceType.TOPIC, ACTIVITY, {"retention.ms": None})
    assert topics.admin("describe_configs", [resource])[0].resources[0][4][0][1] == "1000"
    code, out, _ = topics("check", "--json")
    assert (code, json.loads(out)["deviations"]) == (1, told["deviations"])


def test_copies_are_created_as_they_are_asked_for_and_checked(topics: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = topics("apply", "--replication", "3")
    assert code == 1, "there is one broker"
    assert "cannot be created" in err
    monkeypatch.setenv("RAPPORT_MIN_INSYNC_REPLICAS", "1")
    assert topics("apply", "--replication", "1")[0] == 0
    assert topics("check", "--replication", "1")[0] == 0
    code, _, err = topics("check", "--replication", "2", "--min-insync", "2")
    assert code == 1
    assert f"{INVITES}: has 1 copies of a partition, not 2; " in err
    assert f"{INVITES}: min.insync.replicas is 1, not 2; " in err
