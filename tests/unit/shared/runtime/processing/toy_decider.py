"""A decider that does what no service does today, and one partition in memory that runs a decider step by step.

Of an invite that was sent it says two things at once. What its id begins with says what else: `bad` says the second thing
twice (it changes nothing), `large` one that no record can hold, `mail` begins something outside, `deep` asks for one item
after the other. `echo` speaks whenever preferences were set, which changes the profile again; then all others speak.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from shared.contracts import (
    ACTIVITY,
    DEAD_LETTERS,
    INVITES,
    Contact,
    Event,
    EventData,
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteSent,
    InviteWithdrawn,
    MemberPreferencesSet,
)
from shared.contracts.cloudevents import codec
from shared.decider import Decider, Evaluation, NewEvent, State, View
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.ports.limits import FACT_BYTES_MAX
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.processing.reading import read_event
from shared.runtime.recovery.recover import recover
from shared.runtime.step import step
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_feed import FakeFeed, FakeGroup
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.simulation.scheduler import finish

T0: Final = datetime(2026, 3, 2, tzinfo=UTC)
ECHO: Final = "invite/echo"
STEPS_MAX: Final = 200
OWN: Final = (InviteIgnored, InviteExpired, InviteRetracted, InviteReinviteAllowed)


class Mood(State, frozen=True):
    """The profile."""

    changes: int = 0
    """How often preferences were set."""
    echoes: int = 0
    """How often `echo` has spoken."""


class Thing(State, frozen=True):
    """An invite."""

    ignored: bool = False
    expired: bool = False
    retracted: bool = False
    spoken: int = 0


def key_of(data: EventData) -> str:
    return f"invite/{data.invite_id}"  # type: ignore[attr-defined]  # every event here is about an invite


def _touches(event: Event) -> Iterable[str]:
    return [key_of(event.data)] if isinstance(event.data, (InviteSent, InviteWithdrawn, *OWN)) else []


def _evolve_profile(mood: Mood, event: Event) -> Mood:
    if isinstance(event.data, MemberPreferencesSet):
        return replace(mood, changes=mood.changes + 1)
    if isinstance(event.data, InviteReinviteAllowed) and key_of(event.data) == ECHO:
        return replace(mood, echoes=mood.echoes + 1)
    return mood


def _evolve(_key: str, thing: Thing | None, event: Event) -> Thing | None:
    thing = thing or Thing()
    match event.data:
        case InviteWithdrawn():
            return None
        case InviteIgnored():
            return replace(thing, ignored=True)
        case InviteExpired():
            return replace(thing, expired=True)
        case InviteRetracted():
            return replace(thing, retracted=True)
        case InviteReinviteAllowed():
            return replace(thing, spoken=thing.spoken + 1)
        case _:
            return thing


def ignored(name: str) -> NewEvent:
    return NewEvent(InviteIgnored(invite_id=name, contact_id="ada", age_days=1))


def expired(name: str) -> NewEvent:
    return NewEvent(InviteExpired(invite_id=name, contact_id="ada", age_days=1))


def retracted(name: str) -> NewEvent:
    return NewEvent(InviteRetracted(invite_id=name, contact_id="ada", age_days=1, by="rule"))


def too_large() -> NewEvent:
    return NewEvent(InviteExpired.model_construct(invite_id="x" * FACT_BYTES_MAX, contact_id="ada", age_days=1))


def _evaluate(view: View[Mood, Thing], key: str, _at: datetime | None) -> Evaluation:
    return Evaluation(_says(view, key))


def _says(view: View[Mood, Thing], key: str) -> Sequence[NewEvent]:
    thing, name = view.item(key), key.removeprefix("invite/")
    if thing is None:
        return ()
    if name.startswith("deep"):
        view.item(f"{key}+")
    if name.startswith("mail"):
        return () if thing.retracted else (retracted(name),)
    if not thing.ignored:
        second = ignored(name) if name.startswith("bad") else too_large() if name.startswith("large") else expired(name)
        return ignored(name), second
    wanted = view.profile.changes if key == ECHO else view.profile.echoes
    return (NewEvent(InviteReinviteAllowed(invite_id=name, contact_id="ada")),) if thing.spoken < wanted else ()


def _report(view: View[Mood, Thing], event: Event, outcome: NewEvent) -> Sequence[NewEvent]:
    thing = view.item(key_of(event.data))
    return () if thing is None or thing.expired else (outcome,)


TOY: Final[Decider[Mood, Thing]] = Decider(
    name="invites",
    own=INVITES,
    reads=(ACTIVITY,),
    version=1,
    rules="toy",
    profile=Mood(),
    item=Thing,
    touches=_touches,
    evolve_profile=_evolve_profile,
    evolve=_evolve,
    evaluate=_evaluate,
    effects=frozenset({InviteRetracted}),
    report=_report,
)
"""It takes the name of a service, as only that service's source may stand on its topic."""


def sent(name: str) -> InviteSent:
    return InviteSent(invite_id=name, contact=Contact(id="ada", name="Ada"))


class Noted:
    """Effects that only note what was begun, and whether the store had the event by then."""

    def __init__(self) -> None:
        self.begun: list[tuple[Event, int]] = []
        self.free = 1
        self.all_published = 0

    @contextmanager
    def slots(self, _owner: PartitionTask[Any, Any]) -> Iterator[int]:
        yield self.free

    def start(self, event: Event, owner: PartitionTask[Any, Any]) -> None:
        self.begun.append((event, owner.number))

    def published(self) -> None:
        self.all_published += 1


class OnePartition:
    """An owner over the fakes, without faults, moved by one step at a time."""

    def __init__(self, decider: Decider[Any, Any] = TOY, cluster: FakeCluster | None = None) -> None:
        self.decider, self.clock, self.store = decider, VirtualClock(T0), FakeStore()
        self.cluster = cluster or FakeCluster([*decider.reads, decider.own, DEAD_LETTERS])
        self.feed = FakeFeed(self.cluster, FakeGroup(), decider.reads, 0, clock=self.clock)
        self.effects = Noted()
        log, options = FakeLog(self.cluster, decider.own), Options(clock_margin=T0 - T0)
        self.owner: PartitionTask[Any, Any] = PartitionTask(
            decider, 0, log, self.store, self.feed, self.clock, self.effects, options
        )
        finish(recover(self.owner))

    def tell(self, data: EventData, happened: datetime | None = None, member: str = "m1") -> None:
        now = self.clock.now()
        mark = self.cluster.bounds(ACTIVITY, 0).end
        event = Event(f"event-{mark}", member, happened or now, now, data, source="/test")
        key, value, headers = codec.encode(event)
        self.cluster.append_plain(ACTIVITY, 0, Message(key, value, headers, to_ms(now)))

    def step(self, records_max: int = 100) -> bool:
        """Poll so many records, and do one step."""
        self.feed.poll(records_max)
        return bool(finish(step(self.owner)))

    def run(self) -> None:
        """Go on until there is nothing left to do."""
        quiet = 0
        for _ in range(STEPS_MAX):
            quiet = 0 if self.step() else quiet + 1
            if quiet > 1 and not self.feed.behind:
                return
        raise AssertionError("never comes to rest")

    def said(self) -> list[Event]:
        """All that was said, as it stands on the log."""
        events = [read_event(record) for record in self.cluster.committed(self.decider.own, 0)[0]]
        return [event for event in events if isinstance(event, Event)]

    def heard(self) -> list[str]:
        """The same in short: `ignored a`."""
        return [
            f"{event.data.TYPE.rpartition('.')[2]} {getattr(event.data, 'invite_id', '')}".strip()
            for event in self.said()
        ]
