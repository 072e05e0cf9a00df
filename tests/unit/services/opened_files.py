"""Asks every core about members all over the world, and prints how often a file was opened and a zone was missed.

A program of its own: an audit hook can not be taken back, and other tests may have read the zones already.
`python -m tests.unit.services.opened_files loaded`, or `lazy` without loading the zones before.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from rapport.composition import CORES
from shared.calendar import load_zones, zone_rules
from shared.contracts import EventData, Fact, FollowupRequested, MemberJoined
from shared.contracts.fields import zones
from shared.decider import Core
from shared.runtime.processing.unit_of_work import Draft, Moment, Wanted

ZONES = 150
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


def ask(core: Core[Any, Any], zone: str, at: datetime) -> None:
    """Let the core plan and decide for a member who has joined in a zone and wants to be reminded."""
    draft: Draft[Any, Any] = Draft(core, 0, {}, 0)
    due = at.replace(tzinfo=None) + timedelta(days=2)
    told: list[EventData] = [
        MemberJoined(name="Ada", email="ada@example.org", zone=zone),
        FollowupRequested(followup_id="call", what="Call Ben", due=due),
    ]
    for number, data in enumerate(told):
        fact = Fact(id=str(number), member="ada", time=at, logged=at, data=data, source="/test")
        draft.want(fact)
        _load(draft, draft.wanted)
        draft.fold(fact)
    _settle(draft, Moment(at))
    known = draft.members["ada"]
    for key in list(known.items):
        known.look_at(key)
    _settle(draft, Moment(at, at + timedelta(days=9)))


def _settle(draft: Draft[Any, Any], moment: Moment) -> None:
    while missing := draft.look(moment):
        _load(draft, missing)


def _load(draft: Draft[Any, Any], wanted: Wanted) -> None:
    """Nothing is stored yet."""
    draft.add({member: dict.fromkeys(keys) for member, keys in draft.unloaded(wanted).items()})


def main() -> None:
    """Print files opened, zones that were not in memory, zones in memory."""
    if sys.argv[1] == "loaded":
        load_zones()
    for core in CORES.values():
        ask(core, "UTC", BEGIN)  # what Python itself loads late is loaded
    rng = Random(7)
    opened: list[str] = []
    missed = zone_rules.cache_info().misses
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
    for zone in rng.sample(sorted(zones()), ZONES):
        for core in CORES.values():
            ask(core, zone, BEGIN + timedelta(hours=rng.randrange(9_000)))
    seen = zone_rules.cache_info()
    sys.stdout.write(f"{len(opened)} {seen.misses - missed} {seen.currsize}\n")


if __name__ == "__main__":
    main()
