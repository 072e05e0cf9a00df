"""What a service is: a few pure functions over what is known of one member.

What is known is a small *profile* and *items* (an invite, a contact, this week's digest), each under a key. The shell
(`shared.runtime`) applies events into them, asks what is left to say, publishes it, and stores the result with the next
wake. Nothing here knows a clock, randomness, I/O or ids: what a decider says depends on what is known, and on nothing else.

The rules a decider keeps, and the simulation holds it to:

- `evolve` on outside events joins (earliest, latest, bounded set, register won by the highest (time, id)), so neither the
  order nor the number of repetitions matters. Outside events and own events write different fields.
- An event that `evaluate` publishes changes what is known, so evaluating again ends in silence.
- What is irreversible is published only at a timer (`at` is not None): then everything acknowledged before `at` is known.
- A timer lies after `at`, or the shell parks the item.

Rules answer in one form: `NextAction`, `Blocked` or `Done`. What to publish, when to look again (`evaluation`) and how
each rule stands (`explain`) all follow from that one answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import msgspec

from shared.contracts import Event, EventData
from shared.contracts.topic_names import snapshots_of
from shared.stored.migration import Migrations


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored: immutable, compared by value, encoded as a msgpack map without its defaults.

    Subclasses give each field a default and, with `rename=`, a short stored name that never changes its meaning.
    Several kinds of item in one service are told apart by `tag=`.
    """


P = TypeVar("P", bound=State)
I = TypeVar("I", bound=State)  # noqa: E741 - the letter of the design: profile P, item I


class Missing(Exception):
    """An item that was not loaded. The shell loads it and asks the pure function again."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = frozenset(keys)
        super().__init__(self.keys)

    def __str__(self) -> str:
        """Name what was not loaded."""
        return f"not loaded: {sorted(self.keys)}"


class View(Generic[P, I]):
    """What is known of one member at this moment: the profile, and items by key."""

    __slots__ = ("_items", "incarnation", "member", "memo", "profile")

    def __init__(self, member: str, profile: P, items: Mapping[str, I | None]) -> None:
        self.member = member
        self.profile = profile
        self.incarnation = 0
        """Which incarnation of the member this is, 0 for the first. It belongs into a name that is made by counting, where
        an answer may come from before an erasure."""
        self.memo: dict[str, Any] = {}
        """What a decider has found out of an item, by its key, for when it is evaluated again in the same unit of work. A
        decider that keeps something here checks that all it depends on is the same still: so it is pure without it, too. The
        runtime empties it with the unit of work."""
        self._items = items

    def item(self, key: str) -> I | None:
        """Return the item under `key`, or None when nothing is known of it; `Missing` when it must be loaded first."""
        try:
            return self._items[key]
        except KeyError:
            raise Missing((key,)) from None

    def all_of(self, keys: Sequence[str]) -> Sequence[I | None]:
        """Return the items under these keys; `Missing` names all that must be loaded first, in one go."""
        items = self._items
        try:
            return [items[key] for key in keys]
        except KeyError:
            raise Missing(key for key in keys if key not in items) from None

    def need(self, keys: Iterable[str]) -> Iterator[tuple[str, I]]:
        """Yield the known ones among `keys`; `Missing` names all that must be loaded first, in one go."""
        wanted = list(keys)
        if absent := [key for key in wanted if key not in self._items]:
            raise Missing(absent)
        for key in wanted:
            if (item := self._items[key]) is not None:
                yield key, item


def rules_digest(*parts: object) -> str:
    """Return a digest of all that decides when and what a decider says; the `repr` of each part tells all of it."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to publish. The shell stamps id, time (`at`, or its clock's now), number and place."""

    data: EventData
    expires: datetime | None = None
    """CloudEvents `expirytime`: whoever delivers later does not act on it."""
    because: str | None = None
    """The id of the event that is its reason (CloudEvents extension `causationid`)."""


AT_ONCE: Final = datetime(1, 1, 1, tzinfo=UTC)
"""Before every instant: what may be published from here on waits for no timer."""


class NextAction(msgspec.Struct, frozen=True):
    """What a rule does next with an item without a new event, and from when on.

    A struct, like `Blocked` and `Done`: one of them is made for each rule of each item that is evaluated.
    """

    at: datetime
    """The first instant at which it may be published; `AT_ONCE`: after any change."""
    emit: Callable[[datetime], NewEvent]
    """Returns the event, given the instant of the timer; it is not read when the action waits for none."""
    code: str = ""
    """What becomes of the item then: one of the codes of its service."""
    because: str = ""
    """The id of the event that is the reason, where one is known."""
    since: datetime | None = None
    """When that happened."""


class Blocked(msgspec.Struct, frozen=True):
    """Why a rule does nothing with an item until a new event comes, and by which event, where that is known."""

    code: str
    because: str = ""
    since: datetime | None = None


class Done(msgspec.Struct, frozen=True):
    """That a rule has done what it had to do with an item, how that ended, and by which event, where that is known."""

    code: str
    because: str = ""
    since: datetime | None = None


Outcome: TypeAlias = NextAction | Blocked | Done
"""How a rule stands with an item."""


class Evaluation(msgspec.Struct, frozen=True):
    """What follows from the state of one item: events to publish now, or the timer at which to evaluate it again."""

    publish: Sequence[NewEvent] = ()
    """All of them or none. They change the state, so the item is evaluated once more after they are applied."""
    timer: datetime | None = None
    """When there may be something to publish without a new event; an instant in the past means soon, None never. It counts
    where nothing is published."""


NOTHING: Final = Evaluation()
"""Nothing to publish, and no timer."""


def evaluation(outcomes: Iterable[Outcome], at: datetime | None) -> Evaluation:
    """Return what follows from how the rules of one item stand, in the order in which they speak.

    The first action whose time has come is published, and the rules behind it are not asked before that is applied. `at`:
    the instant of the timer; None: after a change, when only what waits for no timer may be published.
    """
    timer: datetime | None = None
    until = AT_ONCE if at is None else at
    for outcome in outcomes:
        if type(outcome) is not NextAction:
            continue
        due = outcome.at
        if due <= until:
            return Evaluation((outcome.emit(until),))
        if timer is None or due < timer:
            timer = due
    return NOTHING if timer is None else Evaluation((), timer)


RuleStatus = Literal["planned", "waiting", "silent", "idle", "over"]
"""Of a rule with an item: it will speak; it has spoken and waits for an answer; it has a reason and says nothing; it has no
reason; it has spoken, and that is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """How one rule stands with one item, for whoever asks why: what it will publish, or why it publishes nothing."""

    rule: str
    standing: RuleStatus
    code: str
    """Why it stands like that: one of the codes of its service."""
    at: datetime | None = None
    """When it speaks next without a new event. None: it does not."""
    says: EventData | None = None
    """What it says then, as things stand."""
    because: str = ""
    """The id of the event that is the reason."""
    since: datetime | None = None
    """When that happened, where it is known."""
    notes: tuple[str, ...] = ()
    """What else bears on it: further codes."""
    ends: tuple[str, ...] = ()
    """Types of the events that would end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider(Generic[P, I]):
    """One service, as the shell sees it."""

    name: str
    """`invites`; also the last part of its consumer group, its source and its keys in the store."""
    own: str
    """The topic that it alone writes."""
    reads: tuple[str, ...]
    """The topics that it applies, without its own."""
    version: int
    """Of the stored states: older code refuses a partition that newer code has written."""
    rules: str
    """A digest of rules version, defaults and tzdata: a recovery that finds another one sweeps the partition."""
    profile: P
    """What is known of a member of whom nothing is known."""
    item: type[I] | object
    """The type of the items, or the union of their types (each with a `tag`)."""
    pack: Callable[[str, I], I | list[Any]] = lambda key, item: item
    """What is stored of the item under a key: the item, or a list that says the same in fewer bytes."""
    unpack: Callable[[str, list[Any]], I] | None = None
    """The item that such a list stands for, as MessagePack gives it back: wall times as texts, tuples as lists."""
    migrations: Migrations = field(default_factory=dict)
    """How snapshots of an older version become what this one stores: an entry for each since the first release."""
    applies: frozenset[type[EventData]] | None = None
    """The types of events that can change anything here; None: perhaps all. Others are passed over by their header."""
    beside: tuple[str, ...] = ()
    """Keys of the few items that nearly every evaluation reads: loaded with each member's profile, so that
    nobody is asked a first time to find out that they are missing."""
    woken_with: tuple[str, ...] = ()
    """Keys of the few items that what is said at nearly every wake is about: loaded with what woke."""
    touches: Callable[[Event], Iterable[str]]
    """The keys of the items that an event, from outside or own, is about."""
    evolve_profile: Callable[[P, Event], P]
    """What an event makes of the profile. A change here makes the shell look at all items of the member again (a sweep)."""
    profiles_alike: Callable[[P, P], bool] = lambda before, after: False
    """Whether what follows from every item is the same under two profiles: then a change of the one to the other is stored,
    and no item is looked at."""
    evolve: Callable[[str, I | None, Event], I | None]
    """What an event makes of the item under a key (None: nothing is known). Called for each key of `touches`."""
    evaluate: Callable[[View[P, I], str, datetime | None], Evaluation]
    """What follows from the state of an item: what to publish, or when to evaluate it again. Asked once for each item that
    changed, and once more after each event that it publishes. `at` is None after a change, an instant at a timer."""
    related: Callable[[str, I], Iterable[str]] = lambda key, item: ()
    """The items whose evaluation reads this one: they are evaluated again when it changes."""
    reads_alike: Callable[[I, I], bool] = lambda before, after: False
    """Whether two states of one item are the same to all that `related` names: then none of those is evaluated again."""
    speaks: Callable[[str], bool] = lambda key: True
    """Whether there can ever be anything to say of the item under a key by itself: a sweep passes over the others."""
    effects: frozenset[type[EventData]] = frozenset()
    """Own events that begin something outside (a mail): performed once, after the event is on the log and in the store."""
    explain: Callable[[View[P, I], str], Sequence[Reason]] = lambda view, key: ()
    """How each rule stands with an item: by the same outcomes as `evaluate`, so it can not differ from it."""
    answers: frozenset[type[EventData]] = frozenset()
    """Events that answer something which the member was told, or should have been."""
    misses: Callable[[View[P, I], Event], bool] = lambda view, event: False
    """Whether one of `answers`, before it is applied, is about what nobody knows here: it is counted, and applied."""
    report: Callable[[View[P, I], Event, NewEvent], Sequence[NewEvent]] | None = None
    """What to say of an effect's outcome: (view, its event, the outcome) -> events; nothing if it was settled."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that stand behind what is known: the inputs and its own."""
        return (*self.reads, self.own)

    @property
    def snapshots(self) -> str:
        """The compacted topic of its snapshots, where there are any."""
        return snapshots_of(self.own)
