"""What happens to a member, in order within each topic, drawn from the golden events: for laws about the projection."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from random import Random

from msgspec.structs import replace

from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.people import Item, Profile
from shared.contracts import EVENTS, Event, from_json_line
from shared.contracts.topic_names import SOURCES

GOLDEN = Path(__file__).parents[3] / "contract" / "golden"


def golden(name: str) -> Event:
    """Return the golden event of a type."""
    return from_json_line(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))


def known_by(events: Iterable[Event]) -> tuple[Profile, dict[str, Item | None]]:
    """Return what the projection makes of events that are applied in this order, without the shell."""
    profile, items = PROJECTION.profile, dict[str, Item | None]()
    for event in events:
        profile = PROJECTION.evolve_profile(profile, event)
        for key in PROJECTION.touches(event):
            items[key] = PROJECTION.evolve(key, items.get(key), event)
    return profile, items


def drawn(rng: Random, most: int) -> dict[str, list[Event]]:
    """Return events by topic: of any type, at any hour of a year, those of services numbered in their order."""
    kinds = [kind for kind in EVENTS.values() if kind.TOPIC and kind.TYPE != "rapport.member.erased"]
    topics: dict[str, list[Event]] = {}
    for count in range(rng.randint(0, most)):
        kind = rng.choice(kinds)
        told = topics.setdefault(kind.TOPIC, [])
        event = golden(kind.TYPE)
        happened = event.time + timedelta(hours=rng.randint(0, 24 * 365))
        number = len(told) + 1 if kind.TOPIC in SOURCES else None
        told.append(replace(event, id=f"{kind.TOPIC}/{count}", time=happened, logged=happened, number=number))
    return topics


def woven(rng: Random, topics: dict[str, list[Event]], again: float = 0.0) -> list[Event]:
    """Return all events in some order that keeps each topic's own; each told before comes again with this probability."""
    left = {topic: list(reversed(told)) for topic, told in topics.items() if told}
    order: list[Event] = []
    while left:
        topic = rng.choice(sorted(left))
        order.append(left[topic].pop())
        if not left[topic]:
            del left[topic]
        while rng.random() < again:
            order.append(rng.choice(order))
    return order
