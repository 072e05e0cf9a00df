"""Reading a member's past again gives what the service knew: from records, in the order in which they were applied."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.invites.decider import DECIDER
from services.invites.state import Invite
from shared.contracts import ACTIVITY, INVITES, REPLAY, Event, MemberErased, ReplayRequested
from shared.contracts import replay_request as request_of
from shared.contracts.cloudevents import codec
from shared.runtime.offline.member_history import MemberHistory
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from tests.unit.services.invites.invites_history import draw_history
from tests.unit.services.invites.invites_world import accepted, day, event, sent
from tests.unit.services.invites.mailed import InvitesLoop

SEEDS = 20
Records = dict[str, list[Record]]


def record(one: Event, topic: str, offset: int, input_offsets: dict[str, int] | None = None) -> Record:
    told = Event(
        id=one.id, member=one.member, time=one.time, logged=one.logged, data=one.data, source=one.source or "/test",
        causation=one.causation, expires=one.expires, number=one.number, input_offsets=input_offsets or one.input_offsets,
    )  # fmt: skip
    key, value, headers = codec.encode(told)
    return Record(topic, 0, offset, key, value, headers, to_ms(one.logged))


def history_of(records: Records, *watched: str) -> MemberHistory[Any, Any]:
    history: MemberHistory[Any, Any] = MemberHistory(DECIDER, "m1", records, watched)
    assert list(history.run()) == list(range(1, len(records.get(INVITES, ())) + 1))
    return history


def sent_at(found: MemberHistory[Any, Any], key: str) -> datetime | None:
    invite = found.state.items[key]
    assert isinstance(invite, Invite)
    return invite.sent_at


def test_what_is_read_again_is_what_was_known() -> None:
    for seed in range(SEEDS):
        history = [one for one in draw_history(random.Random(seed)) if one.data.TOPIC in ("", ACTIVITY)]
        loop = InvitesLoop(fate=lambda due: None)
        records: Records = defaultdict(list)
        for one in history:
            loop.run_until(one.logged)
            _stand(loop, records)
            records[ACTIVITY].append(record(one, ACTIVITY, 3 * len(records[ACTIVITY])))
            loop.apply(one)
            _stand(loop, records)
        loop.run_until(day(2000))
        _stand(loop, records)
        state = history_of(records).state
        assert {key: item for key, item in state.items.items() if item is not None} == loop.items, seed
        assert state.profile == loop.profile, seed


def _stand(loop: InvitesLoop, records: Records) -> None:
    """Append what was said since to the own topic, each with the place up to which the inputs were applied."""
    input_offsets = {ACTIVITY: 3 * len(records[ACTIVITY])}
    for said in loop.published[len(records[INVITES]) :]:
        records[INVITES].append(record(said, INVITES, len(records[INVITES]), input_offsets))


def test_each_event_that_changed_an_item_is_noted_once_and_in_order() -> None:
    told = [sent("a", 0), sent("b", 1), accepted("a", 2), accepted("a", 2, 3)]
    records = {ACTIVITY: [record(one, ACTIVITY, offset) for offset, one in enumerate(told)]}
    changes = history_of(records, "invite/a").changes
    assert [(one.type, set(keys)) for one, keys in changes] == [
        ("rapport.invite.sent", {"invite/a"}),
        ("rapport.invite.accepted", {"invite/a"}),
    ]


def test_an_erasure_is_not_remembered_around() -> None:
    told = [sent("a", 0), event(MemberErased(), 1), sent("a", 0.5, 2)]
    records = {ACTIVITY: [record(one, ACTIVITY, offset) for offset, one in enumerate(told)]}
    found = history_of(records, "invite/a")
    assert found.changes == []
    assert found.state.items["invite/a"] is None


def test_events_are_met_in_the_order_in_which_the_service_met_them() -> None:
    loop = InvitesLoop()
    loop.apply(sent("a", 0))
    loop.run_until(day(95))
    records: Records = defaultdict(list, {ACTIVITY: [record(sent("a", 0), ACTIVITY, 0)]})
    _stand(loop, records)
    records[ACTIVITY].append(record(accepted("a", 1, 96), ACTIVITY, 3))
    changes = history_of(records, "invite/a").changes
    assert [one.type.rpartition(".")[2] for one, _ in changes] == [
        "sent",
        "ignored",
        "retraction_proposed",
        "accepted",
    ]


def test_a_record_that_the_service_was_asked_to_read_again_counts_at_the_place_of_the_request() -> None:
    stumbles = [True]

    def touches(one: Event) -> Iterable[str]:
        if stumbles:
            stumbles.clear()
            raise LookupError("not thought of")
        return DECIDER.touches(one)

    request = ReplayRequested(service="invites", topic=ACTIVITY, partition=0, offset=4)
    key, value, headers = request_of(request, day(3))
    first = record(sent("a", 0), ACTIVITY, 4)
    records = {ACTIVITY: [first], REPLAY: [Record(REPLAY, 0, 0, key, value, headers, to_ms(day(3)))]}
    found = MemberHistory(replace(DECIDER, touches=touches), "m1", records, ["invite/a"])
    assert list(found.run()) == []
    assert sent_at(found, "invite/a") == day(0)
    of_another = {**records, ACTIVITY: []}
    assert history_of(of_another).state.items["invite/a"] is None, "what it names is about another member"


def test_a_record_that_can_not_be_read_stops_nobody() -> None:
    good = record(sent("a", 0), ACTIVITY, 0)
    bad = Record(ACTIVITY, 0, 0, good.key, b"{", good.headers, good.logged_ms)
    records = {ACTIVITY: [bad, record(sent("b", 1), ACTIVITY, 1)]}
    assert sent_at(history_of(records), "invite/b") == day(1)
