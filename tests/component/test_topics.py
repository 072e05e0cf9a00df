"""`rapport topics` on a Kafka of its own: what it creates, finds, and leaves alone; and what the topics' settings do."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidTimestampError, KafkaError

from rapport.cli import main
from shared.contracts import ACTIVITY, INVITES, TOPICS, Contact, Event, InviteSent
from shared.contracts.cloudevents import codec
from shared.contracts.limits import AHEAD_MAX
from shared.embedded import System, start
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import to_ms
from shared.runtime.processing.reading import read_event
from tests.e2e.outside import records_of

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
NOW: Final = datetime.now(UTC).replace(microsecond=0)
STAMPED: Final[dict[str, tuple[datetime, int]]] = {
    "nine months ago": (NOW - timedelta(days=270), to_ms(NOW - timedelta(days=270))),
    "next year": (NOW + timedelta(days=300), to_ms(NOW + timedelta(days=300))),
    "seconds": (NOW, to_ms(NOW) // 1000),
    "now": (NOW, to_ms(NOW)),
}
"""When each happened, and the timestamp that its producer writes: mostly the event's time, as KafkaJS does with what
CloudEvents' SDK for JavaScript makes."""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with start(tmp_path_factory.mktemp("topics"), open_listener=True) as system:
        yield system


class Topics:
    """The command, and Kafka's own view."""

    def __init__(self, kafka: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.kafka, self._capsys = kafka, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        return self.run("topics", *arguments)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    def admin(self, method: str, *arguments: Any) -> Any:
        return asyncio.run(self._admin(method, *arguments))

    async def _admin(self, method: str, *arguments: Any) -> Any:
        client = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
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
    topics.create(ACTIVITY, 3, cleanup_policy="compact", retention_ms="1000", compression_type="zstd")
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
        "compression.type",
    }
    assert {one["topic"] for one in told["deviations"]} == {ACTIVITY}
    assert wrong["retention.ms"]["reason"] == "retention.ms is 1000, not -1"
    assert wrong["compression.type"]["reason"] == "compression.type is zstd, not producer"
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


def told(topics: Topics) -> dict[str, KafkaError | None]:
    """Tell an invite with each timestamp; return what the broker said of it."""

    async def tell() -> dict[str, KafkaError | None]:
        answers: dict[str, KafkaError | None] = {}
        async with AIOKafkaProducer(bootstrap_servers=topics.kafka) as producer:
            for name, (happened, timestamp) in STAMPED.items():
                data = InviteSent(invite_id=name, contact=Contact(id="zoe", name="Zoe"))
                key, value, headers = codec.encode(Event(name, "ada", happened, happened, data, source="/product"))
                try:
                    await producer.send_and_wait(
                        ACTIVITY, value, key, partition=0, timestamp_ms=timestamp, headers=headers
                    )
                    answers[name] = None
                except KafkaError as error:
                    answers[name] = error
        return answers

    return asyncio.run(tell())


def read_back(topics: Topics) -> dict[str, Event]:
    records = asyncio.run(records_of(KafkaAccess(topics.kafka), [ACTIVITY], partitions=3))
    events = [read_event(record) for found in records.values() for record in found]
    return {event.id: event for event in events if isinstance(event, Event)}


def test_an_event_was_told_when_the_broker_got_it_whatever_its_record_says(topics: Topics) -> None:
    """Without `LogAppendTime` in `deploy/topics.yaml` its producer's word would stand, or the broker refuse it."""
    assert topics("apply")[0] == 0
    before = datetime.now(UTC) - timedelta(minutes=1)
    assert told(topics) == dict.fromkeys(STAMPED)
    events = read_back(topics)
    assert set(events) == set(STAMPED)
    for name, (happened, _) in STAMPED.items():
        event = events[name]
        assert before < event.logged < datetime.now(UTC) + timedelta(minutes=1), "whenever it happened, it is told now"
        assert event.time == min(happened, event.logged + AHEAD_MAX)
        assert event.producer_time == (happened if name == "next year" else None)


def test_where_the_type_may_not_be_set_the_broker_takes_no_timestamp_far_from_its_clock(topics: Topics) -> None:
    bounds = {"message_timestamp_after_max_ms": "3600000", "message_timestamp_before_max_ms": "86400000"}
    topics.create(ACTIVITY, 3, message_timestamp_type="CreateTime", **bounds)
    assert topics("apply")[0] == 1, "the difference is named"
    answers = told(topics)
    assert answers.pop("now") is None
    assert {type(answer) for answer in answers.values()} == {InvalidTimestampError}
    assert set(read_back(topics)) == {"now"}
    for command in (["topics", "check"], ["doctor"]):
        code, out, err = topics.run(*command)
        assert code == 1
        assert "message.timestamp.type is CreateTime, not LogAppendTime" in out + err
