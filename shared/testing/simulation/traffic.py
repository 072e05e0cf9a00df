"""What the world puts on the topics: events told at random, repeated, poison among them, and foreign transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any

from msgspec.structs import replace

from shared.contracts import REPLAY, Event, ReplayRequested, replay_request
from shared.contracts.cloudevents import codec
from shared.contracts.topic_names import SOURCES
from shared.decider import Decider
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_partition import Transaction
from shared.testing.simulation.speakers import Speakers

DrawEvents = Callable[[Random, datetime], Sequence[Event]]
"""Draws events that are told at an instant; what happened may have happened long before, or be said to come."""
Stamp = Callable[[Random, datetime, Event], datetime]
"""Draws the timestamp that a producer writes into the record of an event that is told at an instant."""


def as_logged(_rng: Random, now: datetime, _event: Event) -> datetime:
    """Return the instant itself, as a broker does with `LogAppendTime`."""
    return now


class Traffic:
    """The producers of one partition's inputs."""

    def __init__(self, rng: Random, cluster: FakeCluster, clock: VirtualClock, reads: Sequence[str], tell: DrawEvents):
        self.rng, self.cluster, self.clock, self.reads = rng, cluster, clock, reads
        self._tell = tell
        self._speakers = Speakers(cluster, Random(rng.getrandbits(32)))
        self.stamp: Stamp = as_logged
        """Only of what a product tells: services write the time of their clocks."""
        self.sent: list[tuple[str, Message]] = []
        self.acknowledged: dict[tuple[str, int], datetime] = {}
        """(topic, offset) -> when its producer had the acknowledgement."""
        self.foreign: list[tuple[Transaction, list[tuple[str, int]]]] = []
        """Transactions of other services that are open."""
        self.strays: set[int] = set()
        """Offsets on the service's own topic at which somebody else has written."""

    def tell(self) -> str:
        """Tell something new, or something old again; now and then within a transaction that stays open for a while."""
        messages = self._drawn()
        if self.rng.random() < 0.1:
            transaction, written = Transaction(), []
            for topic, message in messages:
                written.append((topic, self.cluster.append(topic, 0, [message], transaction)))
            self.foreign.append((transaction, written))
            return f"tell {len(messages)} in a transaction"
        for topic, message in messages:
            self.acknowledged[topic, self.cluster.append_plain(topic, 0, message)] = self.clock.now()
        return f"tell {len(messages)}"

    def end_foreign(self) -> str:
        """End a foreign transaction either way."""
        if not self.foreign:
            return "no foreign transaction"
        transaction, written = self.foreign.pop(self.rng.randrange(len(self.foreign)))
        committed = self.rng.random() < 0.5
        self.cluster.finish(transaction, commit=committed)
        if committed:
            self.acknowledged |= dict.fromkeys(written, self.clock.now())
        return f"foreign transaction ends: {committed}"

    def poison(self) -> str:
        """Append what no reader can use, or need use."""
        topic = self.rng.choice(self.reads)
        logged = to_ms(self.clock.now())
        at, (key, value, headers) = self.clock.now().isoformat(), (b"m1", b"{}", [])
        headers = [
            ("ce_specversion", b"1.0"), ("ce_id", b"p"), ("ce_source", b"/test"), ("ce_memberid", b"m1"),
            ("ce_time", at.encode()), ("content-type", b"application/json"),
        ]  # fmt: skip
        kinds: list[tuple[bytes | None, list[tuple[str, bytes]]]] = [
            (b"{broken", [*headers, ("ce_type", b"rapport.member.joined")]),
            (None, [*headers, ("ce_type", b"rapport.member.joined")]),
            (value, [*headers, ("ce_type", b"\xff\xfe")]),
            (value, [*headers, ("ce_type", b"rapport.something.new")]),
        ]
        drawn, with_headers = self.rng.choice(kinds)
        message = Message(key, drawn, with_headers, logged)
        self.acknowledged[topic, self.cluster.append_plain(topic, 0, message)] = self.clock.now()
        return f"poison on {topic}"

    def stray(self, own: str) -> str:
        """Append to a service's own topic, as somebody does who took the wrong one: an event, or something else."""
        topic, message = self.rng.choice(self.sent) if self.sent and self.rng.random() < 0.7 else ("", None)
        if message is None or topic == own:
            message = Message(b"m1", b"{}", [("plain", b"text")], 0)
        offset = self.cluster.append_plain(own, 0, replace(message, logged_ms=to_ms(self.clock.now())))
        self.strays.add(offset)
        return f"stray on {own} {offset}"

    def replay(self, decider: Decider[Any, Any]) -> str:
        """Ask for a record to be read again: a good one, poison, a parked item, or one that is not there."""
        topic = self.rng.choice([*decider.reads, decider.own])
        offset = self.rng.randrange(self.cluster.bounds(topic, 0).end + 2)
        request = ReplayRequested(service=decider.name, topic=topic, partition=0, offset=offset)
        key, value, headers = replay_request(request, self.clock.now())
        message = Message(key, value, headers, to_ms(self.clock.now()))
        self.acknowledged[REPLAY, self.cluster.append_plain(REPLAY, 0, message)] = self.clock.now()
        return f"replay of {topic} {offset}"

    def _drawn(self) -> list[tuple[str, Message]]:
        now = self.clock.now()
        if self.sent and self.rng.random() < 0.2:
            topic, old = self.rng.choice(self.sent)
            return [(topic, replace(old, logged_ms=to_ms(now)))]
        drawn = []
        for event in self._tell(self.rng, now):
            source = SOURCES.get(event.data.TOPIC)  # of what another service says
            if source:
                number, incarnation = event.number or 1, self._speakers.incarnation(event.data.TOPIC, event.member)
                event = replace(event, source=source, number=number, input_offsets={}, incarnation=incarnation)  # noqa: PLW2901
            key, value, headers = codec.encode(event)
            logged = now if source else self.stamp(self.rng, now, event)
            drawn.append((event.data.TOPIC, Message(key, value, headers, to_ms(logged))))
        self.sent += drawn
        return drawn
