"""Metrics of the services and HTTP servers of one process, in a registry of its own, as Prometheus scrapes them.

Every series has the label `service`, and every label a bounded set of values. What happens is counted where it happens,
a step at a time; what stands (partitions, lag, readiness) is written by `health_monitor.py` once a second.
`docs/metrics.md` lists them, and a test holds that list, the dashboards and the alerts to what is exported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import prometheus_client as prometheus

from shared.contracts import Event, Parked
from shared.runtime.observability import metric_labels
from shared.runtime.observability.health import ServiceSeen
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.instants import to_ms
from shared.runtime.processing.observer import REBALANCE, REFUSED, START, Silent
from shared.runtime.processing.strange_types import OTHER, Names
from shared.runtime.processing.unit_of_work import UnitOfWork

LATE_SECONDS: Final = 5.0
"""A wake is counted as late when it is answered so long after its instant."""
LATENESS_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, LATE_SECONDS, 15, 60, 300, 1800, 7200)
STEP_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RECOVERY_BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600)
REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
"""The last ones: a body and Kafka may take ten seconds each."""
BACKDATED_MAX: Final = 50_000
"""Wakes that are remembered as due already when they were made. Beyond it the oldest is forgotten, and counts as late."""
FENCES: Final = {
    UncertainKind.FENCED_AT_LOAD: "store-load",
    UncertainKind.FENCED_AT_COMMIT: "store-commit",
    UncertainKind.LOG_FENCED: "log",
    UncertainKind.LOG_MOVED: "log",
    UncertainKind.GROUP: "group",
}
"""Which fence has stopped a step."""
_LOOKED_AT: Final = frozenset((Parked, *metric_labels.MAILS, *metric_labels.PUSHES))
"""Events whose content is counted, too; all others are counted many at a time."""


class Meters:
    """All metrics of a process. Make one; from it a `Metrics` for each service, an `HttpMetrics` for each HTTP server."""

    def __init__(self) -> None:
        # Else there were a second series for each, saying when it was first counted.
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types there
        self.registry = prometheus.CollectorRegistry()
        self.names = Names()
        self._of_steps()
        self._of_requests()
        self._of_states()

    def _of_steps(self) -> None:
        """Make what counts the work on partitions."""
        counter, histogram = self._counter, self._histogram
        self.events = counter("events", "Records applied, by topic.", "topic")
        self.published = counter("published_events", "Events published, by type and rule.", "type", "rule")
        self.timers_fired = counter("timers_fired", "Timers at which something was said, by rule.", "rule")
        self.timers_late = counter("timers_late", f"Those of them {LATE_SECONDS:g} s late and more, by rule.", "rule")
        self.timers_ended = counter(
            "timers_ended", "Plans that ended before they fell due, or lapsed, by rule.", "rule"
        )
        self.timers_quiet = counter("timers_quiet", "Timers at which nothing was left to say.")
        self.lateness = histogram("lateness_seconds", "From a timer's instant to its commit.", LATENESS_BUCKETS)
        self.publish = histogram("publish_seconds", "One step's transaction on Kafka.", STEP_BUCKETS)
        self.commit = histogram("commit_seconds", "One step's commit to the store.", STEP_BUCKETS)
        self.recoveries = counter("recoveries", "Recoveries that ended well, by what they were made for.", "reason")
        self.recovery = histogram("recovery_seconds", "One recovery, with all that it read back.", RECOVERY_BUCKETS)
        self.uncertain = counter(
            "uncertain_outcomes", "Steps and recoveries that ended in an uncertain outcome, by kind.", "kind"
        )
        self.fenced = counter("fenced", "Steps that a fence has stopped, by the fence.", "fence")
        self.refusals = counter("refusals", "Looks at partitions that only an operator can decide.")
        self.poll_failures = counter("poll_failures", "Polls that failed: what they had fetched is read anew.")
        self.rebalances = counter("rebalances", "Assignments of partitions by the consumer group.")
        self.dead_letters = counter("dead_letters", "Records that could not be read, by class of reason.", "reason")
        self.missed = counter("answers_missed", "Answers to what nobody knew when they were read, by type.", "type")
        self.strange = counter("unknown_types", "Events of a type that nobody here knows, by its name.", "type")
        self.earlier = counter(
            "events_before_erasure", "Events of other services that were passed over: their member was erased since."
        )
        self.parked = counter("parked_items", "Items that were parked, by class of reason.", "reason")
        self.mails = counter("mails", "What became of digests, by result.", "result")
        self.pushes = counter("pushes", "What became of reminders for members' channels, by result.", "result")
        self.deleted = counter("deleted_records", "Offsets that were deleted from the topics that the service ends.")

    def _of_requests(self) -> None:
        """Make what counts requests over HTTP."""
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.requests = counter("requests", "Requests for pages behind links, by page and outcome.", "page", "outcome")
        self.request = histogram("request_seconds", "One such request, from its head to its answer.", REQUEST_BUCKETS)
        self.links_refused = counter("links_refused", "Links that were not taken, by reason.", "reason")
        self.api = counter("api_requests", "Requests of the API, by route and status.", "route", "status")
        self.api_seconds = histogram(
            "api_request_seconds", "One such request, from its head to its answer.", REQUEST_BUCKETS
        )
        self.keys_refused = counter("keys_refused", "Requests of the API without a key that works.")
        self.streams = gauge("open_streams", "Streams of the API that are open.")

    def _of_states(self) -> None:
        """Make what shows how a process stands at a look."""
        gauge = self._gauge
        self.owned = gauge("owned_partitions", "Partitions that the group has given to this process.")
        self.recovered = gauge("live_partitions", "Those of them that are recovered and live.")
        self.refused = gauge("refused_partitions", "Those of them that wait for an operator.")
        self.stuck = gauge("stuck_partitions", "Those of them whose due timers do not advance.")
        self.unfetched = gauge(
            "unfetched_partitions", "Partitions of inputs of which Kafka hands out nothing, with an error."
        )
        self.snapshots_overdue = gauge(
            "snapshots_overdue_seconds",
            "How long a round of snapshots has been overdue: two periods after the last began.",
        )
        self.undeleted = gauge(
            "undeleted_partitions", "Partitions whose last look at what may be deleted from topics has failed."
        )
        self.held = gauge(
            "held_partitions", "Partitions whose log is held for what was set aside and may be read again."
        )
        self.overdue = gauge("overdue_seconds", "How long the earliest timer has been due.")
        self.lag = gauge("lag_records", "Records of an input that are not applied yet, in owned partitions.", "topic")
        self.ready = gauge("ready", "1 when /ready says so of the service.")
        self.seen = gauge("seen_timestamp_seconds", "When what stands was last looked at, in seconds since 1970.")
        self.kafka_up = gauge("kafka_up", "1 while Kafka answers.")
        self.store_up = gauge("store_up", "1 while the store answers.")

    def _counter(self, name: str, about: str, *labels: str) -> prometheus.Counter:
        return prometheus.Counter(f"rapport_{name}", about, ("service", *labels), registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> prometheus.Gauge:
        return prometheus.Gauge(f"rapport_{name}", about, ("service", *labels), registry=self.registry)

    def _histogram(self, name: str, about: str, buckets: Sequence[float]) -> prometheus.Histogram:
        return prometheus.Histogram(f"rapport_{name}", about, ("service",), buckets=buckets, registry=self.registry)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return prometheus.generate_latest(self.registry)


class Metrics(Silent):
    """An `Observer` that counts for one service."""

    def __init__(self, meters: Meters, service: str) -> None:
        self.service = service
        self._meters = meters
        self._publish = meters.publish.labels(service)
        self._commit = meters.commit.labels(service)
        self._lateness = meters.lateness.labels(service)
        self._poll_failures = 0
        """Of the service's own count, what the counter has."""
        self._deleted = 0
        """The same of what was deleted."""
        self._backdated: dict[tuple[str, str], int] = {}
        """(member, key) of wakes that were due when they were made -> when that was, in ms."""
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Make the series of all known labels: `increase` sees the first step only of a series that was there before."""
        for plain in (
            self._meters.timers_quiet,
            self._meters.refusals,
            self._meters.poll_failures,
            self._meters.deleted,
            self._meters.rebalances,
            self._meters.earlier,
            self._meters.recovery,
        ):
            plain.labels(self.service)
        for counter, values in (
            (self._meters.mails, metric_labels.MAIL_RESULTS),
            (self._meters.pushes, metric_labels.PUSH_RESULTS),
            (self._meters.dead_letters, metric_labels.DEAD_LETTERS),
            (self._meters.parked, metric_labels.PARKED),
            (self._meters.missed, [kind.TYPE for kind in metric_labels.ANSWERS]),
            (self._meters.strange, [OTHER]),
            (self._meters.uncertain, UncertainKind),
            (self._meters.fenced, sorted(set(FENCES.values()))),
            (self._meters.recoveries, (START, REBALANCE, REFUSED, *UncertainKind)),
        ):
            for value in values:
                counter.labels(self.service, value)

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        for topic, count in work.read.items():
            self._meters.events.labels(self.service, topic).inc(count)
        self._commit.observe(commit_seconds)
        if work.events or work.dead:
            self._publish.observe(publish_seconds)
        for reason, count in Counter(metric_labels.of_dead_letter(why, at) for _, why, at in work.buried).items():
            self._meters.dead_letters.labels(self.service, reason).inc(count)
        for kind, count in Counter(event.type for event in work.missed).items():
            self._meters.missed.labels(self.service, kind).inc(count)
        for name, count in Counter(map(self._meters.names.counted_as, work.strange)).items():
            self._meters.strange.labels(self.service, name).inc(count)
        if earlier := work.earlier:
            self._meters.earlier.labels(self.service).inc(earlier)
        self._count_published([event for event, _ in work.events])
        instant = to_ms(now)
        for wake, member, key in work.woken:
            self._count_wake(work, wake, member, key, instant)
        self._remember_backdated(work, instant)

    def recovered(self, partition: int, why: str, seconds: float) -> None:
        self._meters.recoveries.labels(self.service, why).inc()
        self._meters.recovery.labels(self.service).observe(seconds)

    def uncertain(self, partition: int, kind: str, error: Exception) -> None:
        self._meters.uncertain.labels(self.service, kind).inc()
        if kind in FENCES:
            self._meters.fenced.labels(self.service, FENCES[UncertainKind(kind)]).inc()

    def refused(self, partition: int, reason: str) -> None:
        self._meters.refusals.labels(self.service).inc()

    def rebalanced(self, partitions: Sequence[int]) -> None:
        self._meters.rebalances.labels(self.service).inc()

    def lag(self, records: Mapping[str, int]) -> None:
        """Set the lag of each input."""
        for topic, count in records.items():
            self._meters.lag.labels(self.service, topic).set(count)

    def observe_health(self, seen: ServiceSeen, *, ready: bool, away: Collection[str]) -> None:
        """Set what was seen of the service."""
        for gauge, value in (
            (self._meters.owned, seen.owned),
            (self._meters.recovered, seen.recovered),
            (self._meters.refused, len(seen.refused)),
            (self._meters.stuck, len(seen.stuck)),
            (self._meters.unfetched, len(seen.fetches_failing)),
            (self._meters.overdue, seen.overdue),
            (self._meters.snapshots_overdue, seen.snapshots_overdue),
            (self._meters.undeleted, seen.undeleted),
            (self._meters.held, seen.held),
            (self._meters.ready, ready),
            (self._meters.kafka_up, "kafka" not in away),
            (self._meters.store_up, "store" not in away),
        ):
            gauge.labels(self.service).set(value)
        self._meters.poll_failures.labels(self.service).inc(max(0, seen.poll_failures - self._poll_failures))
        self._poll_failures = seen.poll_failures
        self._meters.deleted.labels(self.service).inc(max(0, seen.deleted - self._deleted))
        self._deleted = seen.deleted
        self._meters.seen.labels(self.service).set_to_current_time()

    def _count_published(self, events: Sequence[Event]) -> None:
        counted = Counter([(type(event.data), metric_labels.rule_of(event)) for event in events])
        for (kind, rule), count in counted.items():
            self._meters.published.labels(self.service, kind.TYPE, rule).inc(count)
            if issubclass(kind, metric_labels.ENDS):
                self._meters.timers_ended.labels(self.service, rule).inc(count)
        if _LOOKED_AT.isdisjoint([kind for kind, _ in counted]):
            return
        for event in events:
            if isinstance(event.data, Parked):
                self._meters.parked.labels(self.service, metric_labels.of_parked(event.data.reason)).inc()
            elif (result := metric_labels.mail_result(event.data)) is not None:
                self._meters.mails.labels(self.service, result).inc()
            elif (result := metric_labels.push_result(event.data)) is not None:
                self._meters.pushes.labels(self.service, result).inc()

    def _count_wake(self, work: UnitOfWork[Any, Any], wake: int, member: str, key: str, instant: int) -> None:
        began = self._backdated.pop((member, key), wake)
        emitted = work.members[member].spoken.get(key)
        if not emitted:
            self._meters.timers_quiet.labels(self.service).inc()
            return
        late = max(0, instant - max(wake, began)) / 1000
        rule = metric_labels.rule_of(emitted[0])
        self._lateness.observe(late)
        self._meters.timers_fired.labels(self.service, rule).inc()
        if late >= LATE_SECONDS:
            self._meters.timers_late.labels(self.service, rule).inc()

    def _remember_backdated(self, work: UnitOfWork[Any, Any], instant: int) -> None:
        """Note the wakes that this step made for an instant that had passed: they cannot be on time."""
        for member, state in work.members.items():
            for key, wake in state.wakes.items():
                if wake is not None and wake < instant:
                    self._backdated.setdefault((member, key), instant)
        while len(self._backdated) > BACKDATED_MAX:
            del self._backdated[next(iter(self._backdated))]
