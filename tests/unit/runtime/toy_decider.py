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
    EventData,
    Fact,
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteSent,
    InviteWithdrawn,
    MemberPreferencesSet,
)
from shared.contracts.cloudevents import codec
from shared.decider import Core, Evaluation, Said, State, View
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.ports.limits import FACT_BYTES_MAX
from shared.runtime.processing.partition_task import Options, Owner
from shared.runtime.processing.process import step
from shared.runtime.processing.reading import read_fact
from shared.runtime.recovery.recover import claim
from shared.testing.fake_cluster import FakeCluster
from shared.testing.fake_feed import FakeFeed, FakeGroup
from shared.testing.fake_log import FakeLog
from shared.testing.fake_store import FakeStore
from shared.testing.scheduler import finish

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


def _touches(fact: Fact) -> Iterable[str]:
    return [key_of(fact.data)] if isinstance(fact.data, (InviteSent, InviteWithdrawn, *OWN)) else []


def _evolve_profile(mood: Mood, fact: Fact) -> Mood:
    if isinstance(fact.data, MemberPreferencesSet):
        return replace(mood, changes=mood.changes + 1)
    if isinstance(fact.data, InviteReinviteAllowed) and key_of(fact.data) == ECHO:
        return replace(mood, echoes=mood.echoes + 1)
    return mood


def _evolve(_key: str, thing: Thing | None, fact: Fact) -> Thing | None:
    thing = thing or Thing()
    match fact.data:
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


def ignored(name: str) -> Said:
    return Said(InviteIgnored(invite_id=name, contact_id="ada", age_days=1))


def expired(name: str) -> Said:
    return Said(InviteExpired(invite_id=name, contact_id="ada", age_days=1))


def retracted(name: str) -> Said:
    return Said(InviteRetracted(invite_id=name, contact_id="ada", age_days=1, by="rule"))


def too_large() -> Said:
    return Said(InviteExpired.model_construct(invite_id="x" * FACT_BYTES_MAX, contact_id="ada", age_days=1))


def _evaluate(view: View[Mood, Thing], key: str, _at: datetime | None) -> Evaluation:
    return Evaluation(_says(view, key))


def _says(view: View[Mood, Thing], key: str) -> Sequence[Said]:
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
    return (Said(InviteReinviteAllowed(invite_id=name, contact_id="ada")),) if thing.spoken < wanted else ()


def _report(view: View[Mood, Thing], fact: Fact, outcome: Said) -> Sequence[Said]:
    thing = view.item(key_of(fact.data))
    return () if thing is None or thing.expired else (outcome,)


TOY: Final[Core[Mood, Thing]] = Core(
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
    """Effects that only note what was begun, and whether the store had the fact by then."""

    def __init__(self) -> None:
        self.begun: list[tuple[Fact, int]] = []
        self.free = 1

    @contextmanager
    def places(self, _owner: Owner[Any, Any]) -> Iterator[int]:
        yield self.free

    def start(self, fact: Fact, owner: Owner[Any, Any]) -> None:
        self.begun.append((fact, owner.number))


class OnePartition:
    """An owner over the fakes, without faults, moved by one step at a time."""

    def __init__(self, core: Core[Any, Any] = TOY, cluster: FakeCluster | None = None) -> None:
        self.core, self.clock, self.store = core, VirtualClock(T0), FakeStore()
        self.cluster = cluster or FakeCluster([*core.reads, core.own, DEAD_LETTERS])
        self.feed = FakeFeed(self.cluster, FakeGroup(), core.reads, 0, clock=self.clock)
        self.effects = Noted()
        log, options = FakeLog(self.cluster, core.own), Options(clock_margin=T0 - T0)
        self.owner: Owner[Any, Any] = Owner(core, 0, log, self.store, self.feed, self.clock, self.effects, options)
        finish(claim(self.owner))

    def tell(self, data: EventData, happened: datetime | None = None, member: str = "m1") -> None:
        now = self.clock.now()
        mark = self.cluster.bounds(ACTIVITY, 0).end
        fact = Fact(f"fact-{mark}", member, happened or now, now, data, source="/test")
        key, value, headers = codec.encode(fact)
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

    def said(self) -> list[Fact]:
        """All that was said, as it stands on the log."""
        facts = [read_fact(record) for record in self.cluster.committed(self.core.own, 0)[0]]
        return [fact for fact in facts if isinstance(fact, Fact)]

    def heard(self) -> list[str]:
        """The same in short: `ignored a`."""
        return [
            f"{fact.data.TYPE.rpartition('.')[2]} {getattr(fact.data, 'invite_id', '')}".strip() for fact in self.said()
        ]
