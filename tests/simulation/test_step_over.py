"""Records on the own topic that bear the service's marks and are none of its events, and an operator who steps over them.

Somebody copies events back onto the topic, in their old number or in one far ahead, or writes what can not be read. The
partition is refused, and says nothing, until the operator says of that very record that it is to be stepped over. Requests
for what the service has said, for another content and for a topic that was there before mean nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace as changed

from shared.contracts import DEAD_LETTERS, FOLLOWUPS, REPLAY, step_over_request
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message, Record
from shared.runtime.processing import invariants
from shared.runtime.processing.read_again.step_over import request_about
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.plan import USUAL, Plan
from shared.testing.world import World
from tests.depth import examples
from tests.simulation.scenes import SCENES

HISTORIES = max(8, examples(64))
"""Fewer have too little happen in them to show anything."""
FAR_AHEAD = 1_000
PLAN = Plan(actions=80, usual={**USUAL, "forge": 6, "step_over": 8})


class Operated(World):
    """A world in which somebody writes on the service's own topic as if they were the service, and an operator looks."""

    def do_forge(self) -> str:
        """Put something onto the own topic that bears all marks of the service."""
        said = [one for one in self.own_records() if one.offset not in self.traffic.strays]
        if not said:
            return "nothing was said yet"
        record = self.rng.choice(said)
        match self.rng.choice(["copy", "ahead", "broken"]):
            case "copy":
                forged = record
            case "ahead":
                number = str(len(said) + FAR_AHEAD).encode()
                headers = [(name, number if name == "ce_sequence" else text) for name, text in record.headers]
                forged = changed(record, headers=headers)
            case _:
                forged = changed(record, value=b"{broken")
        message = Message(forged.key, forged.value, forged.headers, to_ms(self.clock.now()))
        self.traffic.strays.add(offset := self.cluster.append_plain(self.decider.own, 0, message))
        return str(offset)

    def do_step_over(self) -> str:
        """Ask for a record to be stepped over: a forged one, or one of which the request does not hold."""
        if not (records := self.own_records()):
            return "nothing stands there"
        record, identity = self.rng.choice(records), self.cluster.identity(self.decider.own)
        match self.rng.choice(["forged", "said", "content", "topic"]):
            case "forged":
                forged = [one for one in records if one.offset in self.traffic.strays]
                record = self.rng.choice(forged or records)
            case "content":
                record = changed(record, value=b"something else")
            case "topic":
                identity = "fake/as-it-was-before"
            case _:
                pass
        self.ask(record, identity)
        return str(record.offset)

    def ask(self, record: Record, identity: str) -> None:
        key, value, headers = step_over_request(request_about(self.decider.name, record, identity), self.clock.now())
        self.cluster.append_plain(REPLAY, 0, Message(key, value, headers, to_ms(self.clock.now())))

    def own_records(self) -> list[Record]:
        return self.cluster.committed(self.decider.own, 0)[0]

    def heal(self) -> list[str]:
        """Have the operator look at all that is left; return what is wrong, but for refusals that waited for a person."""
        self.cluster.write_markers()
        for record in self.own_records():
            if record.offset in self.traffic.strays:
                self.ask(record, self.cluster.identity(self.decider.own))
        self.counts["forged"] += len(self.traffic.strays)
        waited = f"seed {self.seed}: refused: "
        return [one for one in super().heal() if not one.startswith(waited)]


def world(name: str, seed: int, plan: Plan = PLAN) -> Operated:
    usual: Any = SCENES[name].world(seed, plan)
    tell = usual.traffic._tell
    return Operated(seed, usual.decider, tell, plan=usual.plan, outcome=SCENES[name].outcome)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_each_is_stepped_over_once_a_person_said_so_and_nothing_else_is(name: str) -> None:
    counts: Counter[str] = Counter()
    for seed in range(HISTORIES):
        lived = world(name, seed)
        assert not (violations := lived.live()), violations
        counts.update(lived.counts)
    assert counts["forged"] > HISTORIES / 2
    assert counts["published"] > HISTORIES / 2


def test_without_the_command_the_partition_never_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "steps_over", lambda request, record, identity: False)
    assert any("never settles" in one for seed in range(10) for one in world("followups", seed).live())


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("other", ["content", "topic"])
def test_a_request_about_what_stood_there_before_means_nothing(
    monkeypatch: pytest.MonkeyPatch, other: str, guarded: bool
) -> None:
    """The log loses an event, so what follows is refused, and must be: it was said. Somebody once asked about its place."""
    lived, actor = lived_with_events()
    *_, lost, last = lived.own_records()
    stands = changed(last, offset=lost.offset)
    if other == "content":
        lived.ask(lost, lived.cluster.identity(lived.decider.own))
    else:
        lived.ask(stands, "fake/as-it-was-before")
    lived.cluster.lose_tail(lived.decider.own, 0, stands.offset)
    lived.cluster.append(lived.decider.own, 0, [Message(last.key, last.value, last.headers, last.logged_ms)])
    if not guarded:
        monkeypatch.setattr(invariants, "steps_over", lambda request, record, identity: True)
    actor.die()
    problem = lived.settle(lived.start(FakeStore(lived.scheduler)))
    assert (problem is not None and "is expected at offset" in problem) == guarded
    buried = {dict(one.headers)["ce_id"] for one in lived.cluster.committed(DEAD_LETTERS, 0)[0]}
    assert (f"followups/{FOLLOWUPS}/0/{stands.offset}".encode() in buried) != guarded


def lived_with_events() -> tuple[Operated, Actor]:
    """A world in which an owner has said something, in peace."""
    lived = world("followups", 5)
    actor = lived.start()
    while actor.owner.number < 3:
        lived.traffic.tell()
        while lived.traffic.foreign:
            lived.traffic.end_foreign()
        lived.cluster.write_markers()
        assert lived.settle(actor) is None
        lived.clock.advance_to(lived.clock.now() + timedelta(days=1))
        assert lived.settle(actor) is None
    lived.cluster.write_markers()
    return lived, actor
