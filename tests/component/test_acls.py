"""Each service under a principal of its own: it may do all of its work, and nothing beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    TopicAuthorizationFailedError,
)

from rapport.composition import DECIDERS, services
from rapport.demo.clock_driver import Stage, everything
from rapport.doctor.startup import lacks_of
from rapport.system.publishing import publisher
from services.gateway.api.stream import recent
from services.gateway.port import NoAnswer
from services.gateway.projection.decider import PROJECTION
from shared.config.settings import Settings
from shared.contracts import (
    ACTIVITY,
    DEAD_LETTERS,
    DIGESTS,
    FOLLOWUPS,
    INVITES,
    REPLAY,
    Contact,
    Event,
    EventData,
    FollowupRequested,
    InviteSent,
    MemberJoined,
    dead_letter,
    encode,
    partition_for,
)
from shared.contracts.retained import COVERED_BY
from shared.contracts.topics import topic_plan
from shared.runtime.diagnostics.kafka_diagnosis import forbidden
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.acls import AclsRefused, Grant, acl_plan, grant
from shared.runtime.kafka_admin.permissions import Lacks, ended_by, group_of, hidden, lacks
from shared.runtime.kafka_admin.topics import TopicsMissing, ensure_topics
from shared.runtime.kafka_admin.topics_check import deviations
from shared.runtime.ports.clock import VirtualClock
from tests.component.kafka_rights import REFUSED, producer
from tests.component.operating_bed import at_the_desk
from tests.component.secure_kafka import PASSWORD, SecureKafka, secure_kafka
from tests.valkey_cluster import valkey_cluster

pytestmark = pytest.mark.deep

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
DUE = datetime(2026, 1, 7, 9)  # noqa: DTZ001 - a wall time of the member
SECONDS_MAX = 120.0


def settings_of(kafka: SecureKafka, user: str) -> Settings:
    """Return how to enter by TLS and SCRAM."""
    return Settings.model_validate(
        {
            "kafka": kafka.at("SECURE"),
            "kafka_tls": True,
            "kafka_ca": kafka.file("ca.pem"),
            "kafka_sasl": "scram-sha-256",
            "kafka_user": user,
            "kafka_password": PASSWORD,
        }
    )


def as_user(kafka: SecureKafka, user: str) -> KafkaAccess:
    """Enter so."""
    return KafkaAccess(kafka.at("SECURE"), settings_of(kafka, user).kafka_security())


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("acls")) as running:
        yield running


@pytest.fixture(scope="module")
def granted(kafka: SecureKafka) -> SecureKafka:
    """With the rights that the file lists, and the topics, which the operator makes."""

    async def prepare() -> None:
        assert await grant(KafkaAccess(kafka.at("OPEN")), acl_plan()) > 20
        await ensure_topics(as_user(kafka, "rapport-operator"), topic_plan().with_snapshots())

    asyncio.run(prepare())
    return kafka


@pytest.mark.parametrize("name", DECIDERS)
def test_the_file_grants_a_service_what_it_reads_and_writes_and_no_more(name: str) -> None:
    decider, listed = DECIDERS[name], acl_plan()[name]
    assert listed.principal == f"User:rapport-{name}"
    wanted = {("topic", topic): {"Read"} for topic in {*decider.reads, REPLAY}}
    wanted |= {("topic", decider.own): {"Read", "Write"}, ("topic", DEAD_LETTERS): {"Read", "Write"}}
    for topic in ended_by(decider):
        wanted["topic", topic] = wanted["topic", topic] | {"Delete"}
        wanted |= {("topic", reader): {"Read"} for reader in COVERED_BY[topic]}
    wanted |= {("topic", decider.snapshots): {"Read", "Write"}}
    wanted |= {("group", f"rapport-{name}"): {"Read"}, ("transactional_id", f"{decider.own}-*"): {"Write"}}
    assert {(one.resource.name, one.name): set(one.operations) for one in listed.allow} == wanted


async def test_the_projection_may_read_what_is_said_and_write_nothing_but_snapshots(granted: SecureKafka) -> None:
    listed = acl_plan()["projection"]
    assert listed.principal == "User:rapport-projection"
    wanted = {("topic", topic): ["Read"] for topic in PROJECTION.reads} | {("group", group_of(PROJECTION)): ["Read"]}
    wanted |= {("topic", PROJECTION.snapshots): ["Read", "Write"]}
    wanted |= {("transactional_id", f"{PROJECTION.snapshots}-*"): ["Write"]}
    assert {(one.resource.name, one.name): one.operations for one in listed.allow} == wanted
    for snapshots in (False, True):
        assert await lacks(as_user(granted, "rapport-projection"), PROJECTION, snapshots) == Lacks()
    lacked = await lacks(as_user(granted, "rapport-gateway"), PROJECTION)
    assert f"Read on group {group_of(PROJECTION)}" in lacked.rights
    assert not any("Write" in right for right in lacked.rights)


async def test_the_gateway_may_write_activity_read_what_streams_tell_and_do_nothing_else(granted: SecureKafka) -> None:
    listed = acl_plan()["gateway"]
    assert listed.principal == "User:rapport-gateway"
    wanted = {("topic", ACTIVITY): ["Write"]} | {("topic", topic): ["Read"] for topic in recent.TOPICS}
    assert {(one.resource.name, one.name): one.operations for one in listed.allow} == wanted
    mine = as_user(granted, "rapport-gateway")
    links = Settings.model_validate({"kafka": "any:9092"})
    api = links.model_copy(update={"api_keys": Path("keys.json")})
    assert [await lacks_of(mine, "gateway", one) for one in (links, api)] == [Lacks(), Lacks()]
    of_links, of_api = [await lacks_of(as_user(granted, "rapport-invites"), "gateway", one) for one in (links, api)]
    assert of_links.rights == [f"Write on topic {ACTIVITY}"]
    assert set(of_api.rights) == {*of_links.rights, f"Read on topic {FOLLOWUPS}"}, "streams read it"
    event = said("by a link", MemberJoined(name="Ada"), 0)
    async with publisher(mine) as given:
        await given.say(event)
    async with as_user(granted, "rapport-operator").reader() as reader:
        ends = await reader.end_offsets([TopicPartition(ACTIVITY, partition_for("ada", topic_plan().partitions))])
    assert set(ends.values()) == {1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"operations": ["Read"]},
        {"topic": "a", "group": "b", "operations": ["Read"]},
        {"topic": "a", "operations": ["Rule"]},
    ],
)
def test_a_grant_that_says_nothing_clear_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"names exactly one|there is no operation"):
        Grant.model_validate(wrong)


@pytest.mark.parametrize("name", DECIDERS)
async def test_a_service_lacks_nothing_and_another_one_s_principal_lacks_what_is_its_own(
    granted: SecureKafka, name: str
) -> None:
    access = as_user(granted, f"rapport-{name}")
    found = await lacks(access, DECIDERS[name], snapshots=True, keep=True)
    assert (found.topics, found.rights) == ([], [])
    other = next(decider for decider in DECIDERS.values() if decider.name != name)
    found = await lacks(access, other)
    assert {
        f"Write on topic {other.own}",
        f"Read on group rapport-{other.name}",
        f"Write on transactional_id {other.own}-*",
    } <= set(found.rights)


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_listed_is_refused(granted: SecureKafka, name: str) -> None:
    who, work, error, kind = REFUSED[name]
    with pytest.raises(error) as refusal:
        await asyncio.wait_for(work(as_user(granted, f"rapport-{who}")), SECONDS_MAX)
    says = forbidden(refusal.value)
    assert says is not None
    assert says.startswith(f"Kafka does not allow this principal what it tries on {kind}")


async def test_a_service_does_not_even_see_what_it_need_not_read(granted: SecureKafka) -> None:
    assert await hidden(as_user(granted, "rapport-invites"), [FOLLOWUPS, DIGESTS, INVITES]) == {FOLLOWUPS}
    assert await hidden(as_user(granted, "rapport-followups"), [FOLLOWUPS, DIGESTS, INVITES, REPLAY]) == set()
    assert await hidden(as_user(granted, "rapport-product"), [REPLAY]) == {REPLAY}
    assert await hidden(as_user(granted, "rapport-gateway"), [ACTIVITY, INVITES, DIGESTS]) == {DIGESTS}


@pytest.mark.parametrize("who", ["invites", "followups", "digest", "gateway", "projection", "product"])
async def test_nobody_but_the_operator_makes_topics_or_grants_rights(granted: SecureKafka, who: str) -> None:
    access = as_user(granted, f"rapport-{who}")
    admin = AIOKafkaAdminClient(**access.connection())
    await admin.start()
    try:
        reply = await admin.create_topics([NewTopic("rapport.gossip.v1", 1, 1)])
    finally:
        await admin.close()
    assert reply.topic_errors[0][1] == TopicAuthorizationFailedError.errno
    if who in ("followups", "digest"):  # they see all topics: they are there
        assert await ensure_topics(access, topic_plan()) == []
    else:
        with pytest.raises(TopicsMissing, match=r"not there, or not to be seen by this principal"):
            await ensure_topics(access, topic_plan())
    with pytest.raises(AclsRefused, match="Alter on the cluster"):
        await grant(access, {who: acl_plan()[who]})


async def test_a_service_s_principal_is_told_what_it_may_not_see_and_an_operator_sees_all(granted: SecureKafka) -> None:
    assert await deviations(as_user(granted, "rapport-operator"), topic_plan()) == []
    found = {one.topic: one for one in await deviations(as_user(granted, "rapport-invites"), topic_plan())}
    assert found[FOLLOWUPS].reason == "is not to be seen by this principal"
    assert found[INVITES].reason == "its configuration is not told (TopicAuthorizationFailedError)"
    assert all(one.unreported for one in found.values())


def said(mark: str, data: EventData, days: float) -> Event:
    at = START + timedelta(days=days)
    return Event(id=f"ada/{mark}", member="ada", time=at, logged=START, data=data, source="/test")


async def test_all_services_do_all_of_their_work_under_their_own_principals(
    granted: SecureKafka, tmp_path: Path
) -> None:
    """On a Redis Cluster, over TLS and SCRAM: events of each service, and a dead letter from each."""
    product = as_user(granted, "rapport-product")
    clock = VirtualClock(START)
    with valkey_cluster(tmp_path) as cluster:
        cast = [
            made
            for name in DECIDERS
            for made in services(
                [name],
                Environment(as_user(granted, f"rapport-{name}"), cluster.url, clock, timedelta(0)),
                None,
            )
        ]
        try:
            for service in cast:
                await service.start()
            async with producer(product) as made:
                await made.send_and_wait(ACTIVITY, b"no event", key=b"ada", partition=0)
            script = [
                said("joined", MemberJoined(name="Ada", email="ada@example.org", zone="UTC"), 0),
                said("sent", InviteSent(invite_id="i-1", contact=Contact(id="bob", name="Bob")), -100),
                said(
                    "asked",
                    FollowupRequested(followup_id="f-1", contact_id="bob", what="Ask", due=DUE),
                    0,
                ),
            ]
            await Stage(product, clock, cast, together=False).play(script, START + timedelta(days=8))
        finally:
            for service in cast:
                await service.stop()
        assert {service.decider.name: service.counts()["dead"] for service in cast} == dict.fromkeys(DECIDERS, 1)
    types = {type(event.data).__name__ for event in await everything(as_user(granted, "rapport-operator"))}
    assert {"InviteRetractionProposed", "FollowupScheduled", "FollowupDue", "DigestPrepared"} <= types


async def test_the_operators_page_works_with_the_operators_rights_and_says_which_is_missing(
    granted: SecureKafka,
) -> None:
    """As docs/http-api.md says: what the gateway needs beyond its own is what `deploy/acls.yaml` lists for the operator."""
    event = msgspec.structs.replace(
        said("shown", InviteSent(invite_id="i-9", contact=Contact(id="c", name="Cleo")), 0), member="eve"
    )
    key, value, headers = encode(event)
    at = partition_for("eve", topic_plan().partitions)
    async with producer(KafkaAccess(granted.at("OPEN"))) as made:
        sent = await made.send_and_wait(ACTIVITY, value, key, partition=at, headers=list(headers))
        named, letter, _ = dead_letter(
            service="invites", topic=ACTIVITY, partition=at, offset=sent.offset, key=b"eve", value=b"{}",
            reason="a rule failed on it: LookupError", written=START,
        )  # fmt: skip
        await made.send_and_wait(DEAD_LETTERS, letter, named, partition=at)
    place = f"{ACTIVITY}/{at}/{sent.offset}"
    async with at_the_desk(settings_of(granted, "rapport-operator"), START + timedelta(days=9)) as desk:
        assert place in {one.place for one in (await desk.letters())[0]}
        assert await desk.letter(place) is not None
        assert (await desk.replay_letters([place])).asked == (f"invites/{place}",)
        assert await desk.discard_letters([place]) == 1
        assert (await desk.parked())[0] == []
        assert (await desk.why("eve", "i-9")).steps
    async with at_the_desk(settings_of(granted, "rapport-gateway"), START) as desk:
        for question in (desk.letters(), desk.replay_letters([place]), desk.parked(), desk.why("eve", "i-9")):
            with pytest.raises(NoAnswer, match=r"does not allow this principal|this principal may not see"):
                await question
