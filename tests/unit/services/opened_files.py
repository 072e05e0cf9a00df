"""Asks every decider about members all over the world, and prints how often a file was opened and a zone was missed.

A program of its own: an audit hook can not be taken back, and other tests may have read the zones already.
`python -m tests.unit.services.opened_files loaded`, or `lazy` without loading the zones before.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from rapport.composition import DECIDERS
from shared.calendar import load_zones, zone_rules
from shared.contracts import Event, EventData, FollowupRequested, MemberJoined
from shared.contracts.fields import zones
from shared.decider import Decider
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork, Wanted

ZONES = 150
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


def ask(decider: Decider[Any, Any], zone: str, at: datetime) -> None:
    """Let the decider plan and decide for a member who has joined in a zone and wants to be reminded."""
    work: UnitOfWork[Any, Any] = UnitOfWork(decider, 0, {}, 0)
    due = at.replace(tzinfo=None) + timedelta(days=2)
    told: list[EventData] = [
        MemberJoined(name="Ada", email="ada@example.org", zone=zone),
        FollowupRequested(followup_id="call", what="Call Ben", due=due),
    ]
    for number, data in enumerate(told):
        event = Event(id=str(number), member="ada", time=at, logged=at, data=data, source="/test")
        work.want(event)
        _load(work, work.wanted)
        work.apply(event)
    _settle(work, EvaluationTime(at))
    known = work.members["ada"]
    for key in list(known.items):
        known.look_at(key)
    _settle(work, EvaluationTime(at, at + timedelta(days=9)))


def _settle(work: UnitOfWork[Any, Any], moment: EvaluationTime) -> None:
    while missing := work.look(moment):
        _load(work, missing)


def _load(work: UnitOfWork[Any, Any], wanted: Wanted) -> None:
    """Nothing is stored yet."""
    work.add({member: dict.fromkeys(keys) for member, keys in work.unloaded(wanted).items()})


def main() -> None:
    """Print files opened, zones that were not in memory, zones in memory."""
    if sys.argv[1] == "loaded":
        load_zones()
    for decider in DECIDERS.values():
        ask(decider, "UTC", BEGIN)  # what Python itself loads late is loaded
    rng = Random(7)
    opened: list[str] = []
    missed = zone_rules.cache_info().misses
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
    for zone in rng.sample(sorted(zones()), ZONES):
        for decider in DECIDERS.values():
            ask(decider, zone, BEGIN + timedelta(hours=rng.randrange(9_000)))
    seen = zone_rules.cache_info()
    sys.stdout.write(f"{len(opened)} {seen.misses - missed} {seen.currsize}\n")


if __name__ == "__main__":
    main()
