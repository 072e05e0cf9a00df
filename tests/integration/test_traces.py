"""A trace goes through Kafka: an event's, on into the event that follows from it, on into the service that reads that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rapport.demo.clock_driver import publish
from services.digest.decider import DECIDER as DIGEST
from services.followups.decider import DECIDER as FOLLOWUPS
from shared.contracts import Event, EventData, FollowupDue, FollowupRequested, FollowupScheduled, Trace
from shared.decider import Decider
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.observability.tracing import Tracing, provider_with
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.processing.observer import SILENT, Observer
from shared.runtime.processing.reading import read_event
from shared.runtime.service import Service
from tests.e2e.outside import records_of

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
LOOK_SECONDS = 0.02
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0c9902b7"
INCOMING = Trace(f"00-{TRACE_ID}-{SPAN_ID}-01", "vendor=kept")


class Bed:
    def __init__(self, system: System) -> None:
        self.access = KafkaAccess(system.kafka)
        self.redis = system.redis
        self.clock = VirtualClock(START)
        self.exporter = InMemorySpanExporter()
        self.services: list[Service] = []

    async def service(self, decider: Decider[Any, Any], observer: Observer | None = None) -> None:
        if observer is None:
            observer = Tracing(provider_with(SimpleSpanProcessor(self.exporter), decider.name), decider.name)
        service = Service(decider, Environment(self.access, self.redis, self.clock, timedelta(0)), None, observer)
        self.services.append(service)
        await service.start()

    async def request(self, member: str, trace: Trace | None) -> None:
        due = (START + timedelta(days=2)).replace(tzinfo=None)
        data = FollowupRequested(followup_id="f", what="Ask how it is coming along", due=due)
        event = Event(f"{member}/asked", member, self.clock.now(), self.clock.now(), data, "/test", trace=trace)
        async with AIOKafkaProducer(**self.access.connection(), acks="all") as producer:
            await publish(producer, [event])

    async def said(self, member: str, kind: type[EventData]) -> Event:
        """Wait for the event of that kind about the member."""
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                for records in (await records_of(self.access, [FOLLOWUPS.own])).values():
                    for event in map(read_event, records):
                        if isinstance(event, Event) and event.member == member and isinstance(event.data, kind):
                            return event
                await asyncio.sleep(LOOK_SECONDS)

    async def span(self, holds: Callable[[ReadableSpan], bool]) -> ReadableSpan:
        async with asyncio.timeout(SECONDS_MAX):
            while not (found := [span for span in self.spans() if holds(span)]):  # noqa: ASYNC110 - spans ring nobody
                await asyncio.sleep(LOOK_SECONDS)
        assert len(found) == 1
        return found[0]

    def spans(self) -> Sequence[ReadableSpan]:
        return self.exporter.get_finished_spans()


@pytest.fixture
async def bed(own_system: System) -> AsyncIterator[Bed]:
    bed = Bed(own_system)
    yield bed
    for service in bed.services:
        await service.stop()


def _parent(trace: Trace | None) -> tuple[str, str]:
    """Return the ids of trace and span that an event carries."""
    assert trace is not None
    _, trace_id, span_id, _ = trace.parent.split("-")
    return trace_id, span_id


def _links_to(span: ReadableSpan, trace_id: str, span_id: str) -> bool:
    return any(
        (link.context.trace_id, link.context.span_id) == (int(trace_id, 16), int(span_id, 16)) for link in span.links
    )


async def test_an_event_goes_on_with_the_trace_of_its_reason_and_the_next_service_sees_it(bed: Bed) -> None:
    await bed.service(FOLLOWUPS)
    await bed.service(DIGEST)
    await bed.request("traced", INCOMING)
    scheduled = await bed.said("traced", FollowupScheduled)
    trace_id, span_id = _parent(scheduled.trace)
    assert trace_id == TRACE_ID
    assert scheduled.trace is not None
    assert scheduled.trace.state == "vendor=kept"
    said = await bed.span(lambda span: span.name == "rapport.followup.scheduled publish")
    assert said.context.span_id == int(span_id, 16)
    assert said.parent is not None
    assert said.parent.span_id == int(SPAN_ID, 16)
    step = await bed.span(lambda span: span.name == "followups apply" and _links_to(span, TRACE_ID, SPAN_ID))
    assert step.parent is None
    assert [link.context.span_id for link in said.links] == [step.context.span_id]
    await bed.span(lambda span: span.name == "digest apply" and _links_to(span, trace_id, span_id))

    bed.clock.advance_to(START + timedelta(days=4))
    due = await bed.said("traced", FollowupDue)
    wake_trace, wake_span = _parent(due.trace)
    assert wake_trace != TRACE_ID, "months later nobody keeps the first trace any more"
    said = await bed.span(lambda span: span.context.span_id == int(wake_span, 16))
    step = await bed.span(lambda span: span.name == "followups wake" and span.context.trace_id == int(wake_trace, 16))
    assert said.parent is not None
    assert said.parent.span_id == step.context.span_id


async def test_an_event_without_a_trace_begins_one_and_an_untraced_service_hands_on_none(bed: Bed) -> None:
    await bed.service(FOLLOWUPS)
    await bed.request("fresh", None)
    first = await bed.said("fresh", FollowupScheduled)
    assert _parent(first.trace)[0] != TRACE_ID
    await bed.services.pop().stop()
    await bed.service(FOLLOWUPS, SILENT)
    await bed.request("untraced", INCOMING)
    assert (await bed.said("untraced", FollowupScheduled)).trace is None
