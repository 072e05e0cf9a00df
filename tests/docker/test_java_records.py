"""What Kafka's own console tools write and read: a product in Java needs nothing of ours to be understood."""

from __future__ import annotations

import asyncio
import shlex

import pytest

from shared.contracts import ACTIVITY, DEAD_LETTERS, Event, partition_for
from shared.contracts.cloudevents import codec
from shared.runtime.processing.reading import read_event
from tests.docker.containers import ApacheKafka, Contained
from tests.e2e.outside import records_of
from tests.integration.shell_bed import (
    PARTITIONS,
    STALE,
    Bed,
    shell_bed,  # noqa: F401 - the fixture `bed`
    until_settled,
)

pytestmark = pytest.mark.docker

BETWEEN, BETWEEN_HEADERS, BETWEEN_NAME_AND_VALUE = "\t", ";", "="


@pytest.fixture
def place(contained: Contained) -> Contained:
    return contained


async def _produced_by_java(broker: ApacheKafka, events: list[Event], packed_by: str = "none") -> None:
    """Let the console producer write the events; Java's own partitioner chooses where.

    A JVM takes longer to start than a consumer may be silent, so it is waited for in a thread.
    """
    lines = []
    for event in events:
        key, value, headers = codec.encode(event)
        pairs = BETWEEN_HEADERS.join(f"{name}{BETWEEN_NAME_AND_VALUE}{text.decode()}" for name, text in headers)
        lines.append(BETWEEN.join([pairs, key.decode(), value.decode()]))
    settings = {
        "parse.key": "true",
        "parse.headers": "true",
        "headers.delimiter": BETWEEN,
        "headers.separator": BETWEEN_HEADERS,
        "headers.key.separator": BETWEEN_NAME_AND_VALUE,
        "key.separator": BETWEEN,
    }
    properties = [text for name, value in settings.items() for text in ("--reader-property", f"{name}={value}")]
    command = broker.tool("kafka-console-producer", "--topic", ACTIVITY, "--compression-codec", packed_by, *properties)
    script = f'printf "%s" "$LINES_TO_SEND" | {shlex.join(command)}'
    await asyncio.to_thread(broker.tell, "sh", "-c", script, env={"LINES_TO_SEND": "\n".join(lines)})


async def test_a_record_made_by_java_lands_where_ours_land_and_is_understood(bed: Bed, contained: Contained) -> None:
    bed.names = [*bed.names, "Łukasz", "member with blanks", "会員"]
    service = await bed.service()
    events = [event for member in bed.names for event in bed.sent(member)]
    await _produced_by_java(contained.broker, events)
    await until_settled([service])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []
    where = {}
    for (_, partition), records in (await records_of(bed.access, [ACTIVITY])).items():
        for record in records:
            event = read_event(record)
            assert isinstance(event, Event)
            where[event.member] = partition
    assert where == {member: partition_for(member, PARTITIONS) for member in bed.names}


async def test_java_reads_our_events_with_their_headers(bed: Bed, contained: Contained) -> None:
    service = await bed.service()
    [member, *_] = bed.names
    await bed.say(*bed.sent(member))
    await until_settled([service])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    shown = [text for name in ("headers", "key") for text in ("--formatter-property", f"print.{name}=true")]
    command = ["--topic", service.decider.own, "--isolation-level", "read_committed", "--from-beginning", *shown]
    reader = contained.broker.tool("kafka-console-consumer", *command, "--max-messages", "1")
    printed = await asyncio.to_thread(contained.broker.tell, *reader)
    assert f"ce_memberid:{member}" in printed
    assert "ce_type:rapport.invite.ignored" in printed
    assert f"\t{member}\t{{" in printed


@pytest.mark.parametrize("codec_name", ["gzip", "snappy", "lz4", "zstd"])
async def test_each_codec_of_java_s_client_is_read(bed: Bed, contained: Contained, codec_name: str) -> None:
    service = await bed.service()
    events = [event for member in bed.names for event in bed.sent(member)]
    await _produced_by_java(contained.broker, events, codec_name)
    await until_settled([service])
    assert service.counts()["events"] == len(events)
    assert (await records_of(bed.access, [DEAD_LETTERS])) == {}, "each was read"
