"""OpenTelemetry traces that go through Kafka: an event continues the trace of the event that it follows from.

A step reads many events at once, so its span has a *link* to each of them, and no parent among them. Each event that it
says has a span of its own: a child of its reason (`because`) when that is among the events of the step and carries a
trace, else of the step. The event takes that span with it as `traceparent`, and so the next service goes on with it.

A wake comes months after its reason, whose trace nobody keeps any more: there the step's own trace begins, and
`causationid` names the reason as ever. Imported only where `RAPPORT_TRACES` is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.contracts import Event, Trace
from shared.decider import NewEvent
from shared.runtime.processing.observer import Silent
from shared.runtime.processing.unit_of_work import UnitOfWork

LINKS_MAX: Final = 128
"""Links of one step; OpenTelemetry keeps no more of a span by default."""
EXPORT_SECONDS_MAX: Final = 5.0
TRACES_PATH: Final = "/v1/traces"
_PROPAGATOR: Final = TraceContextTextMapPropagator()


def provider_to(endpoint: str, service: str) -> TracerProvider:
    """Return what sends the spans of a service to an OTLP/HTTP endpoint, in batches, behind the work.

    `endpoint` is the collector's address, with the path of traces or without any.
    """
    url = endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + TRACES_PATH
    return provider_with(BatchSpanProcessor(_exporter(url)), service)


def provider_with(processor: SpanProcessor, service: str) -> TracerProvider:
    """Return what hands the spans of a service to a processor."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"rapport-{service}"}), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider


@dataclass(slots=True)
class _Step:
    """A step under way: its span, and the traces of the events that it has read, by their ids."""

    span: Span
    reasons: Mapping[str, Trace]
    emitted: list[Span] = field(default_factory=list)


class Tracing(Silent):
    """An `Observer` that traces the steps of one service."""

    def __init__(self, provider: TracerProvider, service: str) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("rapport")
        self._service = service
        self._steps: dict[int, _Step] = {}

    def began(self, work: UnitOfWork[Any, Any], events: Sequence[Event]) -> None:
        self._end(work.partition, "another step has begun")
        reasons = {event.id: event.trace for event in events if event.trace is not None}
        links = [Link(found) for trace in list(reasons.values())[:LINKS_MAX] if (found := _place_of(trace)) is not None]
        name = "wake" if work.woken else "apply" if work.read else "look"
        span = self._tracer.start_span(
            f"{self._service} {name}",
            context=Context(),
            kind=SpanKind.CONSUMER,
            links=links,
            attributes={
                "messaging.system": "kafka",
                "messaging.batch.message_count": len(events),
                "rapport.partition": work.partition,
                "rapport.wakes": len(work.woken),
            },
        )
        step = self._steps[work.partition] = _Step(span, reasons)
        work.trace_of = lambda event: self._say(step, event)

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        if (step := self._steps.pop(work.partition, None)) is None:
            return
        for span in step.emitted:
            span.end()
        step.span.set_attributes(
            {
                "rapport.published": len(work.events),
                "rapport.dead_letters": len(work.dead),
                "rapport.publish_seconds": publish_seconds,
                "rapport.commit_seconds": commit_seconds,
            }
        )
        step.span.end()

    def uncertain(self, partition: int, kind: str, error: Exception) -> None:
        self._end(partition, kind)

    def refused(self, partition: int, reason: str) -> None:
        self._end(partition, "refused")

    def shutdown(self) -> None:
        """Send what is left, as far as somebody takes it in time."""
        with suppress(Exception):
            self._provider.force_flush(int(EXPORT_SECONDS_MAX * 1000))
        self._provider.shutdown()

    def _say(self, step: _Step, event: NewEvent) -> Trace:
        reason = step.reasons.get(event.because) if event.because is not None else None
        parent = set_span_in_context(step.span, Context()) if reason is None else _context_of(reason)
        span = self._tracer.start_span(
            f"{event.data.TYPE} publish",
            context=parent,
            kind=SpanKind.PRODUCER,
            links=[Link(step.span.get_span_context())] if reason is not None else [],
            attributes={"messaging.system": "kafka", "cloudevents.event_type": event.data.TYPE},
        )
        step.emitted.append(span)
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, set_span_in_context(span, Context()))
        return Trace(carrier["traceparent"], carrier.get("tracestate"))

    def _end(self, partition: int, why: str) -> None:
        """End a step that came to nothing: what it was about to say is void, and its spans say so."""
        if (step := self._steps.pop(partition, None)) is not None:
            for span in [*step.emitted, step.span]:
                span.set_status(Status(StatusCode.ERROR, why))
                span.end()


def _exporter(url: str) -> SpanExporter:
    return OTLPSpanExporter(endpoint=url, timeout=EXPORT_SECONDS_MAX)


def _context_of(trace: Trace) -> Context:
    carrier = {"traceparent": trace.parent, **({"tracestate": trace.state} if trace.state else {})}
    return _PROPAGATOR.extract(carrier, Context())


def _place_of(trace: Trace) -> Any:
    found = get_current_span(_context_of(trace)).get_span_context()
    return found if found.is_valid else None
