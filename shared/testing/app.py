"""A service's rules in memory, to be tested in five lines: publish events, move the clock, read what was published.

In the manner of FastStream's `TestKafkaBroker`, with the clock in the test's hand. Events go through the published language
(`encode`, `decode`), and the service takes the steps of a live owner (`shared/runtime/offline/dry_run.py`). There is no Kafka
and no store: what those two do is tested by the simulation and on the real ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from faststream import FastStream
from msgspec import structs

from shared.contracts import Event, EventData, MemberErased, decode, encode
from shared.contracts.topic_names import SOURCES
from shared.runtime.application import SERVICE
from shared.runtime.offline.dry_run import DryRun, Perform
from shared.runtime.service import Service

SOURCE: Final = "/test"
MEMBER: Final = "ada"


class TestService:
    """The service of a FastStream application, in memory, at a time that only `advance` moves."""

    __test__ = False
    """It is no test of pytest's."""

    def __init__(self, app: FastStream, at: datetime, perform: Perform | None = None) -> None:
        """Take the application, the instant at which it begins, and who performs effects.

        `perform` None: nobody does, so no mail is sent.
        """
        service: Service = app.context.get(SERVICE)
        self._decider = service.decider
        self._performs = {} if perform is None else {self._decider.name: perform}
        self._members: dict[str, DryRun] = {}
        self._count = 0
        self._erasures: Counter[str] = Counter()
        """By member; without a log they are numbered, and so are the incarnations that they begin."""
        self.now = at
        self.published: list[Event] = []
        """What the service has published so far, in order."""

    def publish(self, *events: EventData, member: str = MEMBER) -> list[Event]:
        """Publish events about a member now, and return what the service publishes in answer.

        `ValueError` for an event on a topic that it does not read.
        """
        return self._live(member, [self._event(event, member) for event in events])

    def advance(self, by: timedelta) -> list[Event]:
        """Let time pass, and return what the service publishes meanwhile, by time."""
        if by < timedelta(0):
            raise ValueError("by: time does not go back")
        self.now += by
        first = len(self.published)
        for member in sorted(self._members):
            self._live(member, [])
        self.published[first:] = sorted(self.published[first:], key=lambda event: event.time)
        return self.published[first:]

    def _live(self, member: str, events: Sequence[Event]) -> list[Event]:
        dry_run = self._members.setdefault(member, DryRun([self._decider], member, self._performs))
        first = len(dry_run.published)
        for _ in dry_run.run(events, self.now):
            pass
        if dry_run.parts[0].stumbled:
            raise AssertionError(
                f"a rule of {self._decider.name} stumbled over an event: live, it would be a dead letter"
            )
        self.published += dry_run.published[first:]
        return dry_run.published[first:]

    def _event(self, data: EventData, member: str) -> Event:
        if data.TOPIC not in self._decider.reads:
            raise ValueError(f"{data.TYPE}: {self._decider.name} does not read {data.TOPIC}")
        self._count += 1
        event = Event(f"test-{self._count}", member, self.now, self.now, data, SOURCES.get(data.TOPIC, SOURCE))
        if data.TOPIC in SOURCES:  # another service's: it has a number and a place
            event = structs.replace(event, number=self._count, input_offsets={}, incarnation=self._erasures[member])
        if isinstance(data, MemberErased):
            self._erasures[member] += 1
        key, value, headers = encode(event)
        decoded = decode(key, value, headers, self.now, data.TOPIC)
        assert decoded is not None, "its type is known"
        return decoded
