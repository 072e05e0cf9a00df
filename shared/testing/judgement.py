"""What is wrong with a world that has healed: the log against the rules, the store against the log, the mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from shared.contracts import DEAD_LETTERS, Event, Parked
from shared.decider import Decider
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.processing.member.member_state import NOTES, PROFILE, MemberState
from shared.runtime.processing.member.runtime_meta import NOTHING_NOTED, noted_in
from shared.runtime.processing.member.stored_form import StoredForm
from shared.runtime.processing.reading import read_event
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, mark_in
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.simulation.actor import Actor, FakeMail
from shared.testing.simulation.checker import Evidence, Replay, attempt_of, check_attempts, check_dead_letters
from shared.testing.simulation.scheduler import Scheduler
from shared.testing.simulation.traffic import Traffic


class Healed(Protocol):
    """A world of which can be told what is true: what it holds, and how one more process lives in it."""

    decider: Decider[Any, Any]
    cluster: FakeCluster
    store: FakeStore
    clock: VirtualClock
    scheduler: Scheduler
    traffic: Traffic
    mail: FakeMail | None
    actors: list[Actor]
    may_park: Callable[[str], bool]

    @property
    def deciders(self) -> Sequence[Decider[Any, Any]]:
        """All rules that were ever in force."""

    def start(self, store: FakeStore | None = None) -> Actor:
        """Start a process."""

    def settle(self, actor: Actor) -> str | None:
        """Let it go on until it rests; return why it does not."""


def evidence_of(world: Healed) -> Evidence:
    """Return all that can be read of the world's topics."""
    cluster, decider = world.cluster, world.decider
    cluster.write_markers()
    own, strays = cluster.history(decider.own, 0), world.traffic.strays
    snapshots = decider.snapshots
    return Evidence(
        inputs={topic: cluster.history(topic, 0) for topic in decider.reads},
        marks=[
            mark_in(one)
            for one in (cluster.history(snapshots, 0) if snapshots in cluster.topics else ())
            if one.key == MARK_KEY
        ],
        own=[record for record in own if record.offset not in strays],
        strays=[record for record in own if record.offset in strays],
        dead=cluster.history(DEAD_LETTERS, 0),
        acknowledged=world.traffic.acknowledged,
    )


def judge(world: Healed, actor: Actor) -> list[str]:
    """Return every violation of the promises 1 to 5 that can be seen from outside."""
    evidence = evidence_of(world)
    replay = Replay(world.deciders, evidence)
    violations = list(replay.run())
    violations += replay.unpublished(world.clock.now())
    violations += check_dead_letters(replay)
    violations += check_attempts(evidence.own)
    violations += _parked(world, evidence)
    violations += _mails(world, evidence)
    violations += compare(world.store.contents(0), replay, "the store")
    if not violations:
        violations += _rebuild(world, actor, replay)
    return violations


def judge_published(world: Healed) -> list[str]:
    """Return what is wrong with what was said, where nobody can tell any more what would be known."""
    evidence = evidence_of(world)
    return [*Replay(world.deciders, evidence).run(), *check_attempts(evidence.own), *_mails(world, evidence)]


Contents = Mapping[str, tuple[Mapping[str, bytes], Mapping[str, int]]]
"""Of one partition, each member's items and wakes as they are stored."""


def compare(stored: Contents, replay: Replay, name: str) -> list[str]:
    """Compare what a store holds, wakes included, with what the log says."""
    violations = []
    for member in sorted({*stored, *replay.members}):
        items, wakes = stored.get(member, ({}, {}))
        state = replay.members.get(member) or MemberState(replay.decider, member)
        expected = {key: item for key, item in state.items.items() if item is not None}
        held = _decoded(items, replay)
        violations += [
            f"{name} differs from the log at {member} {key!r}: {held.get(key)} is not {expected.get(key)}"
            for key in sorted({*expected, *held})
            if expected.get(key) != held.get(key)
        ]
        profile = items.get(PROFILE)
        if (StoredForm(replay.decider).profile(profile) if profile else replay.decider.profile) != state.profile:
            violations.append(f"{name} differs from the log in the profile of {member}")
        notes = items.get(NOTES)
        if (noted_in(notes) if notes else (NOTHING_NOTED, b"")) != (state.notes, state.recent):
            violations.append(f"{name} differs from the log in the notes on {member}")
        for key in expected:
            violations += _wake(state, key, wakes, name)
    return violations


def _decoded(items: Mapping[str, bytes], replay: Replay) -> dict[str, Any]:
    form = StoredForm(replay.decider)
    return {key: form.item(key, value) for key, value in items.items() if key not in (PROFILE, NOTES)}


def _wake(state: MemberState[Any, Any], key: str, wakes: Mapping[str, int], name: str) -> list[str]:
    try:
        state.wake(key)
    except Exception:  # noqa: BLE001 - a rule that fails wakes nothing
        state.wakes[key] = None
    if state.wakes[key] == wakes.get(key):
        return []
    return [f"{name} wakes {state.member} {key!r} at {wakes.get(key)}, not at {state.wakes[key]}"]


def _rebuild(world: Healed, actor: Actor, replay: Replay) -> list[str]:
    """Recovery with an empty store: the same state, and nothing is said again."""
    own_before = len(replay.evidence.own)
    actor.die()
    world.actors.remove(actor)
    empty = FakeStore(world.scheduler)
    if problem := world.settle(world.start(empty)):
        return [f"rebuild: {problem}"]
    violations = compare(empty.contents(0), replay, "the rebuilt store")
    again = evidence_of(world).own[own_before:]
    return violations + [
        f"the rebuild said {event.type}" for event in map(read_event, again) if isinstance(event, Event)
    ]


def _parked(world: Healed, evidence: Evidence) -> list[str]:
    events = [event for event in map(read_event, evidence.own) if isinstance(event, Event)]
    return [
        f"{event.member} {event.data.item!r} was parked: {event.data.reason}"
        for event in events
        if isinstance(event.data, Parked) and not world.may_park(event.data.item)
    ]


def _mails(world: Healed, evidence: Evidence) -> list[str]:
    if world.mail is None:
        return []
    announced = {attempt_of(event) for event in map(read_event, evidence.own) if isinstance(event, Event)}
    left = world.mail.left
    return (
        [f"{attempt} left {count} times" for attempt, count in left.items() if count > 1]
        + [f"{attempt} left and was never announced" for attempt in left if attempt not in announced]
        + [f"{event_id} began without a place" for event_id in world.mail.crowded]
    )
