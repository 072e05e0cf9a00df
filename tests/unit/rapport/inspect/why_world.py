"""A member's life in memory, for what `why` and `agenda` tell of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rapport.composition import DECIDERS
from rapport.inspect.explanation import Stand, shown
from rapport.inspect.item_steps import statuses_of
from rapport.inspect.memory.item_lookup import candidates, resolve
from rapport.inspect.memory.member_replay import Memory
from rapport.inspect.narration import Narrator
from services.followups.decider import DECIDER as FOLLOWUPS_CORE
from services.invites.decider import DECIDER as INVITES_CORE
from shared.contracts import (
    ACTIVITY,
    FOLLOWUPS,
    Event,
    FollowupShown,
)
from shared.contracts.cloudevents import codec
from shared.decider import Decider
from shared.runtime.offline.member_history import MemberHistory
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from shared.testing.loop import Loop
from tests.unit.services.followups.followups_world import at, connected, event


def record(one: Event, topic: str, offset: int, input_offsets: dict[str, int] | None = None) -> Record:
    told = Event(
        id=one.id, member=one.member, time=one.time, logged=one.logged, data=one.data, source=one.source or "/test",
        causation=one.causation, expires=one.expires, number=one.number, input_offsets=input_offsets or one.input_offsets,
    )  # fmt: skip
    key, value, headers = codec.encode(told)
    return Record(topic, 0, offset, key, value, headers, to_ms(one.logged))


def lived(until: float, *events: Event, item: str = "", own: Sequence[Event] = ()) -> Narrator:
    """What the topics hold of a member who lived until a day, as whoever asks about an item reads it."""
    records: dict[str, list[Record]] = defaultdict(list)
    told = sorted(events, key=lambda one: one.logged)
    records[ACTIVITY] = [record(one, ACTIVITY, offset) for offset, one in enumerate(told)]
    for decider in (INVITES_CORE, FOLLOWUPS_CORE):
        _live(decider, told, at(until), records[decider.own])
    for one in own:
        topic = one.data.TOPIC or FOLLOWUPS
        records[topic].append(record(one, topic, len(records[topic])))
    watched = {target.key for target in candidates(item)}
    services = {name: MemberHistory(decider, "m1", records, watched) for name, decider in DECIDERS.items()}
    for history in services.values():
        list(history.run())
    return Narrator(Memory("m1", at(until), services, records))


def _live(decider: Decider[Any, Any], told: Sequence[Event], until: datetime, own: list[Record]) -> None:
    loop: Loop[Any, Any] = Loop(decider)
    for applied, one in enumerate(told):
        loop.run_until(one.logged)
        _append(loop, {ACTIVITY: applied}, own)
        loop.apply(one)
        _append(loop, {ACTIVITY: applied + 1}, own)
    loop.run_until(until)
    _append(loop, {ACTIVITY: len(told)}, own)


def _append(loop: Loop[Any, Any], input_offsets: dict[str, int], own: list[Record]) -> None:
    for said in loop.published[len(own) :]:
        own.append(record(said, loop.decider.own, len(own), input_offsets))


def stands(narrator: Narrator, item: str) -> dict[str, Stand]:
    """What a person is told of an item, by rule."""
    target = resolve(item, narrator.memory)
    return {one.reason.rule: one for one in shown(statuses_of(narrator.memory, target), every=bool(target.rule))}


SHOWN = FollowupShown(followup_id="contact/bob/thank/2026-03-02")
RESTED = [connected("bob", 0), *(event(SHOWN, day) for day in (1.5, 12.5, 23.5))]
"""Somebody is asked for thanks on three days, and lets it rest."""
